"""The process that sends the demo's market, beside the server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["traffic"]

_GIVEN_UP = 5.0  # seconds


@contextmanager
def traffic(folder: Path) -> Iterator[None]:
    """While this lasts, a process of its own sends the market: the server's parent forks, and must hold no open line then."""
    command = [sys.executable, "-P", "-m", "sekisho.demo.traffic", str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_GIVEN_UP)
