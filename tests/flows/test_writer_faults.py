"""R13, R14: whatever fails around a batch, whoever waits is answered, and nothing is kept of it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.engines.writer import EventWriter
from sekisho.adapters.storage.event_log import EventLog
from sekisho.adapters.storage.forwarded_events import ForwardedEvents
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.flows.ports.monitoring import Draft
from sekisho.kernel.errors import Kind, SekishoError, unavailable
from tests.flows.house import House
from tests.flows.monitored import open_log, until


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def refused(house: House, drafts: list[Draft]) -> SekishoError:
    with pytest.raises(SekishoError) as raised:
        house.log.submit(drafts)
    return raised.value


def drafts(house: House, count: int) -> list[Draft]:
    at = int(house.clock().timestamp() * 1000)
    return [Draft(MonitoredEvent(id=f"brk_1:d{n}", kind="statement.opened", own_time=at), f"d{n}") for n in range(count)]


def test_a_full_queue_keeps_nothing_of_those_it_turns_away(aiko: House) -> None:
    """One exception raised again and again would hold the frames, and so the bodies, of every request that ever met it."""
    with open_log(aiko, largest=5):
        first = refused(aiko, drafts(aiko, 6))
        again = refused(aiko, drafts(aiko, 6))
    assert first.kind is Kind.BUSY is again.kind and first is not again
    assert _depth(first) == _depth(again)


def _depth(error: SekishoError) -> int:
    trace, depth = error.__traceback__, 0
    while trace is not None:
        trace, depth = trace.tb_next, depth + 1
    return depth


def test_those_of_one_lost_batch_do_not_share_an_exception(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, rows: object) -> None:
        raise unavailable("the disk is full", timedelta(seconds=7))

    with open_log(aiko) as log:
        log.settled()
        monkeypatch.setattr(EventLog, "append", fail)
        with log.writer._turn:  # so that one batch takes both
            waiting = [log.writer.submit([draft]) for draft in drafts(aiko, 2)]
        first, second = (one.exception(20) for one in waiting)
    assert isinstance(first, SekishoError) and isinstance(second, SekishoError) and first is not second
    assert first.detail == second.detail == "the disk is full" and first.retry_after == timedelta(seconds=7)


def test_a_look_at_the_intake_that_fails_leaves_nobody_unanswered(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the queue gave out is answered by its commit; so nothing that can fail comes between."""
    failing, here, go_on = threading.Event(), threading.Event(), threading.Event()
    plain, look = ForwardedEvents.waits, EventWriter._change_rules

    def fail(self: ForwardedEvents) -> tuple[bool, bool]:
        if failing.is_set():
            raise unavailable("the database is gone")
        return plain(self)

    def stand_still(self: EventWriter, *state: Any) -> None:
        look(self, *state)
        here.set()
        go_on.wait(20)

    with open_log(aiko) as log:
        log.settled()
        monkeypatch.setattr(ForwardedEvents, "waits", fail)
        monkeypatch.setattr(EventWriter, "_change_rules", stand_still)
        assert here.wait(20)  # so that all is there when it looks next
        waiting = log.writer.submit(drafts(aiko, 1))
        log.writer.wake()
        failing.set()
        go_on.set()
        with pytest.raises(SekishoError) as raised:
            waiting.result(20)
        failing.clear()
        until(lambda: log.writer.ready)
        assert log.accepted(log.event("w1"))
    assert raised.value.kind is Kind.UNAVAILABLE


def test_who_withdraws_while_the_round_begins_frees_his_place(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """He was neither sent nor settled, and the node counted his events for ever: at last it would have turned everybody away."""
    with aiko.storage.transaction() as tx:
        assert tx.leases.acquire("monitoring", "busy elsewhere", aiko.clock(), aiko.clock() + timedelta(seconds=5))
    writer = EventWriter(aiko.storage, EventRecording(lambda: aiko.deps), aiko.clock, 100, lambda: True)
    monitor = NodeMonitor(writer, aiko.storage, aiko.clock, 100)
    waiting = monitor.submit(drafts(aiko, 3))
    withdrawn = []

    class AtTheLastMoment:
        """Its own time is looked at after whether it was withdrawn: between the two it is."""

        monotonic = staticmethod(lambda: withdrawn.append(waiting.cancel()) or time.monotonic())

    monkeypatch.setattr("sekisho.adapters.engines.node_monitor.time", AtTheLastMoment)
    monitor._round()
    assert withdrawn[0] and waiting.cancelled()
    monkeypatch.undo()
    monitor._round()
    assert monitor.waiting == 0 and monitor._sent == {}
    monitor._round()
    with aiko.storage.reading() as tx:
        assert tx.forwarded.waiting_events() == 0
