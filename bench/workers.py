"""Processes that take orders line by line as JSON and answer each with one line: load generators, bare loops."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Worker", "obey", "worker"]

Order = dict[str, Any]


class Worker:
    """The other end: `ask` sends an order and waits for its answer, `begin` and `end` do one half each."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def ask(self, **order: Any) -> Any:
        self.begin(**order)
        return self.end()

    def begin(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def end(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker of the bench ended early: {self._process.args!r}")
        return json.loads(line)


@contextmanager
def worker(module: str, *arguments: str) -> Iterator[Worker]:
    """A Python process of `bench.MODULE`, ended with the block."""
    command = [sys.executable, "-m", f"bench.{module}", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Worker(process)
        finally:
            process.terminate()


def obey(do: Callable[[Order], object]) -> None:
    """In the process: answer orders until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(do(json.loads(line))) + "\n")
        sys.stdout.flush()
