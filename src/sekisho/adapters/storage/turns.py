"""A lock that is given in the order of asking."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["FairLock"]


class FairLock:
    """First come, first served: a thread that releases it and asks again stands behind those that wait (DESIGN §4).

    threading.Lock promises no order, so under load one caller could wait for ever.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._held = False

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def acquire(self, timeout: float) -> bool:
        """Whether the lock was given within `timeout` seconds."""
        with self._guard:
            if not self._held:
                self._held = True
                return True
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        if turn.acquire(timeout=max(0.0, timeout)):
            return True
        with self._guard:
            if turn in self._queue:
                self._queue.remove(turn)
                return False
        return True  # it was handed over in the moment the time ran out

    def release(self) -> None:
        """Hands the lock to the one who has waited longest; it is never free while somebody waits."""
        with self._guard:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._held = False
