"""How large a request may be before anybody reads it: head, target and body."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekisho.web.http.body import LARGEST_BATCH, LARGEST_BODY
from sekisho.web.http.exchange import header_values
from sekisho.web.http.faults import header_too_large, malformed, too_large, uri_too_long

__all__ = ["Limits", "largest_body_of"]

_LARGEST_HEAD = 16 * 1024
_MOST_HEADERS = 100
_LONGEST_TARGET = 4 * 1024
_BATCHES = "/v1/broker/"  # events come a thousand at a time


def largest_body_of(path: str, largest: int) -> int:
    """Bytes that a body at this path may have, where `largest` holds everywhere else."""
    return max(largest, LARGEST_BATCH) if path.startswith(_BATCHES) else largest


class Limits:
    """Refuses what is too large: 431, 414, 413. A body that lies about its length is cut where the cap is."""

    def __init__(self, app: ASGIApp, largest_body: int = LARGEST_BODY) -> None:
        self.app = app
        self.largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        largest = largest_body_of(scope["path"], self.largest_body)
        self._check_head(scope, largest)
        taken = 0

        async def receive_within() -> Message:
            nonlocal taken
            message = await receive()
            if message["type"] == "http.request":
                taken += len(message.get("body", b""))
                if taken > largest:
                    raise too_large("body over the cap")
            return message

        await self.app(scope, receive_within, send)

    def _check_head(self, scope: Scope, largest: int) -> None:
        headers = scope["headers"]
        if len(headers) > _MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > _LARGEST_HEAD:
            raise header_too_large("head over the cap")
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _LONGEST_TARGET:
            raise uri_too_long("target over the cap")
        for length in header_values(headers, b"content-length"):
            if not (length.isascii() and length.isdigit()):
                raise malformed("content length")
            if len(length) > 12 or int(length) > largest:
                raise too_large("declared length over the cap")
