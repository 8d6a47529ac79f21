"""Features by their definition, from the whole list of events: slow and obvious, and knows nothing of the engine (MONITORING.md, R14)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from math import sqrt
from typing import Any

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import Feature, FeatureSet, Figure, Row
from sekisho.domain.monitoring.policy import MonitoringPolicy

_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)

Conditions = Mapping[str, Callable[[MonitoredEvent], bool]]
"""The meaning of each `where` by its text, as Python says it."""


class Reference:
    def __init__(self, features: FeatureSet, policy: MonitoringPolicy, events: Sequence[MonitoredEvent], conditions: Conditions) -> None:
        self._features = features
        self._policy = policy
        self._events = events
        self._matching = {each.name: self._grouped(each, conditions) for each in features.features if isinstance(each, Feature)}
        self._disputes: dict[str, list[int]] = defaultdict(list)
        for event in events:
            if event.kind == "event.disputed":
                self._disputes[str(event.value("disputed"))].append(event.sequence)

    def _grouped(self, feature: Feature, conditions: Conditions) -> dict[Any, list[MonitoredEvent]]:
        """The events that the feature may ever count, by key."""
        by_key: dict[Any, list[MonitoredEvent]] = defaultdict(list)
        for event in self._events:
            too_late = event.lateness > self._policy.latest / _SECOND
            no_habit = feature.habit and event.lateness > self._policy.habit_latest / _SECOND
            wanted = event.kind in feature.kinds and (feature.where is None or conditions[feature.where.text](event))
            if wanted and not too_late and not no_habit:
                by_key[key_of(feature, event)].append(event)
        return by_key

    def row(self, place: int) -> Row:
        """The values at the event in that place of the list."""
        values: dict[str, Any] = {}
        for feature in self._features.features:
            event = self._events[place]
            values[feature.name] = self._figure(feature, event, values) if isinstance(feature, Figure) else self._value(feature, event)
        return tuple(values.values())

    @staticmethod
    def _figure(figure: Figure, event: MonitoredEvent, values: dict[str, Any]) -> Any:
        parts = [values[name] if name in values else event.value(name) for name in figure.arguments]
        if None in parts or parts[-1] == 0:
            return None
        return parts[0] / parts[1] if figure.function == "ratio" else (parts[0] - parts[1]) / parts[2]

    def _value(self, feature: Feature, current: MonitoredEvent) -> Any:
        key = key_of(feature, current)
        if None in key:
            return None
        found = self._window(feature, key, current)
        if feature.aggregate == "seconds_since_previous":
            return (current.at - found[-1].at) / 1000 if found else None
        if feature.aggregate == "first_seen":
            return found[0].at if found else None
        if feature.aggregate == "count":
            return len(found)
        return aggregated(feature.aggregate, [value for event in found if (value := event.value(str(feature.field))) is not None])

    def _window(self, feature: Feature, key: tuple[Any, ...], current: MonitoredEvent) -> list[MonitoredEvent]:
        every = self._matching[feature.name].get(key, [])
        found = every[: bisect_right(every, current.sequence, key=lambda event: event.sequence)]
        without = feature.prior or feature.aggregate == "seconds_since_previous"
        if without and found and found[-1] is current:
            found = found[:-1]
        if feature.over is None:
            return found
        delay = self._policy.habit_after // _MILLISECOND if feature.habit else feature.delay
        newest = found[-self._policy.largest_window :]
        inside = [event for event in newest if current.at - delay - feature.over < event.at <= current.at - delay]
        return [event for event in inside if not (feature.habit and self._disputed(event, current))]

    def _disputed(self, event: MonitoredEvent, current: MonitoredEvent) -> bool:
        return any(event.sequence < each <= current.sequence for each in self._disputes.get(event.id, ()))


def key_of(feature: Feature, event: MonitoredEvent) -> tuple[Any, ...]:
    return tuple(event.value(key) for key in feature.keys)


def aggregated(aggregate: str, values: list[Any]) -> Any:
    number = len(values)
    if aggregate == "sum":
        return sum(values)
    if aggregate == "distinct":
        return len(set(values))
    if not values:
        return None
    total = sum(values) if aggregate in ("mean", "stddev") else 0
    results: dict[str, Callable[[], Any]] = {
        "mean": lambda: total / number,
        "stddev": lambda: sqrt(number * sum(value * value for value in values) - total * total) / number,
        "min": lambda: min(values),
        "max": lambda: max(values),
        "last": lambda: values[-1],
    }
    return results[aggregate]()
