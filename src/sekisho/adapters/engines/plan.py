"""What an engine does for events of each kind, worked out once from the declarations.

Features of the same keys form a group, whose state is looked up once an event; those of them that look at the same events share a stream.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

from sekisho.adapters.engines.aggregates import AGGREGATES
from sekisho.adapters.engines.groups import Group, KeyState
from sekisho.adapters.engines.windows import Stream, WindowPlan
from sekisho.domain.monitoring.event import FIELDS, KINDS, MonitoredEvent
from sekisho.domain.monitoring.feature import Aggregate, Feature, FeatureSet, Figure, Function, Value
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["Step", "Steps", "figures", "groups", "steps_of"]

_MILLISECOND: Final = timedelta(milliseconds=1)
_TIMES: Final = (Aggregate.FIRST_SEEN, Aggregate.SECONDS_SINCE_PREVIOUS)

Get = Callable[[MonitoredEvent], Any]
Step = tuple[Group, dict[Any, KeyState], Get, tuple[Stream, ...]]
"""A group, its states, the key of an event in it (None when it lacks one), and the streams that may take the event."""
Steps = tuple[Step, ...]


def groups(features: FeatureSet, policy: MonitoringPolicy) -> tuple[list[Group], list[str]]:
    """The groups, and the names of their features in the order of their values, one group after the other."""
    by_keys: dict[tuple[str, ...], list[Feature]] = {}
    for feature in features.features:
        if isinstance(feature, Feature):
            by_keys.setdefault(tuple(sorted(feature.keys)), []).append(feature)
    made = [_group(keys, members, policy) for keys, members in by_keys.items()]
    return made, [feature.name for members in by_keys.values() for feature in members]


def _group(keys: tuple[str, ...], members: list[Feature], policy: MonitoringPolicy) -> Group:
    streams: dict[tuple[Any, ...], Stream] = {}
    takers: dict[str, dict[Stream, None]] = {}
    empty: list[Value] = []
    for slot, feature in enumerate(members):
        same = (tuple(sorted(feature.kinds)), feature.where, feature.habit)
        stream = streams.get(same)
        if stream is None:
            test = feature.where.test if feature.where else None
            stream = streams[same] = Stream(len(streams), test, feature.habit, policy.largest_window)
            if feature.habit:
                stream.ids = _column(stream, "id")
        _take_in(stream, feature, slot, policy)
        empty.append(0 if feature.aggregate.zero_when_empty else None)
        for kind in feature.kinds:
            takers.setdefault(kind, {})[stream] = None
    return Group(keys, list(streams.values()), {kind: tuple(each) for kind, each in takers.items()}, empty)


def _take_in(stream: Stream, feature: Feature, slot: int, policy: MonitoringPolicy) -> None:
    if feature.prior or feature.aggregate is Aggregate.SECONDS_SINCE_PREVIOUS:
        stream.priors.append(slot)
    if feature.over is None:
        stream.endless = True
        (stream.firsts if feature.aggregate is Aggregate.FIRST_SEEN else stream.latests).append(slot)
        return
    delay = policy.habit_after // _MILLISECOND if feature.habit else feature.delay
    plan = _window(stream, feature.over, delay)
    if feature.field is not None:
        column = _column(stream, feature.field)
    elif feature.habit:
        column = _column(stream, "at") if feature.aggregate in _TIMES else stream.ids  # the first column stays in a dispute
    else:
        column = 0
    plan.parts.append((AGGREGATES[feature.aggregate], column, slot))
    stream.soonest = min(stream.soonest, delay or plan.reach)


def _window(stream: Stream, over: int, delay: int) -> WindowPlan:
    for plan in stream.windows:
        if (plan.delay, plan.reach) == (delay, delay + over):
            return plan
    stream.windows.append(WindowPlan(over, delay))
    return stream.windows[-1]


def _column(stream: Stream, field: str) -> int:
    """Where the values of that field stand in the series of the stream."""
    if field not in stream.fields:
        stream.fields.append(field)
        stream.getters.append((len(stream.fields), _value(field)))
    return stream.fields.index(field) + 1


def _value(field: str) -> Get:
    if field in FIELDS:
        return attrgetter(field)
    return lambda event: None if event.extra is None else event.extra.get(field)


def steps_of(kind: str, all_groups: list[Group]) -> Steps:
    return tuple((group, group.states, _key(group.keys, kind), group.takers.get(kind, ())) for group in all_groups)


def _key(keys: tuple[str, ...], kind: str) -> Get:
    """The key of an event: its one value, or a pair. None when a part is missing, or the kind cannot have it."""
    shape = KINDS.get(kind)
    if any(key not in FIELDS and (shape is None or key not in shape.extra) for key in keys):
        return lambda event: None
    if len(keys) == 1:
        return _value(keys[0])
    get = attrgetter(*keys) if all(key in FIELDS for key in keys) else _several([_value(key) for key in keys])
    return lambda event: None if None in (found := get(event)) else found


def _several(getters: list[Get]) -> Get:
    return lambda event: tuple([get(event) for get in getters])


Make = Callable[[list[Any], MonitoredEvent], Value]


def figures(features: FeatureSet, order: list[str]) -> tuple[list[Make], list[str]]:
    """What makes each figure of the values so far, and the order with the figures behind."""
    made: list[Make] = []
    order = list(order)
    for figure in features.features:
        if isinstance(figure, Figure):
            parts = [_part(argument, order) for argument in figure.arguments]
            made.append(_ratio(*parts) if figure.function is Function.RATIO else _zscore(*parts))
            order.append(figure.name)
    return made, order


def _part(argument: str, order: list[str]) -> Make:
    if argument in order:
        place = order.index(argument)
        return lambda row, event: row[place]
    get = _value(argument)
    return lambda row, event: get(event)


def _ratio(above: Make, below: Make) -> Make:
    def ratio(row: list[Any], event: MonitoredEvent) -> Value:
        b: Any = below(row, event)
        a: Any = above(row, event) if b else None  # most often there is nothing to divide by
        return None if a is None else a / b

    return ratio


def _zscore(of: Make, mean: Make, spread: Make) -> Make:
    def zscore(row: list[Any], event: MonitoredEvent) -> Value:
        s: Any = spread(row, event)
        if not s:
            return None
        x: Any = of(row, event)
        m: Any = mean(row, event)
        return None if x is None or m is None else (x - m) / s

    return zscore
