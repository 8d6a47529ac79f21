"""What a node remembers of strangers' refusals, so that a flood of them does not fill the audit log. Memory only, and bounded."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

__all__ = ["FirstInAnHour"]

_SECONDS = 3600.0
_REMEMBERED = 10_000
_MOST = 100  # an hour, of all sources together


class FirstInAnHour:
    """Which refusals are written down: the first of a source in an hour, and a hundred of all sources at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # pages are answered in threads
        self._told: OrderedDict[str, float] = OrderedDict()
        self._newest: deque[float] = deque(maxlen=_MOST)

    def __call__(self, source: str) -> bool:
        now = self._clock()
        with self._lock:
            last = self._told.get(source)
            if last is not None and now - last < _SECONDS:
                return False
            if len(self._newest) == _MOST and now - self._newest[0] < _SECONDS:
                return False
            self._newest.append(now)
            self._told[source] = now
            self._told.move_to_end(source)
            while len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
            return True
