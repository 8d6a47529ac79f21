"""What is known of one request before any door sees it. It travels in the ASGI scope."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any

from sekisho.kernel.addresses import Address
from sekisho.texts.catalogue import Language

__all__ = ["Exchange", "Headers", "exchange_of", "header_values", "is_program_path", "route_template", "single_header"]

_KEY = "sekisho.exchange"
Headers = Iterable[tuple[bytes, bytes]]


class Exchange:
    """One request and its answer.

    request_id: ours alone, for the log and for the page of an unexpected error. address: by R5, None when nobody vouches for it.
    path: what was asked for, to come back to; not for the log. route: its template, once a door knows it.
    language: for pages. failed: an unexpected error was logged.
    """

    __slots__ = ("_nonce", "address", "failed", "language", "path", "request_id", "route")

    def __init__(self, path: str = "/") -> None:
        self.path = path
        self.request_id = secrets.token_hex(8)
        self.address: Address | None = None
        self.language = Language.EN
        self.failed = False
        self.route = ""
        self._nonce = ""

    @property
    def nonce(self) -> str:
        """The nonce of this answer's own scripts (CSP); made only when a page asks for it."""
        if not self._nonce:
            self._nonce = secrets.token_urlsafe(18)
        return self._nonce


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """The exchange of this scope; made on first use, so that a part can be tested alone."""
    exchange = scope.get(_KEY)
    if not isinstance(exchange, Exchange):
        exchange = scope[_KEY] = Exchange(scope.get("path", "/"))
    return exchange


def route_template(scope: MutableMapping[str, Any]) -> str:
    """The template of the matched route, such as `/v1/login/{login}`; never the path itself, which may carry ids."""
    return exchange_of(scope).route or str(getattr(scope.get("route"), "path", "-"))


def is_program_path(path: str) -> bool:
    """Whether programs are served there: answers are JSON and errors are problem documents (RFC 9457)."""
    return path == "/v1" or path.startswith(("/v1/", "/-/")) or path == "/openapi.json"


def header_values(headers: Headers, name: bytes) -> list[str]:
    """All field lines of that name (lower case)."""
    return [value.decode("latin-1") for key, value in headers if key == name]


def single_header(headers: Headers, name: bytes) -> str | None:
    """The value of a header that stands exactly once; None when it is missing or doubled."""
    values = header_values(headers, name)
    return values[0] if len(values) == 1 else None
