"""One line per request: method, route template, status, milliseconds. Never a query, cookie, body, header or id of a ceremony."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekisho.web.http.exchange import exchange_of, route_template

__all__ = ["AccessLog"]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """The outermost middleware: it sees the status that leaves. measure: told route template, status and seconds, for the metrics."""

    def __init__(self, app: ASGIApp, measure: Callable[[str, int, float], None]) -> None:
        self.app = app
        self.measure = measure
        self.log = structlog.get_logger("sekisho.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            route, seconds = route_template(scope), time.perf_counter() - started
            self.measure(route, status, seconds)
            self.log.info(
                "request",
                method=scope["method"] if scope["method"] in _METHODS else "?",
                route=route,
                status=status,
                ms=round(seconds * 1000, 1),
                request_id=exchange_of(scope).request_id,
            )
