"""A real Chromium before the app in this process; its cookies are those of a browser without scripts that walked to the page."""

from __future__ import annotations

from urllib.parse import urlsplit

from httpx2 import Response
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route

from tests.web.portal.brokerage import ORIGIN, Browser

__all__ = ["Window"]


class Window:
    """A window of Chromium whose requests are answered by the app, with the cookies of `walker`. faults: what the console complained of."""

    def __init__(self, chromium: Chromium, walker: Browser, **dress: object) -> None:
        self.walker = walker
        self.faults: list[str] = []
        self.ready: Response | None = None
        self.context = chromium.new_context(**dress)  # type: ignore[arg-type]
        self.context.route("**/*", self._answer)

    def open(self, path: str, ready: Response | None = None) -> Page:
        """ready: the answer to the first request, where a form led to it."""
        self.ready = ready
        page = self.context.new_page()
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.goto(ORIGIN + path)
        return page

    def _answer(self, route: Route) -> None:
        request, parts = route.request, urlsplit(route.request.url)
        found, self.ready = self.ready, None
        if found is None:
            dropped = {"accept-encoding", "cookie", "accept-language"}
            headers = {name: value for name, value in request.all_headers().items() if name not in dropped and name[0] != ":"}
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            found = self.walker.http.request(request.method, target, headers=headers, content=request.post_data_buffer)
        if found.status_code == 303:  # Chromium asks the net, and not us, where an answer made here redirects to
            leads = f'<meta http-equiv="refresh" content="0;url={found.headers["location"]}">'
            return route.fulfill(status=200, content_type="text/html", body=leads)
        kept = {name: value for name, value in found.headers.items() if name not in ("set-cookie", "content-length", "content-encoding")}
        route.fulfill(status=found.status_code, headers=kept, body=found.content)
