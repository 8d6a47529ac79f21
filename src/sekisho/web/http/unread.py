"""What becomes of a body that nobody read, when the answer is there before its end.

The server cannot keep such a connection: it would have to take the rest for the next request. It closes it after the answer,
and a client that was not told sends its next request into the void. So the rest is read and thrown away where it is within the
cap, and where it is not, the answer says `Connection: close` (RFC 9112 §9.6).
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekisho.web.http.body import PATIENCE
from sekisho.web.http.exchange import header_values
from sekisho.web.http.limits import largest_body_of

__all__ = ["UnreadBodies"]

_CLOSE = (b"connection", b"close")


class UnreadBodies:
    """Ends each body before its answer begins, or ends the connection."""

    def __init__(self, app: ASGIApp, largest_body: int) -> None:
        self.app = app
        self.largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        body = _Body(receive, largest_body_of(scope["path"], self.largest_body))

        async def send_after_body(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.ended_within(scope):
                message["headers"] = [*(pair for pair in message.get("headers", ()) if pair[0].lower() != _CLOSE[0]), _CLOSE]
            await send(message)

        await self.app(scope, body.receive, send_after_body)


class _Body:
    """The body on its way to the application: how much of it came, and whether that was all."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self._receive = receive
        self._largest = largest
        self._taken = 0
        self._ended = False
        self._until = asyncio.get_running_loop().time() + PATIENCE  # once for both readers: a slow body is not waited for twice

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        self._ended = self._ended or not message.get("more_body", False)
        return message

    async def ended_within(self, scope: Scope) -> bool:
        """Read the rest, in vain; false when it is more than is borne, or slower."""
        declared = max((int(length) for length in header_values(scope["headers"], b"content-length") if length.isdigit()), default=0)
        if declared > self._largest:
            return self._ended
        try:
            async with asyncio.timeout_at(self._until):
                while not self._ended and self._taken <= self._largest:
                    await self.receive()
        except TimeoutError:
            return False
        return self._ended


def _has_body(scope: Scope) -> bool:
    """HTTP/2 has no such trouble: a stream ends alone, and knows no Connection header (RFC 9113 §8.2.2)."""
    headers = scope["headers"]
    if not scope.get("http_version", "1.1").startswith("1"):
        return False
    return bool(header_values(headers, b"transfer-encoding")) or any(
        length.strip("0") for length in header_values(headers, b"content-length")
    )
