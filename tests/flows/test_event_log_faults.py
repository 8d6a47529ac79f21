"""R8, R13, R14: what the event log bears: waiters who give up, clocks that differ, long replays, purges, absurd times."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from sekisho.adapters.engines import writer as engines_writer
from sekisho.adapters.storage.event_log import EventLog
from sekisho.bootstrap import monitoring
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import Accepted
from sekisho.kernel.events import Event, EventKind
from tests.flows.house import House
from tests.flows.monitored import RULES, at, open_log, publish

MINUTE = timedelta(minutes=1)


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def test_who_has_given_up_waiting_takes_nobody_with_him(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door waits 5 s for a commit. Whoever stands in one batch with a request that was given up is answered all the same."""
    reached, go = threading.Event(), threading.Event()
    plain = EventLog.append

    def slow(self, rows):
        reached.set()
        go.wait(20)
        plain(self, rows)

    with open_log(aiko) as log:
        log.settled()
        monkeypatch.setattr(EventLog, "append", slow)
        first = log.send(log.event("w1")).waiting
        assert reached.wait(20)
        given_up, other = log.send(log.event("w2")).waiting, log.send(log.event("w3")).waiting
        assert first is not None and given_up is not None and other is not None
        assert given_up.cancel()
        go.set()
        assert isinstance(first.result(20)[0], Accepted) and isinstance(other.result(20)[0], Accepted)
        assert log.accepted(log.event("w4"))
        assert "w2" not in [row.event.id.partition(":")[2] for row in log.settled()]


def test_an_own_event_of_a_node_whose_clock_goes_ahead_is_not_lost(aiko: House) -> None:
    """R14 refuses the future of others; what happened here has happened."""
    with open_log(aiko) as log:
        with aiko.storage.transaction() as tx:
            ahead = Event(EventKind.LOGIN_REFUSED, reason="wrong_password", facts={"step": "password"})
            tx.audit.append(ahead, aiko.clock() + 3 * MINUTE)
        (row,) = [row for row in log.settled() if row.event.kind == "login.refused"]
        (after,) = log.accepted(log.event("w1"))
    assert row.event.own_time == at(aiko.clock() + timedelta(seconds=5)) and after.event.at == row.event.at


def test_a_long_replay_keeps_the_lease(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else two nodes whose replay outlasts the lease would take it from each other for ever."""
    monkeypatch.setattr(engines_writer, "_RENEW", 0.0)
    clock, taken = [aiko.clock()], []

    class Slow(EventRecording):
        def build(self, stopping):
            for _ in range(4):
                clock[0] += timedelta(seconds=3)
                assert not stopping()
            with aiko.storage.transaction() as tx:
                taken.append(tx.leases.acquire(engines_writer.LEASE, "another", clock[0], clock[0] + timedelta(seconds=5)))
            return super().build(stopping)

    publish(aiko, RULES)
    writer = engines_writer.EventWriter(aiko.storage, Slow(lambda: aiko.deps), lambda: clock[0], 100, lambda: True)
    writer.start()
    try:
        until = time.monotonic() + 20
        while not writer.ready and time.monotonic() < until:
            time.sleep(0.01)
        assert writer.ready and taken == [None]
    finally:
        writer.stop()


def test_a_snapshot_goes_on_where_purged_events_were(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest event is never purged: numbers and times go on from it."""
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(monitoring, "_SNAPSHOT_PAUSE", timedelta(0))
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=300_000))
        log.accepted(log.event("w2", amount=300_000))
        last = log.settled()[-1].event.sequence
    with aiko.storage.transaction() as tx:
        assert tx.events.purge(aiko.clock() + MINUTE, last, 1000) == (last - 1, last - 1)
        assert tx.events.last()[0] == last
    with open_log(aiko) as log:
        (found,) = log.accepted(log.event("w3", amount=400_000))
    assert found.event.sequence == last + 1 and found.verdict is Verdict.HOLD


def test_absurd_times_and_numbers_are_refused_with_a_reason(aiko: House) -> None:
    """What could not be written would take the whole batch with it, and whoever waits in it."""
    with open_log(aiko) as log:
        taken = log.send(
            {**log.order("old"), "time": "0001-01-01T00:00:00+23:00"},
            {**log.order("far"), "time": "9999-12-31T23:59:59-23:00"},
            log.order("huge", attributes={"limit_price": 10**25}),
            log.order("deep", attributes={"limit_price": {"a": []}}),
            {**log.order("number"), "time": 5},
            log.order("good", attributes={"limit_price": 10**15}),
        )
        assert taken.waiting is not None
        outcomes = taken.waiting.result(20)
    assert set(taken.problems) == {0, 2, 3, 4} and "1970" in taken.problems[0].detail
    assert [isinstance(one, Accepted) for one in outcomes] == [False, True]


def test_a_long_replay_is_not_done_twice(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners that are killed early would make no snapshot: the replay would grow with the log, and the time without an owner with it."""
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600_000), log.event("w2", amount=1))
        last, fingerprint = log.settled()[-1].event.sequence, log.writer._state[0].fingerprint
    with aiko.storage.reading() as tx:
        assert tx.snapshots.newest(fingerprint) is None
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", last)
    with open_log(aiko) as log, aiko.storage.reading() as tx:
        kept = tx.snapshots.newest(fingerprint)
        assert kept is not None and kept[0] == last
    with open_log(aiko) as log:
        assert log.accepted(log.event("w3", amount=400_000))[0].verdict is Verdict.HOLD
