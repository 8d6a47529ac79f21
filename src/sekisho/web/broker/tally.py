"""What a node remembers of keys: those that it let in a moment ago, and those that opened nothing. Memory only, and bounded."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from sekisho.domain.broker_access import BrokerAccessPolicy, BrokerKey

__all__ = ["BadKeys", "KnownKeys"]

_FRESH = 1.0  # seconds: a revoked key opens nothing after that (R6)
_KNOWN = 1_000
_SOURCES = 10_000
_TOLD = 10_000
_TELL_AGAIN = 3600.0
_STRANGERS_TOLD = 100  # an hour, of keys that never were ones


class KnownKeys:
    """Keys by the keyed hash of their text. A stale one is read again, but its holder is no guesser."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[BrokerKey, float]] = OrderedDict()

    def fresh(self, digest: str) -> BrokerKey | None:
        found = self._kept.get(digest)
        return found[0] if found and self._clock() - found[1] < _FRESH else None

    def keep(self, digest: str, key: BrokerKey) -> None:
        self._kept[digest] = (key, self._clock())
        self._kept.move_to_end(digest)
        while len(self._kept) > _KNOWN:
            self._kept.popitem(last=False)

    def forget(self, digest: str) -> None:
        self._kept.pop(digest, None)

    def __contains__(self, digest: str) -> bool:
        return digest in self._kept


class BadKeys:
    """Counts them by source (/32 or /64), and says which refusals are written into the audit log: the first of its kind in an hour."""

    def __init__(self, policy: BrokerAccessPolicy, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._within = policy.bad_keys, policy.bad_keys_within.total_seconds()
        self._clock = clock
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()
        self._told: OrderedDict[str, float] = OrderedDict()
        self._strangers: deque[float] = deque()

    def wait(self, source: str) -> int:
        """Seconds until that source may try again; 0: now."""
        tries, now = self._tries.get(source), self._clock()
        if tries is None:
            return 0
        while tries and now - tries[0] >= self._within:
            tries.popleft()
        return 0 if len(tries) < self._most else max(1, round(self._within - (now - tries[0])))

    def count(self, source: str) -> None:
        self._tries.setdefault(source, deque(maxlen=self._most)).append(self._clock())
        self._tries.move_to_end(source)
        while len(self._tries) > _SOURCES:
            self._tries.popitem(last=False)

    def worth_telling(self, what: str, *, stranger: bool) -> bool:
        """what: reason, key and source. stranger: nobody's key, so that a flood of them tells the log no more than a hundred times."""
        now = self._clock()
        last = self._told.get(what)
        if last is not None and now - last < _TELL_AGAIN:
            return False
        if stranger and not self._room_for_stranger(now):
            return False
        self._told[what] = now
        self._told.move_to_end(what)
        while len(self._told) > _TOLD:
            self._told.popitem(last=False)
        return True

    def _room_for_stranger(self, now: float) -> bool:
        while self._strangers and now - self._strangers[0] >= _TELL_AGAIN:
            self._strangers.popleft()
        if len(self._strangers) >= _STRANGERS_TOLD:
            return False
        self._strangers.append(now)
        return True
