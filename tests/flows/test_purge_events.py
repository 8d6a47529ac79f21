"""R8, R14: old events go, in steps that the audit log names; windows, numbers and idempotency go on as if they were there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sekisho.bootstrap import monitoring
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.explain_verdict import explain_verdict
from sekisho.flows.purge_events import purge_old_events
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import EventKind
from tests.flows.house import House
from tests.flows.monitored import RULES, judge_of, open_log, publish, until

LONG = RULES.replace("over 24h", "over 400d")
DAYS = 90


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    house.with_policies(monitoring=MonitoringPolicy(keep_events=timedelta(days=DAYS)))
    return house


def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot behind every commit."""
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(monitoring, "_SNAPSHOT_PAUSE", timedelta(0))


def old_log(house: House, events: int = 3) -> int:
    """600,000 yen withdrawn, then 91 days pass. Returns how many events the log has."""
    with open_log(house, LONG) as log:
        log.accepted(log.event("w0", amount=600_000 - (events - 1)), *(log.event(f"w{number}", amount=1) for number in range(1, events)))
        count = len(log.settled())
    house.clock.advance(days=DAYS + 1)
    return count


def sequences(house: House) -> list[int]:
    with house.storage.reading() as tx:
        return [row.event.sequence for row in tx.events.read(0, 1000)]


def test_without_a_snapshot_nothing_goes(aiko: House) -> None:
    count = old_log(aiko)
    assert not purge_old_events(aiko.deps) and len(sequences(aiko)) == count
    assert aiko.audited(EventKind.EVENTS_PURGED) == 0


def test_what_is_old_goes_in_steps_that_are_audited_and_the_newest_stays(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    count = old_log(aiko, events=6)
    steps = 0
    while purge_old_events(aiko.deps, step=2):
        steps += 1
    assert sequences(aiko) == [count] and steps == (count - 1) // 2
    assert aiko.audited(EventKind.EVENTS_PURGED, events=2, through=2) == 1


def test_windows_and_numbers_go_on_behind_a_purge(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine begins at its snapshot, which knows what the log has forgotten."""
    often(monkeypatch)
    count = old_log(aiko)
    purge_old_events(aiko.deps)
    with open_log(aiko, LONG) as log:
        (found,) = log.accepted(log.event("new", amount=400_000))
    assert found.event.sequence == count + 1 and found.verdict is Verdict.HOLD
    again = explain_verdict(str(found.event.sequence), aiko.deps).again
    assert again is not None and again.differs == ()


def test_a_book_in_shadow_takes_nothing_from_the_live_one(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replayed from what the log has; the live rules keep what their snapshot knows."""
    often(monkeypatch)
    old_log(aiko)
    purge_old_events(aiko.deps)
    publish(aiko, LONG.replace("400d", "300d"), "shadow")
    with open_log(aiko, LONG) as log:
        until(lambda: judge_of(log).shadow_text is not None)
        (found,) = log.accepted(log.event("new", amount=400_000))
        (row,) = [row for row in log.settled() if row.event.id.endswith(":new")]
    assert found.verdict is Verdict.HOLD and '"shadow"' not in row.reasons


def test_features_declared_anew_know_what_the_log_has(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    old_log(aiko)
    purge_old_events(aiko.deps)
    with open_log(aiko, LONG.replace("400d", "399d")) as log:
        until(lambda: "399d" in str(judge_of(log).book.features.features[0]))  # the former ones judge until these are built
        (found,) = log.accepted(log.event("new", amount=400_000))
    assert found.verdict is Verdict.ALLOW


def test_what_is_younger_stays(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    count = old_log(aiko)
    with open_log(aiko, LONG) as log:
        log.accepted(log.event("new"))
        log.settled()
    purge_old_events(aiko.deps)
    assert sequences(aiko) == [count + 1]


def test_what_is_gone_is_told_as_gone(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    often(monkeypatch)
    old_log(aiko)
    purge_old_events(aiko.deps)
    with pytest.raises(SekishoError) as raised:
        explain_verdict("1", aiko.deps)
    assert raised.value.kind is Kind.MISSING and "no more" in raised.value.public_message


def test_a_snapshot_is_made_each_hour_while_events_come(aiko: House) -> None:
    """So that a quiet firm's log can be purged, too."""
    recording = monitoring.EventRecording(lambda: aiko.deps)
    publish(aiko, LONG)
    judge, place = recording.build(lambda: False)
    with aiko.storage.reading() as tx:
        fingerprint = judge.fingerprint
        assert tx.snapshots.newest_of(fingerprint) is None
    later = monitoring.Place(place.sequence + 1, place.at)
    for minutes, made in ((59, False), (60, True)):
        recording.after(judge, later, aiko.clock() + timedelta(minutes=minutes))
        with aiko.storage.reading() as tx:
            assert (tx.snapshots.newest_of(fingerprint) is not None) is made
