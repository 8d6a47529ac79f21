"""Who may wait for a hash, and who is next (R2). Plain data: the pool holds the lock.

Two lanes of equal size. Strangers have one, known clients the other, and the strangers' too while it has room. Lanes
take turns, and within a lane the sources: a flood from one source delays the others by one hash each.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["HashQueue", "Place"]

Job = TypeVar("Job")


class _Lane(Generic[Job]):
    def __init__(self, size: int, per_source: int) -> None:
        self._free = size
        self._per_source = per_source
        self._waiting: Counter[str] = Counter()
        self._jobs: OrderedDict[str, deque[Job]] = OrderedDict()  # the first source is next

    def take_place(self, source: str) -> bool:
        if not self._free or self._waiting[source] >= self._per_source:
            return False
        self._free -= 1
        self._waiting[source] += 1
        return True

    def give_back(self, source: str) -> None:
        self._free += 1
        self._waiting[source] -= 1
        if not self._waiting[source]:
            del self._waiting[source]

    def __len__(self) -> int:
        return sum(map(len, self._jobs.values()))

    def push(self, source: str, job: Job) -> None:
        self._jobs.setdefault(source, deque()).append(job)

    def pop(self) -> Job | None:
        if not self._jobs:
            return None
        source, jobs = self._jobs.popitem(last=False)
        job = jobs.popleft()
        if jobs:
            self._jobs[source] = jobs  # to the end of the round
        return job


@dataclass(slots=True)
class Place(Generic[Job]):
    """One place of a source in a lane, held until its hash begins or it is given back."""

    lane: _Lane[Job]
    source: str
    held: bool = True

    def give_back(self) -> None:
        if self.held:
            self.held = False
            self.lane.give_back(self.source)


class HashQueue(Generic[Job]):
    def __init__(self, size: int, per_source: int) -> None:
        """size: places in all; per_source: places of one source in a lane."""
        self._known = _Lane[Job](size // 2, per_source)
        self._strangers = _Lane[Job](size - size // 2, per_source)
        self._lanes = deque([self._known, self._strangers])  # the first has the turn

    def take_place(self, source: str, known: bool) -> Place[Job] | None:
        """A place, or None when there is none for that source."""
        lanes = (self._known, self._strangers) if known else (self._strangers,)
        return next((Place(lane, source) for lane in lanes if lane.take_place(source)), None)

    def __len__(self) -> int:
        """How many jobs wait."""
        return len(self._known) + len(self._strangers)

    def push(self, place: Place[Job], job: Job) -> None:
        place.lane.push(place.source, job)

    def pop(self) -> Job | None:
        """The next job; the lane that gave it goes to the end."""
        for lane in tuple(self._lanes):
            job = lane.pop()
            if job is not None:
                self._lanes.remove(lane)
                self._lanes.append(lane)
                return job
        return None
