"""Being somewhere else on one machine: a SOCKS proxy that goes out from another loopback address (RFC 1928, CONNECT only)."""

from __future__ import annotations

import socket
import struct
import threading
from types import TracebackType
from typing import Self

__all__ = ["Elsewhere"]

_HELLO, _CONNECT_V4, _CONNECT_NAME = 5, 1, 3


class Elsewhere:
    """address: from where its connections seem to come, such as 127.0.0.9. Goes to loopback only."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def proxy(self) -> str:
        return f"socks5://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()
        for held in list(self._open):
            held.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(inner,), daemon=True).start()

    def _serve(self, inner: socket.socket) -> None:
        try:
            with inner, self._connected(inner) as outer:
                self._open |= {inner, outer}
                back = threading.Thread(target=_pump, args=(outer, inner), daemon=True)
                back.start()
                _pump(inner, outer)
                back.join(10)
        except (OSError, ValueError):
            return

    def _connected(self, inner: socket.socket) -> socket.socket:
        version, methods = _read(inner, 2)
        _read(inner, methods)
        inner.sendall(bytes([version, 0]))
        _, command, _, kind = _read(inner, 4)
        if command != 1 or kind not in (_CONNECT_V4, _CONNECT_NAME):
            raise ValueError("only CONNECT")
        _read(inner, 4 if kind == _CONNECT_V4 else _read(inner, 1)[0])
        (port,) = struct.unpack("!H", _read(inner, 2))
        outer = socket.create_connection(("127.0.0.1", port), source_address=(self.address, 0))
        inner.sendall(bytes([_HELLO, 0, 0, 1, 127, 0, 0, 1]) + struct.pack("!H", port))
        return outer


def _read(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ValueError("ended early")
        data += more
    return data


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
