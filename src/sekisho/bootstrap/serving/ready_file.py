"""The file that says "it serves", written no sooner than that is true (DESIGN §6)."""

from __future__ import annotations

import json
import os
import secrets
import socket
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path

__all__ = ["is_ready", "wait_until_ready", "write_ready_file"]

_REQUEST = "GET /-/health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: sekisho\r\n\r\n"
_EVERY = 0.05  # seconds between two questions
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def write_ready_file(path: Path, content: Mapping[str, object]) -> None:
    """The whole file or none, 0600: in the demo it carries passwords."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
    new.replace(path)


def wait_until_ready(address: str, port: int, hostname: str, ca: Path | None, stop: threading.Event) -> bool:
    """Ask until it is ready; False when `stop` was set before."""
    while not stop.is_set():
        if is_ready(address, port, hostname, ca):
            return True
        stop.wait(_EVERY)
    return False


def is_ready(address: str, port: int, hostname: str, ca: Path | None) -> bool:
    """Whether /-/health/ready answers 200 over TLS, under that name."""
    try:
        with (
            socket.create_connection((_ANYWHERE.get(address, address), port), timeout=2) as plain,
            _context(ca).wrap_socket(plain, server_hostname=hostname) as connection,
        ):
            host = f"[{hostname}]" if ":" in hostname else hostname
            connection.sendall(_REQUEST.format(host=host).encode())
            with connection.makefile("rb") as answer:
                return answer.readline(64).startswith(b"HTTP/1.1 200")
    except OSError:  # refused, timed out, TLS failed, closed at once: not yet
        return False


def _context(ca: Path | None) -> ssl.SSLContext:
    if ca is not None:
        return ssl.create_default_context(cafile=ca)
    # An operator's certificate may come from an authority that this machine does not know. We ask
    # our own process whether it lives, and send it no secret.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
