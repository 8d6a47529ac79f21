"""Cookies with the `__Host-` prefix: Secure, HttpOnly, Path=/, SameSite, bound to this very host (N48, ASVS V3.3).

A session's cookie has no Expires: it ends with the browser, and in any case when the server says so (N48: the attribute is not
relied on). Only what is meant to outlive the browser (known client, language) asks to be kept, and the server still judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

from sekisho.kernel.secrets import Secret
from sekisho.web.http.exchange import header_values

__all__ = ["cookie", "dropped_cookie", "holds_cookie", "read_cookie"]

_PREFIX = "__Host-"
_VALUE = re.compile(r"[A-Za-z0-9._~-]{1,1024}")
_LONGEST_COOKIES = 8192


def cookie(name: str, value: Secret | str, same_site: Literal["Lax", "Strict"] = "Lax", keep: timedelta | None = None) -> tuple[str, str]:
    """The header that sets the cookie `__Host-{name}`; ValueError when name or value would not come back as sent."""
    text = value.reveal() if isinstance(value, Secret) else value
    if not re.fullmatch(r"[a-z][a-z_-]{0,30}", name) or not _VALUE.fullmatch(text):
        raise ValueError(f"the cookie {name!r} has a name or value that cannot be kept in a cookie")
    lasting = f"; Max-Age={int(keep.total_seconds())}" if keep is not None else ""
    return "set-cookie", f"{_PREFIX}{name}={text}; Path=/; Secure; HttpOnly; SameSite={same_site}{lasting}"


def dropped_cookie(name: str) -> tuple[str, str]:
    """The header that makes the browser forget `__Host-{name}`."""
    return "set-cookie", f"{_PREFIX}{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"


def holds_cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> bool:
    """Whether the request brings `__Host-{name}` at all: doubled or malformed ones too."""
    return any(key == _PREFIX + name for key, _ in _pieces(headers))


def read_cookie(headers: Iterable[tuple[bytes, bytes]], name: str) -> Secret | None:
    """The value of `__Host-{name}`; None when it is missing, malformed, or stands there twice.

    HTTP/2 may split the field into several lines (RFC 9113 §8.2.3): they are read as one.
    """
    wanted = _PREFIX + name
    found = [value for key, value in _pieces(headers) if key == wanted]
    if len(found) != 1 or not _VALUE.fullmatch(found[0]):
        return None
    return Secret(found[0])


def _pieces(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    lines = header_values(headers, b"cookie")
    if not lines:  # as with every program
        return []
    pieces = [piece for line in lines for piece in line[:_LONGEST_COOKIES].split(";")]
    return [(key, value) for key, sign, value in (piece.strip(" \t").partition("=") for piece in pieces) if sign]
