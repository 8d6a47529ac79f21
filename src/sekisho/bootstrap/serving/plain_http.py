"""The plain-http door: it sends people to https and takes nothing from programs (P2; RFC 9110, RFC 9112, RFC 6797 §7.2).

A page asked by GET or HEAD is redirected; whatever lies under /v1 is refused, so that a program that sends a secret in
clear fails at once instead of working; a body is thrown away unseen. Hosts outside the allow-list get 421 and are never
repeated. One connection, one answer; whoever is slow is cut off.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading

from sekisho.bootstrap.serving.plain_request import Answer, Doorway, answer, head_is_complete, hopeless

__all__ = ["PlainHttp"]

_log = logging.getLogger(__name__)
_HEAD_LIMIT = 8 * 1024
_HEAD_SECONDS = 5.0
_LINGER_SECONDS = 1.0  # time for the client to read the answer before unread input resets the connection
_LINGER_LIMIT = 64 * 1024
_MOST_CONNECTIONS = 256


class PlainHttp:
    """The listener, a thread of its own with its own event loop. Binds when made, so that a taken port is known at once."""

    def __init__(self, address: str, port: int, doorway: Doorway) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.create_server((address, port), family=family, backlog=128)
        self._doorway = doorway
        self._open: dict[_Connection, None] = {}  # oldest first
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="plain-http", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End at once; whoever is connected is cut off."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(2)
        self._socket.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        """Until it is told to end, be it before it listens."""
        await self._loop.create_server(lambda: _Connection(self._doorway, self._open), sock=self._socket)
        await self._ended.wait()
        for connection in tuple(self._open):
            connection.cut_off()
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One client: a head is read, answered once, and all that follows is dropped."""

    def __init__(self, doorway: Doorway, others: dict[_Connection, None]) -> None:
        self._doorway = doorway
        self._others = others
        self._head = bytearray()
        self._answered = False
        self._dropped = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._others) >= _MOST_CONNECTIONS:
            next(iter(self._others)).cut_off()  # the one that has taken longest
        self._others[self] = None
        self._timer = asyncio.get_running_loop().call_later(_HEAD_SECONDS, self.cut_off)

    def connection_lost(self, error: Exception | None) -> None:
        self._timer.cancel()
        self._others.pop(self, None)

    def data_received(self, data: bytes) -> None:
        if self._answered:
            self._dropped += len(data)
            if self._dropped > _LINGER_LIMIT:
                self.cut_off()
            return
        self._head += data[: _HEAD_LIMIT + 1 - len(self._head)]
        if head_is_complete(self._head):
            self._reply(answer(bytes(self._head), self._doorway))
        elif len(self._head) > _HEAD_LIMIT:
            self._reply(Answer(431))
        elif hopeless(self._head):
            self._reply(Answer(400))

    def _reply(self, reply: Answer) -> None:
        self._answered = True
        self._head.clear()
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.cut_off)
        self._transport.write(reply.to_bytes())
        self._transport.write_eof()

    def cut_off(self) -> None:
        self._others.pop(self, None)
        self._transport.abort()
