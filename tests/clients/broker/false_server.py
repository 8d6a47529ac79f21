"""A server on a real socket that does what it is told: answers, hangs, drips, cuts the line, says nonsense. Loopback only."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FalseServer", "answer", "cut", "drip", "hang", "half", "head_drip", "interim", "raw", "reset", "serving", "stuck"]

Act = Callable[[socket.socket, threading.Event], None]


@dataclass
class Seen:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class FalseServer:
    """acts: what it does with each connection's next request; the last one goes on."""

    url: str
    acts: list[Act]
    seen: list[Seen] = field(default_factory=list)

    def next_act(self) -> Act:
        return self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]


def answer(status: int = 200, document: Any = None, **headers: str) -> Act:
    body = b"" if document is None else json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(data: bytes) -> Act:
    return lambda line, stopped: line.sendall(data)


def hang(line: socket.socket, stopped: threading.Event) -> None:
    """Took the request, and says nothing."""
    stopped.wait(30)


def cut(line: socket.socket, stopped: threading.Event) -> None:
    """Took the request, and hangs up."""


def half(line: socket.socket, stopped: threading.Event) -> None:
    """Hangs up amid the answer, behind the words that matter."""
    line.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"verdict": "allow", "instruction": "ins_1"')


def drip(line: socket.socket, stopped: threading.Event) -> None:
    """A byte at a time, so that no time-out of a read ever comes."""
    line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")
    while not stopped.wait(0.05):
        line.sendall(b" ")


def reset(line: socket.socket, stopped: threading.Event) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _read(line: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += line.recv(65536)
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body)


def stuck(line: socket.socket, stopped: threading.Event) -> None:
    """Begins the body, behind the words that matter, and says no more: neither the rest nor good-bye."""
    half(line, stopped)
    stopped.wait(30)


def head_drip(line: socket.socket, stopped: threading.Event) -> None:
    """Headers without an end, a byte at a time."""
    line.sendall(b"HTTP/1.1 200 OK\r\nx-more: ")
    while not stopped.wait(0.05):
        line.sendall(b"a")


def interim(line: socket.socket, stopped: threading.Event) -> None:
    """Always about to answer."""
    while not stopped.wait(0.01):
        line.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")


@contextmanager
def serving(*acts: Act, tls: ssl.SSLContext | None = None) -> Iterator[FalseServer]:
    """tls: what it proves itself with; plain HTTP without."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FalseServer(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}", list(acts))
    stopped = threading.Event()

    def talk(plain: socket.socket) -> None:
        with plain, suppress(OSError):
            plain.settimeout(10)
            line = tls.wrap_socket(plain, server_side=True) if tls else plain
            found = _read(line)
            if found is not None:
                server.seen.append(found)
                server.next_act()(line, stopped)

    def accept() -> None:
        with suppress(OSError):
            while not stopped.is_set():
                line, _ = listener.accept()
                threading.Thread(target=talk, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server
    finally:
        stopped.set()
        listener.close()
        time.sleep(0)  # lets the acts go
