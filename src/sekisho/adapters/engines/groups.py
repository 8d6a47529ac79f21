"""The state of all keys of one group of features: made when a key is first met, given up when nothing of it counts any more."""

from __future__ import annotations

from collections import deque
from typing import Any

from sekisho.adapters.engines.windows import NEVER, Series, Stream
from sekisho.domain.monitoring.event import MonitoredEvent

__all__ = ["Group", "KeyState"]

_LOOKED_AT = 2  # old keys a new one: so those given up keep pace with those made
_SPARE = 100


class KeyState:
    """values: as of the events so far, right until `due`. newest: when the last event came that counts."""

    __slots__ = ("due", "newest", "series", "values")

    def __init__(self, values: list[Any], streams: int) -> None:
        self.values = values
        self.series: list[Series | None] = [None] * streams
        self.due = NEVER
        self.newest = 0


class Group:
    def __init__(self, keys: tuple[str, ...], streams: list[Stream], takers: dict[str, tuple[Stream, ...]], empty: list[Any]) -> None:
        self.keys = keys
        self.streams = streams
        self.takers = takers
        self.empty = empty
        self.missing: list[Any] = [None] * len(empty)
        self.states: dict[Any, KeyState] = {}
        self.turns: deque[Any] = deque()  # every key once, in the order in which they are looked at
        self.spare: list[KeyState] = []  # of keys given up, as good as new
        self.evicted = 0
        self.endless = [slot for stream in streams for slot in (*stream.firsts, *stream.latests)]
        self.longest = max((plan.reach for stream in streams for plan in stream.windows), default=0)

    def take(self, key: Any, event: MonitoredEvent, streams: tuple[Stream, ...], doubtful: bool, row: list[Any]) -> None:
        """Counts the event where it belongs, and adds the key's values at it to the row. doubtful: too late to build habit."""
        at = event.at
        state = self.states.get(key)
        if state is not None and at >= state.due:
            self.advance(state, at)
        before: list[tuple[int, Any]] = []
        for stream in streams:
            if (stream.test is not None and not stream.test(event)) or (doubtful and stream.habit):
                continue
            if state is None:
                state = self._made(key, at)
            state.newest = at
            for slot in stream.priors:
                before.append((slot, state.values[slot]))
            if stream.endless:
                _keep_times(stream, state.values, at)
            if stream.windows:
                self._count(stream, key, state, event)
        if state is None:
            row += self.empty
            return
        start = len(row)
        row += state.values
        for slot, value in before:
            row[start + slot] = value

    def _count(self, stream: Stream, key: Any, state: KeyState, event: MonitoredEvent) -> None:
        at = event.at
        series = state.series[stream.number]
        if series is None:
            series = state.series[stream.number] = Series(stream)
        series.add(event, at, state.values)
        if stream.habit:
            stream.places[event.id] = key
        if at + stream.soonest < state.due:
            state.due = at + stream.soonest

    def advance(self, state: KeyState, at: int) -> None:
        due = NEVER
        for series in state.series:
            if series is not None:
                next_due = series.advance(at, state.values)
                if next_due < due:
                    due = next_due
        state.due = due

    def dispute(self, id: str) -> None:
        for stream in self.streams:
            key = stream.places.pop(id, None)
            if key is not None:
                state = self.states[key]
                series = state.series[stream.number]
                if series is not None:
                    series.dispute(id, state.values)

    def _made(self, key: Any, at: int) -> KeyState:
        turns, spare = self.turns, self.spare
        for _ in range(min(_LOOKED_AT, len(turns))):
            self._look_at(turns.popleft(), at)
        state = self.states[key] = spare.pop() if spare else KeyState(self.empty.copy(), len(self.streams))
        turns.append(key)
        return state

    def _look_at(self, key: Any, at: int) -> None:
        """Gives the key up when all its windows are empty; what it has for ever stays."""
        state = self.states[key]
        if at < state.newest + self.longest:
            self.turns.append(key)
            return
        self.advance(state, at)
        for series in state.series:
            if series is not None:
                series.clear()
        if self.endless and any(state.values[slot] is not None for slot in self.endless):
            state.series = [None] * len(self.streams)
            self.turns.append(key)
            return
        del self.states[key]
        self.evicted += 1
        if len(self.spare) < _SPARE:
            self.spare.append(state)


def _keep_times(stream: Stream, values: list[Any], at: int) -> None:
    for slot in stream.firsts:
        if values[slot] is None:
            values[slot] = at
    for slot in stream.latests:
        values[slot] = at
