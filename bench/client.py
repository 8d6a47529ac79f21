"""A small HTTP/1.1 client over TLS, keep-alive, bound to a loopback source address; cheap, since its CPU stands beside the server's."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass

__all__ = ["Answer", "Connection", "tls_context"]


@dataclass(frozen=True, slots=True)
class Answer:
    """head: status line and headers as they came. at: when the last byte had come (perf_counter)."""

    status: int
    head: bytes
    body: bytes
    at: float


class _Lines(asyncio.Protocol):
    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiting: asyncio.Future[Answer] | None = None
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.buffer[: end + 2])
        length = _length(head)
        if len(self.buffer) < end + 4 + length or self.waiting is None:
            return
        body = bytes(self.buffer[end + 4 : end + 4 + length])
        del self.buffer[: end + 4 + length]
        waiting, self.waiting = self.waiting, None
        if not waiting.done():
            waiting.set_result(Answer(int(head[9:12]), head, body, time.perf_counter()))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(error or ConnectionResetError("the server closed the connection"))


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    return int(lower[at + 17 : lower.index(b"\r\n", at + 17)]) if at >= 0 else 0


class Connection:
    """One keep-alive connection; a request at a time. It opens itself when it is first used, and again when the server closed it."""

    def __init__(self, port: int, source: str, context: ssl.SSLContext) -> None:
        self._port = port
        self._source = source
        self._context = context
        self._transport: asyncio.Transport | None = None
        self._lines = _Lines()

    async def open(self) -> None:
        if self._transport is not None and not self._lines.lost:
            return
        self._lines = _Lines()
        self._transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: self._lines, "127.0.0.1", self._port, ssl=self._context, server_hostname="localhost", local_addr=(self._source, 0)
        )

    async def ask(self, request: bytes) -> Answer:
        await self.open()
        assert self._transport is not None
        self._lines.waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._lines.waiting

    async def get(self, path: str, token: str = "") -> Answer:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        return await self.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n{bearer}\r\n".encode())

    async def post(self, path: str, body: bytes, token: str = "") -> Answer:
        bearer = f"Authorization: Bearer {token}\r\n" if token else ""
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n{bearer}"
        return await self.ask(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


def tls_context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)
