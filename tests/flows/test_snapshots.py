"""R14, DESIGN §4: a snapshot makes the next owner quick; where it cannot be kept nobody waits, and nothing is forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from sekisho.adapters.engines.writer import LEASE, EventWriter
from sekisho.adapters.storage.snapshot_rows import Snapshots
from sekisho.bootstrap import monitoring, replaying
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import Draft, SnapshotPart
from sekisho.kernel.errors import SekishoError, unavailable
from tests.flows.house import House
from tests.flows.monitored import judge_of, open_log, until
from tests.flows.recorded import snapshots_every

FULL = "the disk is full"


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def no_room(patch: pytest.MonkeyPatch) -> list[int]:
    """From now on; returns how often it was tried."""
    tried: list[int] = []

    def full(self: object, part: object) -> None:
        tried.append(1)
        raise unavailable(FULL)

    patch.setattr(Snapshots, "add", full)
    return tried


def rows(house: House) -> int:
    with house.storage.reading() as tx:
        return int(tx._line.value(text("SELECT count(*) FROM engine_snapshots")))  # type: ignore[attr-defined]


def room_for_all_but_the_last_part(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replaying, "_PART", 20)
    add = Snapshots.add

    def full(self: Snapshots, part: SnapshotPart) -> None:
        if part.part == part.parts:
            raise unavailable(FULL)
        add(self, part)

    patch.setattr(Snapshots, "add", full)


def free(house: House, lease: str) -> bool:
    now = house.clock()
    with house.storage.transaction() as tx:
        got = tx.leases.acquire(lease, "the next owner", now, now + timedelta(seconds=5))
    return got is not None


def kept(house: House, fingerprint: str) -> int | None:
    with house.storage.reading() as tx:
        found = tx.snapshots.newest_of(fingerprint)
    return None if found is None else found[0]


def test_a_snapshot_that_cannot_be_kept_costs_no_state(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots_every(1, monkeypatch)
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600_000))
        log.settled()
        judge = judge_of(log)
        with monkeypatch.context() as patch:
            tried = no_room(patch)
            log.accepted(log.event("w2", amount=1))
            (found,) = log.accepted(log.event("w3", amount=400_000))
            assert judge_of(log) is judge and found.verdict is Verdict.HOLD and len(tried) >= 1
        log.accepted(log.event("w4", amount=1))
        last = log.settled()[-1].event.sequence
    assert kept(aiko, judge.fingerprint) == last


def test_a_large_one_is_written_beside_the_events(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it, and no second one is begun meanwhile."""
    reached, go = threading.Event(), threading.Event()

    def slow(fingerprint: str, sequence: int, state: bytes, deps: Dependencies) -> None:
        reached.set()
        go.wait(20)
        replaying.keep_snapshot(fingerprint, sequence, state, deps)

    with open_log(aiko) as log:
        log.settled()
        snapshots_every(1, monkeypatch)
        monkeypatch.setattr(monitoring, "_AT_ONCE", 0)
        monkeypatch.setattr(monitoring, "keep_snapshot", slow)
        (first,) = log.accepted(log.event("w1", amount=600_000))
        assert reached.wait(20)
        (second,) = log.accepted(log.event("w2", amount=400_000))
        fingerprint = judge_of(log).fingerprint
        assert second.verdict is Verdict.HOLD and kept(aiko, fingerprint) is None
        go.set()
    assert kept(aiko, fingerprint) == first.event.sequence


