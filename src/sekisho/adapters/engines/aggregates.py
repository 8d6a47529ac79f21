"""What a window makes of its values as they enter and leave in order: O(1) each, amortised.

A value of None is passed over: the event lacks the field, or was disputed. A place is an event's number in its series; those that leave
are the oldest. Every call answers the new result. Sums are of whole numbers, so nothing is lost by adding and taking away.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from math import sqrt
from typing import Any, Final, Protocol

from sekisho.domain.monitoring.feature import Aggregate

__all__ = ["AGGREGATES", "Aggregation"]


class Aggregation(Protocol):
    """column: where its values stand. slot: where its result does."""

    column: list[Any]
    slot: int

    def __init__(self, column: list[Any], slot: int) -> None: ...

    def add(self, value: Any, place: int) -> Any:
        """One enters."""

    def enter(self, values: Sequence[Any], first: int) -> Any:
        """Several enter, the first of them at that place."""

    def leave(self, values: Sequence[Any], end: int) -> Any:
        """The oldest leave; what stays begins at `end`."""


class _Plain(ABC):
    """Enters one by one, whatever the place."""

    __slots__ = ("column", "slot")

    empty: Any = None

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column = column
        self.slot = slot

    @abstractmethod
    def add(self, value: Any, place: int) -> Any: ...

    def enter(self, values: Sequence[Any], first: int) -> Any:
        found = self.empty
        for place, value in enumerate(values, start=first):
            found = self.add(value, place)
        return found


class Count(_Plain):
    __slots__ = ("number",)

    empty = 0

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.number = 0

    def add(self, value: Any, place: int) -> int:
        if value is not None:
            self.number += 1
        return self.number

    def leave(self, values: Sequence[Any], end: int) -> int:
        self.number -= len(values) - values.count(None)
        return self.number


class Sum(_Plain):
    __slots__ = ("total",)

    empty = 0

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.total = 0

    def add(self, value: Any, place: int) -> int:
        if value is not None:
            self.total += value
        return self.total

    def leave(self, values: Sequence[Any], end: int) -> int:
        for value in values:
            if value is not None:
                self.total -= value
        return self.total


class Mean(_Plain):
    __slots__ = ("number", "total")

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.number = self.total = 0

    def add(self, value: Any, place: int) -> float | None:
        if value is not None:
            self.number += 1
            self.total += value
        return self.total / self.number if self.number else None

    def leave(self, values: Sequence[Any], end: int) -> float | None:
        for value in values:
            if value is not None:
                self.number -= 1
                self.total -= value
        return self.total / self.number if self.number else None


class Deviation(_Plain):
    """Of the population: sqrt(n * Σx² - (Σx)²) / n."""

    __slots__ = ("number", "squares", "total")

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.number = self.total = self.squares = 0

    def add(self, value: Any, place: int) -> float | None:
        if value is not None:
            self.number += 1
            self.total += value
            self.squares += value * value
        return self._result()

    def leave(self, values: Sequence[Any], end: int) -> float | None:
        for value in values:
            if value is not None:
                self.number -= 1
                self.total -= value
                self.squares -= value * value
        return self._result()

    def _result(self) -> float | None:
        number, total = self.number, self.total
        return sqrt(number * self.squares - total * total) / number if number else None


class Least(_Plain):
    """The values that may yet be the least, growing: a later one drives out those before it that are no smaller."""

    __slots__ = ("waiting",)

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.waiting: deque[tuple[int, Any]] = deque()

    def add(self, value: Any, place: int) -> Any:
        waiting = self.waiting
        if value is not None:
            while waiting and waiting[-1][1] >= value:
                waiting.pop()
            waiting.append((place, value))
        return waiting[0][1] if waiting else None

    def leave(self, values: Sequence[Any], end: int) -> Any:
        waiting = self.waiting
        while waiting and waiting[0][0] < end:
            waiting.popleft()
        return waiting[0][1] if waiting else None


class Greatest(Least):
    __slots__ = ()

    def add(self, value: Any, place: int) -> Any:
        waiting = self.waiting
        if value is not None:
            while waiting and waiting[-1][1] <= value:
                waiting.pop()
            waiting.append((place, value))
        return waiting[0][1] if waiting else None


class Distinct(_Plain):
    __slots__ = ("times",)

    empty = 0

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.times: dict[Any, int] = {}

    def add(self, value: Any, place: int) -> int:
        times = self.times
        if value is not None:
            times[value] = times.get(value, 0) + 1
        return len(times)

    def leave(self, values: Sequence[Any], end: int) -> int:
        times = self.times
        for value in values:
            if value is not None:
                left = times[value] - 1
                if left:
                    times[value] = left
                else:
                    del times[value]
        return len(times)


class Last(_Plain):
    __slots__ = ("place", "value")

    def __init__(self, column: list[Any], slot: int) -> None:
        self.column, self.slot = column, slot
        self.place, self.value = -1, None

    def add(self, value: Any, place: int) -> Any:
        if value is not None:
            self.place, self.value = place, value
        return self.value

    def leave(self, values: Sequence[Any], end: int) -> Any:
        if self.place < end:
            self.value = None
        return self.value


AGGREGATES: Final[dict[Aggregate, type[Aggregation]]] = {
    Aggregate.COUNT: Count,
    Aggregate.SUM: Sum,
    Aggregate.MEAN: Mean,
    Aggregate.STDDEV: Deviation,
    Aggregate.MIN: Least,
    Aggregate.MAX: Greatest,
    Aggregate.DISTINCT: Distinct,
    Aggregate.LAST: Last,
    Aggregate.FIRST_SEEN: Least,  # of the times, which grow
    Aggregate.SECONDS_SINCE_PREVIOUS: Last,  # of the times
}
