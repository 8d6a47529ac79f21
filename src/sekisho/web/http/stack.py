"""The middlewares in their order, outermost first: log, unread bodies, headers, errors, facts, limits, hosts; then the app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from sekisho.texts.catalogue import Language
from sekisho.web.http.access_log import AccessLog
from sekisho.web.http.body import LARGEST_BODY
from sekisho.web.http.client_address import TrustedProxies, client_address
from sekisho.web.http.errors import ErrorBoundary, Errors
from sekisho.web.http.exchange import exchange_of
from sekisho.web.http.headers import SecureHeaders
from sekisho.web.http.hosts import Hosts
from sekisho.web.http.limits import Limits
from sekisho.web.http.unread import UnreadBodies

__all__ = ["HttpSettings", "behind"]


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the HTTP floor needs of the settings. measure: told route template, status and seconds of each answer."""

    hostnames: Sequence[str]
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    largest_body: int = LARGEST_BODY
    trusted_types: Sequence[str] = ()
    measure: Callable[[str, int, float], None] = lambda route, status, seconds: None


class Facts:
    """Writes down where the request comes from (R5) and in which language it wants its pages."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies, language: Callable[[Iterable[tuple[bytes, bytes]]], Language]) -> None:
        self.app = app
        self.proxies = proxies
        self.language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            exchange = exchange_of(scope)
            peer = scope.get("client")
            exchange.address = client_address(str(peer[0]) if peer else None, scope["headers"], self.proxies)
            exchange.language = self.language(scope["headers"])
        await self.app(scope, receive, send)


def behind(app: ASGIApp, settings: HttpSettings, errors: Errors, language: Callable[[Iterable[tuple[bytes, bytes]]], Language]) -> ASGIApp:
    """`app` behind everything that every request and every answer passes."""
    inner: ASGIApp = Hosts(app, settings.hostnames)
    inner = Limits(inner, settings.largest_body)
    inner = Facts(inner, settings.proxies, language)
    inner = ErrorBoundary(inner, errors)
    inner = SecureHeaders(inner, settings.trusted_types)
    inner = UnreadBodies(inner, settings.largest_body)
    return AccessLog(inner, settings.measure)