def test_a_stop_while_one_is_written_keeps_neither_the_lease_nor_who_waits(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go = threading.Event(), threading.Event()

    def slow(fingerprint: str, sequence: int, state: bytes, deps: Dependencies) -> None:
        reached.set()
        go.wait(20)

    with open_log(aiko) as log:
        log.settled()
        snapshots_every(1, monkeypatch)
        monkeypatch.setattr(monitoring, "_AT_ONCE", 0)
        monkeypatch.setattr(monitoring, "keep_snapshot", slow)
        log.accepted(log.event("w1"))
        assert reached.wait(20)
        look, submitted = EventWriter._change_rules, []

        def last_one(self: EventWriter, *state: Any) -> None:
            """Comes while the writer is in its last round, which takes it no more."""
            look(self, *state)
            if not submitted:
                submitted.append(self.submit([Draft(MonitoredEvent(id="brk_1:d", kind="statement.opened", own_time=1), "d")]))
                self._stopping.set()
                raise unavailable("the database is gone")

        with monkeypatch.context() as patch:
            patch.setattr(EventWriter, "_lose", lambda self, why: None)
            patch.setattr(EventWriter, "_change_rules", last_one)
            until(lambda: submitted)
        stop = threading.Thread(target=log.writer.stop)
        stop.start()
        with pytest.raises(SekishoError):
            submitted[0].result(3)
        until(lambda: free(aiko, LEASE), 3)
        assert stop.is_alive()
        go.set()
        stop.join(20)


def test_one_that_fails_beside_the_events_is_tried_again(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "_AT_ONCE", 0)
    recording = monitoring.EventRecording(lambda: aiko.deps)
    judge, place = recording.build(lambda: False)
    begun, tried = aiko.clock(), no_room(monkeypatch)
    for number, seconds in enumerate((3600, 3659, 3660), 1):
        aiko.clock.now = begun + timedelta(seconds=seconds)
        recording.after(judge, monitoring.Place(place.sequence + number, place.at), aiko.clock())
        recording.close()
    assert len(tried) == 2


def test_it_is_tried_again_after_the_pause(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[int] = []
    recording = monitoring.EventRecording(lambda: aiko.deps, snapshot_failed=lambda: failed.append(1))
    judge, place = recording.build(lambda: False)
    begun = aiko.clock()
    tried = no_room(monkeypatch)
    for number, seconds in enumerate((3600, 3601, 3659, 3660), 1):
        aiko.clock.now = begun + timedelta(seconds=seconds)
        recording.after(judge, monitoring.Place(place.sequence + number, place.at), aiko.clock())
    assert len(tried) == 2 == len(failed)


def test_of_one_that_cannot_be_kept_to_its_end_nothing_stays(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    room_for_all_but_the_last_part(monkeypatch)
    with pytest.raises(SekishoError) as refused:
        replaying.keep_snapshot("f", 1, bytes(1000), aiko.deps)
    assert refused.value.detail == FULL and rows(aiko) == 0


def test_what_a_dead_owner_left_half_written_goes_though_nothing_can_be_kept(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    room_for_all_but_the_last_part(monkeypatch)
    with monkeypatch.context() as patch, pytest.raises(SekishoError):
        patch.setattr(Snapshots, "drop", lambda *given: 1 / 0)
        replaying.keep_snapshot("f", 1, bytes(1000), aiko.deps)
    assert rows(aiko) == 49
    aiko.clock.advance(minutes=61)
    with pytest.raises(SekishoError):
        replaying.keep_snapshot("f", 2, bytes(1000), aiko.deps)
    assert rows(aiko) == 0


def test_an_owner_opens_where_its_snapshot_cannot_be_kept(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600_000))
        count = len(log.settled())
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", count)
    tried = no_room(monkeypatch)
    with open_log(aiko) as log:
        assert log.accepted(log.event("w2", amount=400_000))[0].verdict is Verdict.HOLD
    assert tried


def test_a_large_one_is_kept_in_rows_of_which_none_is_large(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "_PART", 100)
    snapshots_every(1, monkeypatch)
    with open_log(aiko) as log:
        log.accepted(*(log.event(f"w{number}", amount=1000) for number in range(600)))
        log.settled()
    with aiko.storage.reading() as tx:
        sizes = [row[0] for row in tx._line.all(text("SELECT length(data) FROM engine_snapshots"))]  # type: ignore[attr-defined]
        ids = tx._line.value(text("SELECT count(DISTINCT id) FROM engine_snapshots"))  # type: ignore[attr-defined]
    assert max(sizes) == 100 and len(sizes) > 20 and ids <= 2
    with open_log(aiko) as log:
        assert log.accepted(log.event("more", amount=400_000))[0].verdict is Verdict.HOLD
