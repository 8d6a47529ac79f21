"""A connection to one checked address with one deadline for everything: connecting, the handshake, each read and write.

httpx2's own time-outs start anew with each byte, so a peer that drips could hold a worker for ever; and it would look the name up again.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from sekisho.adapters.outbound.addresses import Address

__all__ = ["Deadline", "PinnedNetwork", "connected"]


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._ends

    def left(self) -> float:
        """Seconds that are left, more than 0. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def connected(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """To the first of the addresses that answers; each gets its share of the time. Raises OSError."""
    for still in range(len(addresses), 0, -1):
        address = addresses[len(addresses) - still]
        try:
            found = socket.create_connection((str(address), port), deadline.left() / still)
        except OSError:
            if still == 1:
                raise
            continue
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found
    raise OSError("no address")


class PinnedNetwork(httpcore2.NetworkBackend):
    """Connects to the given addresses, in their order, whatever name it is asked for."""

    def __init__(self, addresses: Sequence[Address], deadline: Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        return _PinnedStream(connected(self._addresses, port, self._deadline), self._deadline)


class _PinnedStream(httpcore2.NetworkStream):
    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(self._deadline.left())
        try:
            self._socket.sendall(buffer)  # its time-out is for all of the buffer
        except TimeoutError:
            raise
        except OSError as lost:
            raise httpcore2.WriteError from lost  # upon which the answer is still read: a peer may refuse early

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            self._socket.settimeout(self._deadline.left())
            return _PinnedStream(ssl_context.wrap_socket(self._socket, server_hostname=server_hostname), self._deadline)
        except BaseException:
            self.close()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._socket if info == "socket" else None
