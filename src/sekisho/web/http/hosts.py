"""R5: `server.hostnames` is an allow-list; anything else is 421. Nothing we write is ever made from the Host header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from sekisho.web.http.exchange import header_values
from sekisho.web.http.faults import misdirected

__all__ = ["Hosts", "hostname_of"]

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::[0-9]{1,5})?")


def hostname_of(host: str) -> str | None:
    """The name in a Host header, lower-cased and without port; None when it is malformed (RFC 9110 §7.2)."""
    match = _HOST.fullmatch(host.lower())
    if match is None or ".." in match[1]:
        return None
    return match[1]


class Hosts:
    """Lets only requests through that name one of our hosts, once.

    A target that is no path, such as `*`, is answered alike. Of a target in absolute form (`GET https://other.example/x`, RFC 9112 §3.2.2)
    the server hands on the path alone: the host named there is seen by nobody, and the Host header decides.
    """

    def __init__(self, app: ASGIApp, hostnames: Iterable[str]) -> None:
        """ValueError when a hostname is malformed or none is given: an empty list would serve nobody."""
        self.app = app
        self.allowed = frozenset(_checked(name) for name in hostnames)
        if not self.allowed:
            raise ValueError("server.hostnames names no host")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = header_values(scope["headers"], b"host")
            if len(values) != 1:
                raise misdirected(f"{len(values)} host headers")
            if hostname_of(values[0]) not in self.allowed:
                raise misdirected("unknown host")
            if not scope["path"].startswith("/"):
                raise misdirected("the target is no path")
        await self.app(scope, receive, send)


def _checked(name: str) -> str:
    bare = name.strip("[]")
    text = f"[{ip_address(bare)}]" if ":" in bare else name.lower()
    if hostname_of(text) != text:
        raise ValueError(f"{name!r} is no host name; write it without scheme, port and path")
    return text
