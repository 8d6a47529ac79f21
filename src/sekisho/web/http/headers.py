"""What stands on every HTTPS answer, redirects and errors included (ASVS V3.4).

Referrer-Policy is `same-origin`, not `no-referrer`: with the latter browsers send `Origin: null` on our own form posts too
(Fetch §3.2, "append a request Origin header"), and the check of the origin in csrf.py would have nothing to go by. To other
sites both send nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekisho.web.http.exchange import exchange_of

__all__ = ["CLEAR_SITE_DATA", "SecureHeaders"]

CLEAR_SITE_DATA = {"clear-site-data": '"cache", "storage"'}
"""Goes with the answer that logs off (R6). Not "cookies": that would drop the known client (R3) with the session."""

_DENIED_FEATURES = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "cross-origin-isolated", "display-capture",
    "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer",
    "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "sync-xhr", "usb",
    "xr-spatial-tracking",
)  # fmt: skip
_PERMISSIONS = ", ".join(
    [*(f"{name}=()" for name in _DENIED_FEATURES), "publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
)

_ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),  # two years (ASVS V3.4.1 asks for one)
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", _PERMISSIONS.encode()),
    (b"server", b""),  # granian writes its name and nothing else can stop it; an empty value says nothing
)
_OURS = frozenset(name for name, _ in _ALWAYS) | {b"content-security-policy"}
_NO_STORE = (b"cache-control", b"no-store")
_BARE_POLICY = (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class SecureHeaders:
    """Adds the headers; what an endpoint wrote under the same name is replaced, except for Cache-Control.

    trusted_types: names of the policies that a door's own library needs; none by default, since our modules write text only.
    """

    def __init__(self, app: ASGIApp, trusted_types: Sequence[str] = ()) -> None:
        if not all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in trusted_types):
            raise ValueError("a Trusted Types policy has a plain name")
        self.app = app
        self._before, self._after = _page_policy(trusted_types)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._dress(message.get("headers", ()), scope)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def _dress(self, given: Sequence[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
        headers = [(name, value) for name, value in given if name.lower() not in _OURS]
        headers.extend(_ALWAYS)
        names = dict(headers)
        if names.get(b"content-type", b"").startswith(b"text/html"):
            nonce = exchange_of(scope).nonce.encode()
            headers.append((b"content-security-policy", self._before + nonce + self._after))
        else:
            headers.append(_BARE_POLICY)
        if b"cache-control" not in names:
            headers.append(_NO_STORE)
        return headers


def _page_policy(trusted_types: Sequence[str]) -> tuple[bytes, bytes]:
    types = " ".join(trusted_types) or "'none'"
    before = "default-src 'none'; script-src 'nonce-"
    after = (
        "' 'strict-dynamic'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        f"require-trusted-types-for 'script'; trusted-types {types}"
    )
    return before.encode(), after.encode()
