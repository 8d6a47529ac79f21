"""A clock that never runs backwards, so that a wall clock set back extends no code, session or restriction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sekisho.kernel.errors import unavailable
from sekisho.kernel.times import cut, utc_now

__all__ = ["SteadyClock"]

_DRIFT = timedelta(milliseconds=50)


class SteadyClock:
    """Goes with the wall clock while that runs forward; when it is set back, goes on by the monotonic one from where it was.

    mistrusted: set by whoever compares it with the database's clock. A clock that ran ahead holds still meanwhile, while nobody is served:
    else a leap forward that was put right would keep it ahead, and mistrusted, until the next start.
    floor: the newest time that the database has seen; after a restart with a clock set back, time goes on from there.
    """

    def __init__(
        self,
        floor: datetime | None = None,
        wall: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._anchor = max(wall(), floor) if floor else wall()
        self._anchored = monotonic()
        self.mistrusted = False

    def __call__(self) -> datetime:
        """The time for every flow. SekishoError UNAVAILABLE while this node's clock is off the database's: it refuses to serve (R6)."""
        if self.mistrusted:
            raise unavailable("this node's clock differs from the database's")
        return self.time()

    def time(self) -> datetime:
        """The time, trusted or not."""
        with self._lock:
            elapsed = self._monotonic() - self._anchored
            steady = self._anchor if self.mistrusted else self._anchor + timedelta(seconds=elapsed)
            wall = self._wall()
            if wall >= steady or steady - wall < _DRIFT:
                # Small differences are drift between two clocks, not a clock set back: hold still, never go back.
                steady = max(wall, self._anchor)
            self._anchor, self._anchored = max(steady, self._anchor), self._anchored + elapsed
            return cut(self._anchor)

    def ahead(self) -> timedelta:
        """How far this clock is ahead of the wall clock: above a second, the machine's clock was set back."""
        return self.time() - self._wall()
