"""Windows of one key: the events of a stream stand in one list, and each window has a place where it begins and one where it ends.

An event enters a window once and leaves it once, so the work is O(1) an event and window, amortised. Places count the events of a
series from its beginning; `base` of them are forgotten.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

from sekisho.adapters.engines.aggregates import Aggregation
from sekisho.domain.monitoring.event import MonitoredEvent

__all__ = ["NEVER", "Series", "Stream", "Window", "WindowPlan"]

NEVER: Final = 1 << 62
_FEW: Final = 32  # so many that all windows left may lie about


class WindowPlan:
    """Reaches from `delay` to `reach` ms back. parts: of each aggregate its kind, the column that it reads, and its slot in the values."""

    __slots__ = ("delay", "parts", "reach")

    def __init__(self, over: int, delay: int) -> None:
        self.delay = delay
        self.reach = delay + over
        self.parts: list[tuple[type[Aggregation], int, int]] = []


class Stream:
    """Events of some kinds that meet one condition, for one group of keys; what all keys share.

    fields, getters: of the columns after the first, which is `at`. priors: slots shown as they were before the current event.
    firsts, latests: slots that hold a time for ever. places: in a habit stream, id of each remembered event → its key.
    """

    __slots__ = (
        "endless", "entries", "fields", "firsts", "getters", "habit", "ids", "largest", "latests", "number", "places", "priors", "soonest",
        "test", "truncated", "windows",
    )  # fmt: skip

    def __init__(self, number: int, test: Callable[[MonitoredEvent], bool] | None, habit: bool, largest: int) -> None:
        self.number = number
        self.test = test
        self.habit = habit
        self.largest = largest
        self.windows: list[WindowPlan] = []
        self.fields: list[str] = []
        self.getters: list[tuple[int, Callable[[MonitoredEvent], Any]]] = []
        self.priors: list[int] = []
        self.firsts: list[int] = []
        self.latests: list[int] = []
        self.soonest = NEVER
        self.endless = False
        self.ids = 0
        self.places: dict[str, Any] = {}
        self.entries = 0
        self.truncated = 0


class Window:
    __slots__ = ("delay", "head", "parts", "reach", "tail")

    def __init__(self, plan: WindowPlan, columns: list[list[Any]]) -> None:
        self.delay = plan.delay
        self.reach = plan.reach
        self.tail = 0
        self.head = 0  # kept by delayed windows alone: others end with the series
        self.parts: list[Aggregation] = []
        for kind, column, slot in plan.parts:
            self.parts.append(kind(columns[column], slot))


class Series:
    """The events of one stream and key, in columns; the first is `at`. adding: what each of them enters as it comes."""

    __slots__ = ("adding", "base", "columns", "stream", "windows")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.base = 0
        self.columns: list[list[Any]] = [[]]
        for _ in stream.getters:
            self.columns.append([])
        self.windows: list[Window] = []
        self.adding: list[Aggregation] = []
        for plan in stream.windows:
            window = Window(plan, self.columns)
            self.windows.append(window)
            if not plan.delay:
                self.adding += window.parts

    def add(self, event: MonitoredEvent, at: int, values: list[Any]) -> None:
        """The event, as the newest; `advance` to its time came before."""
        stream, columns = self.stream, self.columns
        ats = columns[0]
        ats.append(at)
        for number, get in stream.getters:
            columns[number].append(get(event))
        stream.entries += 1
        if len(ats) > stream.largest:
            self._truncate(len(ats) - stream.largest, values)
        place = self.base + len(ats) - 1
        for aggregation in self.adding:
            values[aggregation.slot] = aggregation.add(aggregation.column[-1], place)

    def advance(self, at: int, values: list[Any]) -> int:
        """Lets enter and leave what does by then. The time when the next one will, or NEVER."""
        ats, base = self.columns[0], self.base
        size, due = len(ats), NEVER
        left = size
        for window in self.windows:
            head = size
            if window.delay:
                head = self._enter(window, at - window.delay, values)
                if head < size and ats[head] + window.delay < due:
                    due = ats[head] + window.delay
            tail = window.tail - base
            if tail < head:
                if ats[tail] <= at - window.reach:
                    tail = self._leave(window, tail, bisect_right(ats, at - window.reach, tail, head), values)
                if tail < head and ats[tail] + window.reach < due:
                    due = ats[tail] + window.reach
            if tail < left:
                left = tail
        if left > _FEW:
            self._tidy(left)
        return due

    def _enter(self, window: Window, limit: int, values: list[Any]) -> int:
        """Where the delayed window now ends."""
        ats, base = self.columns[0], self.base
        head = window.head - base
        end = bisect_right(ats, limit, head)
        if end > head:
            window.head = base + end
            for aggregation in window.parts:
                values[aggregation.slot] = aggregation.enter(aggregation.column[head:end], base + head)
        return end

    def _leave(self, window: Window, tail: int, end: int, values: list[Any]) -> int:
        """Where the window now begins: `end`."""
        window.tail = place = self.base + end
        for aggregation in window.parts:
            values[aggregation.slot] = aggregation.leave(aggregation.column[tail:end], place)
        return end

    def _truncate(self, end: int, values: list[Any]) -> None:
        """Only the newest count, however many come: the oldest leave before their time."""
        base, lost = self.base, False
        for window in self.windows:
            tail = window.tail - base
            if tail >= end:
                continue
            lost = True
            head = window.head - base if window.delay else end
            if tail < min(head, end):
                self._leave(window, tail, min(head, end), values)
            window.tail = base + end
            window.head = max(window.head, base + end)
        self.stream.truncated += lost
        self._tidy(min(window.tail for window in self.windows) - base)

    def _tidy(self, left: int) -> None:
        """Forgets what all windows have left, when it is much."""
        if left > _FEW and left * 4 > len(self.columns[0]):
            self._forget(left)

    def _forget(self, number: int) -> None:
        stream = self.stream
        if stream.habit:
            for each in self.columns[stream.ids][:number]:
                stream.places.pop(each, None)
        for column in self.columns:
            del column[:number]
        self.base += number
        stream.entries -= number

    def clear(self) -> None:
        """All of it is forgotten; the series is used no more."""
        self._forget(len(self.columns[0]))

    def dispute(self, id: str, values: list[Any]) -> None:
        """That event is as if it had no values: it counts nowhere from now on."""
        row = self.columns[self.stream.ids].index(id)
        for column in self.columns[1:]:
            column[row] = None
        for window in self.windows:
            tail, head = window.tail - self.base, window.head - self.base
            window.parts = [type(old)(old.column, old.slot) for old in window.parts]
            for aggregation in window.parts:
                values[aggregation.slot] = aggregation.enter(aggregation.column[tail:head], window.tail)

    def living(self) -> list[list[Any]]:
        """The columns without what all windows have left."""
        lowest = min(window.tail for window in self.windows) - self.base
        return [column[lowest:] for column in self.columns]

    def refill(self, columns: list[list[Any]], values: list[Any]) -> None:
        """An empty series gets the columns of `living`; `advance` has to follow."""
        for mine, theirs in zip(self.columns, columns, strict=True):
            mine.extend(theirs)
        self.stream.entries += len(self.columns[0])
        for aggregation in self.adding:
            values[aggregation.slot] = aggregation.enter(aggregation.column, 0)
