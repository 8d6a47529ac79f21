"""The online execution of features: one process feeds it every accepted event in order (MONITORING.md).

Single-threaded and deterministic: the same events give the same rows, whatever was read, restored or given up in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import Any, Final

from sekisho.adapters.engines.plan import Steps, figures, groups, steps_of
from sekisho.adapters.engines.snapshot import Snapshot, policy_numbers, read_snapshot, restored_group, saved_group, write_snapshot
from sekisho.domain.monitoring.event import KINDS, MonitoredEvent
from sekisho.domain.monitoring.feature import Aggregate, Feature, FeatureSet, Row
from sekisho.domain.monitoring.policy import MonitoringPolicy

__all__ = ["Engine", "EngineStats"]

_DISPUTED: Final = "event.disputed"
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class EngineStats:
    """sequence, at: of the event fed last. keys: with a state. entries: events remembered, counted in each list that has them; up to a
    third of them may be about to be forgotten.

    truncated: entries that left before their time because more than `largest_window` came. evicted: keys given up when idle.
    """

    sequence: int
    at: int
    keys: int
    entries: int
    truncated: int
    evicted: int


class Engine:
    def __init__(self, features: FeatureSet, policy: MonitoringPolicy) -> None:
        self._features = features
        self._policy = policy
        self._late = policy.latest // _SECOND
        self._doubtful = policy.habit_latest // _SECOND
        self._groups, order = groups(features, policy)
        self._figures, full = figures(features, order)
        self._since = [order.index(each.name) for each in features.features if _counts_seconds(each)]
        self._arranged = _arranged([full.index(name) for name in features.names])
        self._steps: dict[str, Steps] = {kind: steps_of(kind, self._groups) for kind in KINDS}
        self._at = 0
        self._sequence = 0

    @property
    def sequence(self) -> int:
        """Of the event fed last; a replay goes on behind it."""
        return self._sequence

    def feed(self, event: MonitoredEvent) -> Row:
        """Counts the event, and answers the values at it in the order of the features. ValueError for one that is out of order."""
        at = event.at
        if at < self._at or event.sequence <= self._sequence:
            raise ValueError(f"event {event.sequence} at {at} comes after {self._sequence} at {self._at}: events are fed in their order")
        self._at, self._sequence = at, event.sequence
        steps = self._steps.get(event.kind)
        if steps is None:
            steps = self._steps[event.kind] = steps_of(event.kind, self._groups)
        if event.kind == _DISPUTED:
            self._dispute(event)
        lateness = event.lateness
        evaluated, doubtful = lateness <= self._late, lateness > self._doubtful
        row: list[Any] = []
        for group, states, key_of, streams in steps:
            key = key_of(event)
            if key is None:
                row += group.missing
            elif streams and evaluated:
                group.take(key, event, streams, doubtful, row)
            else:
                state = states.get(key)
                if state is None:
                    row += group.empty
                else:
                    if at >= state.due:
                        group.advance(state, at)
                    row += state.values
        for place in self._since:
            if row[place] is not None:
                row[place] = (at - row[place]) / 1000
        for make in self._figures:
            row.append(make(row, event))
        return self._arranged(row)

    def _dispute(self, event: MonitoredEvent) -> None:
        """A customer said that it was not him: that event, accepted before, builds no habit from here on (R14)."""
        disputed = event.value("disputed")
        if isinstance(disputed, str):
            for group in self._groups:
                group.dispute(disputed)

    def stats(self) -> EngineStats:
        streams = [stream for group in self._groups for stream in group.streams]
        return EngineStats(
            self._sequence,
            self._at,
            sum(len(group.states) for group in self._groups),
            sum(stream.entries for stream in streams),
            sum(stream.truncated for stream in streams),
            sum(group.evicted for group in self._groups),
        )

    def snapshot(self) -> bytes:
        """All state, for these features and this policy alone."""
        saved = [saved_group(group) for group in self._groups]
        return write_snapshot(Snapshot(self._features.fingerprint, policy_numbers(self._policy), self._at, self._sequence, saved))

    @classmethod
    def restore(cls, features: FeatureSet, policy: MonitoringPolicy, data: bytes) -> Engine:
        """An engine that goes on as the one that was saved would. SnapshotRefused when it is damaged or of other features or numbers."""
        found = read_snapshot(data, features.fingerprint, policy_numbers(policy))
        engine = cls(features, policy)
        engine._at, engine._sequence = found.at, found.sequence
        for group, saved in zip(engine._groups, found.groups, strict=True):
            restored_group(group, saved, found.at)
        return engine


def _counts_seconds(feature: object) -> bool:
    return isinstance(feature, Feature) and feature.aggregate is Aggregate.SECONDS_SINCE_PREVIOUS


def _arranged(order: list[int]) -> Callable[[list[Any]], Row]:
    """Puts the values in the order in which they were declared."""
    if order == list(range(len(order))):
        return tuple
    return itemgetter(*order)  # two at least, else they are in order
