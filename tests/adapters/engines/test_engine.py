"""What the engine remembers and forgets, refuses, and takes up again (MONITORING: memory bounded, snapshots; R14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sekisho.adapters.engines.engine import Engine
from sekisho.adapters.engines.snapshot import SnapshotRefused
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import FeatureSet
from sekisho.domain.monitoring.policy import MonitoringPolicy
from tests.adapters.engines.worlds import DAY, HOUR, START, bounded, features_of

COUNT = features_of("feature logins = count of login.completed by trader over 24h")
HABIT = features_of("feature usual = count of login.completed by trader, device over 30d habit")


class Feeder:
    """Feeds events of a trader; sequences count up."""

    def __init__(self, features: FeatureSet, policy: MonitoringPolicy) -> None:
        self.engine = Engine(features, policy)

    def feed(self, at: int, kind: str = "login.completed", **columns: Any) -> Any:
        sequence = self.engine.sequence + 1
        event = MonitoredEvent(f"e{sequence}", kind, START + at, START + at, sequence, **{"trader": "t1", "device": "d1", **columns})
        row = self.engine.feed(event)
        return row[0] if len(row) == 1 else row


def test_a_window_ends_at_the_very_millisecond() -> None:
    feeder = Feeder(COUNT, MonitoringPolicy())
    assert [feeder.feed(at) for at in (0, DAY - 1, DAY, DAY)] == [1, 2, 2, 3]


def test_events_of_other_kinds_read_and_do_not_count() -> None:
    feeder = Feeder(COUNT, MonitoringPolicy())
    told = [feeder.feed(0, "session.ended"), feeder.feed(0), feeder.feed(1, "session.ended"), feeder.feed(DAY, "session.ended")]
    assert told == [0, 1, 1, 0]
    assert feeder.feed(DAY, "statement.opened", trader=None, account="a1") is None


def test_habit_begins_after_seven_undisputed_days() -> None:
    feeder = Feeder(HABIT, MonitoringPolicy())
    assert [feeder.feed(at) for at in (0, 7 * DAY - 1, 7 * DAY)] == [0, 0, 1]


def test_a_disputed_event_counts_from_the_dispute_on_no_more() -> None:
    feeder = Feeder(HABIT, MonitoringPolicy())
    assert [feeder.feed(at) for at in (0, 1, 8 * DAY)] == [0, 0, 2]
    assert feeder.feed(8 * DAY, "event.disputed", extra={"disputed": "e2"}) == 1
    assert feeder.feed(8 * DAY, "event.disputed", extra={"disputed": "e2"}) == 1  # a second No says nothing new
    assert feeder.feed(8 * DAY, "event.disputed", extra={"disputed": "e1"}) == 0


def test_what_is_disputed_before_it_is_habit_never_becomes_one() -> None:
    feeder = Feeder(HABIT, MonitoringPolicy())
    assert feeder.feed(0) == 0
    assert feeder.feed(1, "event.disputed", extra={"disputed": "e1"}) == 0
    assert feeder.feed(9 * DAY, "session.ended") == 0


@pytest.mark.parametrize(("lateness", "counted", "habit"), [(300, 1, 1), (301, 1, 0), (86_400, 1, 0), (86_401, 0, 0)])
def test_what_comes_late_builds_no_habit_and_very_late_counts_nowhere(lateness: int, counted: int, habit: int) -> None:
    both = FeatureSet((*features_of("feature seen = count of login.completed by trader over 30d").features, *HABIT.features))
    feeder = Feeder(both, MonitoringPolicy())
    feeder.feed(0, lateness=lateness)
    assert feeder.feed(8 * DAY, "session.ended") == (counted, habit)


def test_of_many_events_the_newest_count_and_the_lost_are_told() -> None:
    feeder = Feeder(COUNT, MonitoringPolicy(largest_window=100))
    assert [feeder.feed(at) for at in range(150)] == [*range(1, 101), *([100] * 50)]
    assert feeder.engine.stats().truncated == 50
    assert feeder.feed(DAY + 120) == 30  # those of 121 to 149 and this one


def test_memory_of_one_key_does_not_grow_with_its_events() -> None:
    """10,000 payees on one account: the newest 100 are remembered, give or take those that are about to be forgotten."""
    payees = features_of("feature payees = distinct(payee) of withdrawal.requested by account over 24h")
    feeder = Feeder(payees, MonitoringPolicy(largest_window=100))
    for number in range(10_000):
        feeder.feed(number, "withdrawal.requested", account="a1", payee=f"p{number}", amount_jpy=1)
    stats = feeder.engine.stats()
    assert stats.entries < 150 and stats.truncated == 9_900
    assert len(feeder.engine.snapshot()) < 2_500


def test_idle_keys_are_given_up_as_new_ones_come() -> None:
    feeder = Feeder(COUNT, MonitoringPolicy())
    for day in range(200):
        for trader in range(20):
            feeder.feed(day * DAY + trader, trader=f"t{day}-{trader}")
    stats = feeder.engine.stats()
    assert stats.keys < 100 and stats.entries < 100
    assert stats.keys + stats.evicted == 4_000


def test_what_is_known_for_ever_is_not_given_up_but_its_windows_are() -> None:
    both = features_of("feature met = first_seen of login.completed by trader\nfeature logins = count of login.completed by trader over 1h")
    feeder = Feeder(both, MonitoringPolicy())
    feeder.feed(0)
    for hour in range(2, 60):
        feeder.feed(hour * HOUR, trader=f"t{hour}")
    assert feeder.engine.stats().evicted == 0 and feeder.engine.stats().entries < 30
    assert feeder.feed(100 * HOUR) == (START, 1)


def test_events_out_of_order_are_refused_and_change_nothing() -> None:
    engine = Engine(COUNT, MonitoringPolicy())
    engine.feed(MonitoredEvent("e1", "login.completed", START, START, 5, trader="t1"))
    for at, sequence in ((START - 1, 6), (START, 5), (START, 4)):
        with pytest.raises(ValueError, match="events are fed in their order"):
            engine.feed(MonitoredEvent("e2", "login.completed", at, at, sequence, trader="t1"))
    assert engine.feed(MonitoredEvent("e3", "login.completed", START, START, 6, trader="t1")) == (2,)


def test_no_features_give_empty_rows() -> None:
    assert Engine(FeatureSet(), MonitoringPolicy()).feed(MonitoredEvent("e1", "login.completed", START, START, 1)) == ()


def _saved() -> bytes:
    feeder = Feeder(COUNT, MonitoringPolicy())
    feeder.feed(0)
    return feeder.engine.snapshot()


def test_a_restored_engine_stands_where_the_saved_one_stood() -> None:
    engine = Engine.restore(COUNT, MonitoringPolicy(), _saved())
    assert (engine.sequence, engine.stats().keys, engine.stats().entries) == (1, 1, 1)
    with pytest.raises(ValueError, match="in their order"):
        engine.feed(MonitoredEvent("e1", "login.completed", START, START, 1, trader="t1"))


@pytest.mark.parametrize(
    "policy",
    [
        MonitoringPolicy(largest_window=9_999),
        MonitoringPolicy(habit_after=timedelta(days=8)),
        MonitoringPolicy(latest=timedelta(hours=23)),
        MonitoringPolicy(habit_latest=timedelta(minutes=4)),
        bounded(3),
    ],
)
def test_a_snapshot_of_other_numbers_is_refused(policy: MonitoringPolicy) -> None:
    with pytest.raises(SnapshotRefused, match="other numbers"):
        Engine.restore(COUNT, policy, _saved())


def test_numbers_that_remember_nothing_do_not_matter() -> None:
    assert Engine.restore(COUNT, replace(MonitoringPolicy(), challenge_at=41), _saved()).sequence == 1


def test_a_snapshot_of_other_features_is_refused() -> None:
    with pytest.raises(SnapshotRefused, match="is of features"):
        Engine.restore(HABIT, MonitoringPolicy(), _saved())


def test_a_damaged_snapshot_is_refused_wherever_it_is_damaged() -> None:
    data = _saved()
    for place in range(len(data)):
        broken = bytearray(data)
        broken[place] ^= 1
        with pytest.raises(SnapshotRefused):
            Engine.restore(COUNT, MonitoringPolicy(), bytes(broken))
    for end in (0, 10, len(data) - 1):
        with pytest.raises(SnapshotRefused):
            Engine.restore(COUNT, MonitoringPolicy(), data[:end])
