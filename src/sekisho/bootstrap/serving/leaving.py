"""How an old worker leaves after its successor has come up: nobody is dropped, not even in the middle of a TLS handshake.

    SIGUSR1 from the parent ──▶ it hears no new connection: its successor has the same listening socket
                            ──▶ answers in HTTP/1.1 say `Connection: close`: clients move over by themselves (RFC 9112 §9.6)
    SIGTERM, `MOVING` later ──▶ granian ends: HTTP/2 clients get GOAWAY, what is in flight is answered

granian alone would stop listening and cut handshakes under way at one and the same moment.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["MOVING", "Leaving"]

MOVING = 2.0  # seconds for handshakes to end and for clients to send what they have begun

_log = logging.getLogger(__name__)
_Scope = MutableMapping[str, Any]
_Send = Callable[[_Scope], Awaitable[None]]
_Application = Callable[[_Scope, Any, _Send], Awaitable[None]]


class Leaving:
    """The application as the server calls it. port: of the listening socket that is left to the successor."""

    def __init__(self, app: _Application, port: int) -> None:
        self._app = app
        self._port = port
        self._begun = False
        signal.signal(signal.SIGUSR1, self._begin)

    def __call__(self, scope: _Scope, receive: Any, send: _Send) -> Awaitable[None]:
        if self._begun and scope["type"] == "http" and scope["http_version"].startswith("1"):
            return self._app(scope, receive, _closing(send))
        return self._app(scope, receive, send)

    def _begin(self, *_: object) -> None:
        if not self._begun:
            self._begun = True
            _turn_deaf(self._port)
            _log.info("the successor takes new connections from here on")


def _closing(send: _Send) -> _Send:
    async def closing(message: _Scope) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
        await send(message)

    return closing


def _turn_deaf(port: int) -> None:
    """Each descriptor of the listening socket becomes one of a socket that nobody knows; the listening socket itself lives on elsewhere."""
    deaf = socket.socket(socket.AF_UNIX)
    deaf.setblocking(False)
    deaf.bind("")  # an abstract name that the kernel chooses
    deaf.listen(1)
    for entry in Path("/proc/self/fd").iterdir():
        descriptor = int(entry.name)
        with suppress(OSError):  # closed meanwhile, or no socket
            if _listens(descriptor, port):
                os.dup2(deaf.fileno(), descriptor)
    deaf.close()


def _listens(descriptor: int, port: int) -> bool:
    with socket.socket(fileno=os.dup(descriptor)) as one:
        internet = one.family in (socket.AF_INET, socket.AF_INET6)
        return internet and bool(one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)) and one.getsockname()[1] == port
