"""Every page of the portal in a real Chromium, both languages, light and dark, phone and desk: axe finds nothing, nothing scrolls sideways.

Pages come from the app in this process; the cookies are kept by the browser without scripts that walked to the page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from httpx2 import Response
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Route, sync_playwright

from tests.web.portal import network_walks
from tests.web.portal.brokerage import ORIGIN, PASSWORD, Brokerage, Browser

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SEKISHO_TEST_SHOTS")
DRESSES = [(scheme, width) for scheme in ("light", "dark") for width in (1180, 360)]
JUDGED = [("light", 1180), ("dark", 360)]  # by axe: each scheme and each width once, to spare time


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Chromium]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield started
        started.close()


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
        kept = {name: value for name, value in found.headers.items() if name not in ("set-cookie", "content-length", "content-encoding")}
        route.fulfill(status=found.status_code, headers=kept, body=found.content)


@dataclass(frozen=True)
class Shot:
    """A page to look at. walk: leads there and gives the path, or the answer that a form drew."""

    name: str
    walk: Callable[[Browser], str | Response]


def _at(path: str) -> Callable[[Browser], str]:
    return lambda browser: path


def _inside(path: str) -> Callable[[Browser], str]:
    def walk(browser: Browser) -> str:
        browser.activate("hanako")
        browser.log_in("hanako")
        return path

    return walk


def _known(path: str) -> Callable[[Browser], str]:
    """A day later, from a device that is no longer new."""

    def walk(browser: Browser) -> str:
        _inside("/")(browser)
        browser.brokerage.clock.pass_by(hours=25)
        browser.log_in("hanako")
        return path

    return walk


def _refused_login(browser: Browser) -> Response:
    return browser.give_password("hanako", "wrong wrong wrong")


def _code(browser: Browser) -> str:
    browser.activate("hanako")
    browser.give_password("hanako")
    return "/login/code"


def _refused_code(browser: Browser) -> Response:
    _code(browser)
    return browser.send("/login/code", code="000000" if browser.brokerage.phone()[-1] != "000000" else "000001")


def _delayed_code(browser: Browser) -> str:
    _code(browser)
    browser.brokerage.clock.pass_by(seconds=10)
    return "/login/code"


def _refused_activation(browser: Browser) -> Response:
    browser.see("/activate")
    return browser.send("/activate", username="hanako", activation_code="AAAA-BBBB")


def _activation_password(browser: Browser) -> str:
    browser.see("/activate")
    browser.follow(browser.send("/activate", username="hanako", activation_code=browser.brokerage.traders["hanako"].reveal()))
    return "/activate/password"


def _refused_password(browser: Browser) -> Response:
    _activation_password(browser)
    return browser.send("/activate/password", code="123456", new_password="hanako1234")


def _restricted(browser: Browser) -> str:
    _known("/")(browser)
    stranger = browser.brokerage.browser()
    for _ in range(5):
        stranger.give_password("hanako", "wrong wrong wrong")
    return "/"


def _account(browser: Browser) -> str:
    _inside("/")(browser)
    return _first(browser, "/", r'href="(/accounts/[^"]+)"')


def _shared_account(browser: Browser) -> str:
    """A delegate who is limited to two networks, as the holder sees him."""
    network_walks.lists(browser)
    return _first(browser, "/", r'href="(/accounts/[^"]+)"')


def _new_password(browser: Browser) -> str:
    _known("/")(browser)
    browser.see("/security/password")
    browser.follow(browser.send("/security/password", current_password=PASSWORD))
    return "/security/password/new"


def _wrong_current_password(browser: Browser) -> Response:
    _known("/")(browser)
    browser.see("/security/password")
    return browser.send("/security/password", current_password="wrong wrong wrong")


def _sessions(browser: Browser) -> str:
    """Two sessions besides his own: another browser and a program that has failed before."""
    _known("/")(browser)
    edge = {"sec-ch-ua": '"Microsoft Edge";v="140"', "sec-ch-ua-platform": '"macOS"'}
    browser.brokerage.browser(**edge).log_in("hanako")
    browser.brokerage.browser().give_password("hanako", "wrong wrong wrong")
    browser.see("/security")
    return "/security"


def _end_session(browser: Browser) -> str:
    return _first(browser, _sessions(browser), r'href="(/security/sessions/ses_[^"]+)"')


def _end_session_wrong(browser: Browser) -> Response:
    path = _end_session(browser)
    browser.see(path)
    return browser.send(path, current_password="wrong wrong wrong")


def _forget_device(browser: Browser) -> str:
    """The one in use: the page warns."""
    _known("/")(browser)
    return _first(browser, "/security", r'href="(/security/known-clients/[^"]+)"')


def _forget_device_confirm(browser: Browser) -> str:
    path = _forget_device(browser)
    browser.see(path)
    browser.follow(browser.send(path, current_password=PASSWORD))
    return f"{path}/confirm"


def _first(browser: Browser, path: str, pattern: str) -> str:
    found = re.search(pattern, browser.see(path).text)
    assert found
    return found[1]


PAGES = [
    Shot("login", _at("/login")),
    Shot("login-activated", _at("/login?activated=1")),
    Shot("login-refused", _refused_login),
    Shot("code", _code),
    Shot("code-refused", _refused_code),
    Shot("code-delayed", _delayed_code),
    Shot("activate", _at("/activate")),
    Shot("activate-refused", _refused_activation),
    Shot("activate-password", _activation_password),
    Shot("activate-password-refused", _refused_password),
    *(Shot(f"logged-off-{why}", _at(f"/logged-off?why={why}")) for why in ("idle", "limit", "self", "password", "proof", "ended")),
    Shot("still-logged-in", _inside("/logged-off?why=idle")),
    Shot("forgot", _at("/forgot")),
    Shot("help-restricted", _at("/help/restricted")),
    Shot("help-no-code", _at("/help/no-code")),
    Shot("help-report", _at("/help/report")),
    Shot("where", _at("/where")),
    Shot("compromised", _at("/compromised")),
    Shot("overview", _known("/")),
    Shot("overview-new-device", _inside("/")),
    Shot("overview-restricted", _restricted),
    Shot("account", _account),
    Shot("account-shared", _shared_account),
    Shot("messages", _inside("/messages")),
    Shot("security", _known("/security")),
    Shot("security-changed", _known("/security?done=logoff-time")),
    Shot("security-sessions", _sessions),
    Shot("security-new-device", _inside("/security")),
    Shot("session-end", _end_session),
    Shot("session-end-wrong", _end_session_wrong),
    Shot("sessions-end-others", _known("/security/sessions/end-others")),
    Shot("device-forget", _forget_device),
    Shot("device-forget-confirm", _forget_device_confirm),
    Shot("history", _known("/security/history")),
    Shot("networks", network_walks.lists),
    Shot("networks-tried", network_walks.tried),
    Shot("networks-problems", network_walks.problems),
    Shot("networks-confirm", network_walks.confirm),
    Shot("networks-undo", network_walks.undo),
    Shot("password", _known("/security/password")),
    Shot("password-wrong", _wrong_current_password),
    Shot("password-not-yet", _inside("/security/password")),
    Shot("password-new", _new_password),
    Shot("missing", _inside("/nothing")),
]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("shot", PAGES, ids=lambda shot: shot.name)
def test_page_is_sound_in_every_dress(chromium: Chromium, brokerage: Brokerage, axe_script: Path, shot: Shot, language: str) -> None:
    walker = brokerage.browser(**{"accept-language": language})
    led = shot.walk(walker)
    window = Window(chromium, walker, locale=language)
    page = window.open(led if isinstance(led, str) else "/", None if isinstance(led, str) else led)
    assert page.locator("html").get_attribute("lang") == language
    axe = axe_script.read_text("utf-8") + "; axe.run().then(found => found.violations.map(v => v.id + ' ' + v.nodes[0].html))"
    for scheme, width in DRESSES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        if (scheme, width) in JUDGED:
            assert page.evaluate(axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{shot.name}-{language}-{scheme}-{width}.png", full_page=True)
    assert [fault for fault in window.faults if "Failed to load resource" not in fault] == []
    window.context.close()
