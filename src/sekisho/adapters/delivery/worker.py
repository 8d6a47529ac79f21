"""The loop that empties the outbox: woken after a commit, else it looks every 250 ms."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

__all__ = ["OutboxWorker", "OutboxWorkers"]

_log = structlog.get_logger("sekisho.outbox")
_AFTER_A_FAULT: Final = 1.0


class OutboxWorker:
    """Runs `deliver` (which returns how many messages it took) in threads of its own until `stop`.

    Two threads, so that a gateway that hangs on one message does not hold up the next code; the leases of the outbox keep them apart, as
    they do for workers in other processes. A fault (a lost database) is logged by its kind alone and tried again.
    """

    def __init__(self, deliver: Callable[[], int], poll: float = 0.25, threads: int = 2) -> None:
        self._deliver = deliver
        self._poll = poll
        self._bell = threading.Condition()
        self._rings = 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, name=f"outbox-{number}", daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """A message was committed: look now. Safe from any thread, and cheap."""
        with self._bell:
            self._rings += 1
            self._bell.notify()

    def halt(self) -> None:
        """No further claim."""
        self._stopping.set()
        with self._bell:
            self._bell.notify_all()

    def stop(self, patience: float = 6.0) -> bool:
        """No further claim; waits for what is being sent (at most `patience` seconds). Whether every thread has ended."""
        self.halt()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(patience)
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        heard = 0
        while not self._stopping.is_set():
            try:
                taken = self._deliver()
            except Exception as fault:
                _log.warning("outbox.faulted", fault=type(fault).__name__)
                self._stopping.wait(_AFTER_A_FAULT)
                continue
            heard = self._rings if taken else self._rest(heard)

    def _rest(self, heard: int) -> int:
        """Until the next ring or the next poll; a ring that came while delivering is not lost."""
        with self._bell:
            if self._rings == heard and not self._stopping.is_set():
                self._bell.wait(self._poll)
            return self._rings


class OutboxWorkers:
    """Several, started, woken and stopped together."""

    def __init__(self, workers: Sequence[OutboxWorker]) -> None:
        self._workers = workers

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def wake(self) -> None:
        for worker in self._workers:
            worker.wake()

    def stop(self) -> None:
        for worker in self._workers:
            worker.halt()
        for worker in self._workers:
            worker.stop()
