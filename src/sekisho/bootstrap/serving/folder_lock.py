"""One `serve` at a time on a data folder, and never one of the demo (R9, R15)."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sekisho.kernel.errors import Kind, SekishoError

__all__ = ["claim_port", "hold_folder"]

_LOCK = "serve.lock"
_DEMO_MARK = "DEMO"
_MARK_TEXT = "This folder belongs to `sekisho demo`: its keys and people are not secret. `sekisho serve` refuses it.\n"


@contextmanager
def hold_folder(folder: Path, *, demo: bool) -> Iterator[Path]:
    """Make the folder (0700) if need be and keep others off while the block runs.

    A folder that the demo marked is the demo's for ever; the demo takes no folder that holds anything else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(folder, descriptor)
        _check_mark(folder, demo)
        yield folder
    finally:
        os.close(descriptor)  # the lock goes with it, also when the process is killed


def _lock(folder: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise _refused(f"another sekisho runs on the data folder {folder}; stop it first") from None


def _check_mark(folder: Path, demo: bool) -> None:
    mark = folder / _DEMO_MARK
    if mark.exists() and not demo:
        raise _refused(f"{folder} is a folder of the demo, whose keys are not secret; name another data folder")
    if demo and not mark.exists():
        if {path.name for path in folder.iterdir()} - {_LOCK}:
            raise _refused(f"{folder} is not empty and no folder of the demo; name an empty or a new one")
        mark.write_text(_MARK_TEXT, encoding="ascii")


def claim_port(address: str, port: int, patience: float = 4.0) -> None:
    """Refuse a port that anything else listens on, ours included.

    The server's own bind would not notice: it shares the port, so that a new worker can take over from the old.
    patience: seconds to wait for the worker of a parent that was killed to go.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    until = time.monotonic() + patience
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
                return
            except OSError as error:
                if time.monotonic() > until:
                    raise _refused(f"cannot listen on {address} port {port}: {error.strerror}") from None
        time.sleep(0.1)


def _refused(detail: str) -> SekishoError:
    return SekishoError(Kind.CONFLICT, "The server cannot start.", detail)
