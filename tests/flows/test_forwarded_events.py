"""R13, R14, DESIGN §4: what a node is sent that does not own the event log is judged by the owner, once, or nobody has been told so."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from sekisho.adapters.engines import node_monitor
from sekisho.adapters.engines.forwarded import ForwardedBatch
from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.engines.writer import EventWriter
from sekisho.adapters.storage.event_log import EventLog
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.instructions import InstructionKind
from sekisho.domain.instructions.instruction import InstructionState
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.forwarding import Forwarded
from sekisho.flows.ports.monitoring import Accepted, Problem
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.fittings import CountedStorage, open_sealed_storage
from tests.flows.house import House
from tests.flows.monitored import Log, open_log

WITHDRAWAL = {"amount": 1_000_000, "currency": "JPY", "amount_jpy": 1_000_000, "payee": "bank:1"}


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


@pytest.fixture
def second(aiko: House, storage_url: str) -> Iterator[Callable[..., Any]]:
    """Opens a node with a connection of its own to the same database."""

    @contextmanager
    def opened(largest: int = 20_000) -> Iterator[Log]:
        storage = open_sealed_storage(storage_url, aiko.keyring)
        node = copy.copy(aiko)
        node.storage = CountedStorage(storage)
        writer = EventWriter(node.storage, EventRecording(lambda: node.deps), node.clock, largest, lambda: True)
        monitor = NodeMonitor(writer, node.storage, node.clock, largest)
        node.deps = replace(aiko.deps, storage=node.storage, monitor=monitor)
        monitor.start()
        try:
            yield Log(node, writer)
        finally:
            monitor.stop()
            storage.close()

    return opened


@contextmanager
def owner_beside(second: Callable[..., Any], house: House, **options: Any) -> Iterator[tuple[Log, Log]]:
    """The owner, and another node; the lease of a clock that stands still is never over."""
    with open_log(house, **options) as owner, second() as other:
        assert owner.writer.ready and not other.writer.ready
        yield owner, other


def rows_left(house: House) -> int:
    with house.storage.reading() as tx:
        return tx.forwarded.waiting_events()


def test_another_node_answers_with_the_owners_verdict(aiko: House, second: Callable[..., Any]) -> None:
    with owner_beside(second, aiko) as (owner, other):
        (here,) = owner.accepted(owner.event("w1", amount=600_000))
        there = other.accepted(other.event("w2", amount=400_000), other.order("o1", liquidity="thin"))
        problems = other.outcomes(other.event("far", ago=timedelta(seconds=-60)))
        rows = owner.settled()
    assert [one.verdict for one in (here, *there)] == [Verdict.ALLOW, Verdict.HOLD, Verdict.REFUSE]
    assert "much_withdrawn" in there[0].reasons and isinstance(problems[0], Problem)
    assert [row.event.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert {one.event.sequence for one in there} <= {row.event.sequence for row in rows}


def test_an_instruction_is_held_from_another_node_too(aiko: House, second: Callable[..., Any]) -> None:
    with owner_beside(second, aiko) as (owner, other):
        asked = other.ask("i1", InstructionKind.WITHDRAWAL, **WITHDRAWAL)
        again = owner.ask("i1", InstructionKind.WITHDRAWAL, **WITHDRAWAL)
    assert asked.instruction is not None and asked.instruction.state is InstructionState.HELD
    assert again.again and again.instruction == asked.instruction
    with aiko.storage.reading() as tx:
        assert tx.instructions.get(asked.instruction.id) == asked.instruction


def test_the_same_event_by_two_nodes_is_one(aiko: House, second: Callable[..., Any]) -> None:
    with owner_beside(second, aiko) as (owner, other):
        event = owner.event("w1", amount=1_000_000)
        (first,), (again,) = other.accepted(event), owner.accepted(event)
        (conflict,) = other.outcomes({**event, "amount": 5})
    assert not first.again and again.again and again.event.sequence == first.event.sequence and again.verdict is Verdict.HOLD
    assert isinstance(conflict, Problem) and conflict.conflict


def test_many_senders_at_both_nodes_get_one_order(aiko: House, second: Callable[..., Any]) -> None:
    with owner_beside(second, aiko) as (owner, other):
        waiting = [
            taken.waiting
            for number in range(30)
            for log in (owner, other)
            if (taken := log.send(log.event(f"w{number}", amount=1), log.event(f"{id(log)}-{number}", amount=1))).waiting
        ]
        outcomes = [one for each in waiting for one in each.result(20)]
        rows = owner.settled()
        _wait(lambda: _rows(aiko) == 0)  # those that were answered do not stay
    assert len(outcomes) == 120 and all(isinstance(one, Accepted) for one in outcomes)
    assert sum(not one.again for one in outcomes if isinstance(one, Accepted)) == 90
    assert [row.event.sequence for row in rows] == list(range(1, len(rows) + 1))


def _rows(house: House) -> int:
    """Answered or not. By the table: a node's own lists are empty already while it clears away."""
    with house.storage.reading() as tx:
        return int(tx.forwarded._line.value(text("SELECT count(*) FROM forwarded_events")))


def test_while_nobody_owns_the_log_nothing_is_allowed(aiko: House, second: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with Retry-After, once its time is over; the same event later is taken once."""
    monkeypatch.setattr(node_monitor, "_PATIENCE", 0.3)
    with aiko.storage.transaction() as tx:
        held = tx.leases.acquire("monitoring", "a node that died", aiko.clock(), aiko.clock() + timedelta(seconds=5))
    assert held is not None
    with second() as other:
        event = other.event("w1", amount=1_000_000)
        taken = other.send(event)
        assert taken.waiting is not None
        with pytest.raises(SekishoError) as raised:
            taken.waiting.result(20)
        assert raised.value.kind is Kind.UNAVAILABLE and raised.value.retry_after
        _wait(lambda: rows_left(aiko) == 0)
        assert other.rows() == []
        with aiko.storage.transaction() as tx:
            tx.leases.release(held)
        monkeypatch.setattr(node_monitor, "_PATIENCE", 20.0)
        (accepted,) = other.accepted(event)
        assert not accepted.again and len([row for row in other.settled() if row.event.kind == event["kind"]]) == 1


def test_who_waits_while_the_log_moves_is_answered_by_the_next_owner(aiko: House, second: Callable[..., Any]) -> None:
    with aiko.storage.transaction() as tx:
        held = tx.leases.acquire("monitoring", "a node that died", aiko.clock(), aiko.clock() + timedelta(seconds=5))
    assert held is not None
    with second() as first, second() as other:
        waiting = [log.send(log.event(id_)).waiting for log, id_ in ((first, "w1"), (other, "w2"))]
        _wait(lambda: rows_left(aiko) == 2)
        with aiko.storage.transaction() as tx:
            tx.leases.release(held)
        outcomes = [one.result(20)[0] for one in waiting if one is not None]
        assert first.writer.ready is not other.writer.ready
    assert len(outcomes) == 2 and all(isinstance(one, Accepted) and not one.again for one in outcomes)


def test_who_is_told_503_and_asks_again_is_not_counted_twice(
    aiko: House, second: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner commits what the other node has given up."""
    reached, go = threading.Event(), threading.Event()
    plain = EventLog.append

    def slow(self: EventLog, rows: Any) -> None:
        if any(row.event.id.endswith(":w1") for row in rows):
            reached.set()
            go.wait(20)
        plain(self, rows)

    with owner_beside(second, aiko) as (owner, other):
        monkeypatch.setattr(EventLog, "append", slow)
        given_up = other.send(other.event("w1")).waiting
        assert given_up is not None and reached.wait(20)
        assert given_up.cancel()
        go.set()
        (again,) = other.accepted(other.event("w1"))
        assert len([row for row in owner.settled() if row.event.id.endswith(":w1")]) == 1
    assert again.again


@pytest.mark.parametrize("moment", ["before the answer", "before the commit", "behind the commit"])
def test_an_owner_that_dies_leaves_event_and_answer_or_neither(
    aiko: House, second: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """What it had not committed the next one takes; the state that it had moved is gone with it."""
    died: list[int] = []
    plain, recorded = ForwardedBatch.answer, EventRecording.after

    def die(now: str) -> None:
        if now == moment and not died:
            died.append(1)
            raise RuntimeError("killed")

    def answer(self: ForwardedBatch, outcomes: Any, tx: Any) -> None:
        die("before the answer")
        plain(self, outcomes, tx)
        die("before the commit")

    def after(self: EventRecording, *told: Any) -> None:
        die("behind the commit")
        recorded(self, *told)

    with owner_beside(second, aiko) as (owner, other):
        owner.settled()
        monkeypatch.setattr(ForwardedBatch, "turn_away", lambda self, storage: None)  # the dead do nothing
        monkeypatch.setattr(ForwardedBatch, "answer", answer)
        monkeypatch.setattr(EventRecording, "after", after)
        (first,) = other.accepted(other.event("w1", amount=999_999))
        (more,) = other.accepted(other.event("w2", amount=1))
        assert len([row for row in owner.settled() if row.event.id.endswith(":w1")]) == 1
    assert died and not first.again and first.verdict is Verdict.ALLOW and more.verdict is Verdict.HOLD


def test_what_cannot_be_written_is_answered_503_and_tried_once(
    aiko: House, second: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    plain = EventLog.append

    def fail(self: EventLog, rows: Any) -> None:
        if any(row.event.id.endswith(":bad") for row in rows):
            tries.append(1)
            raise ValueError("cannot be written")
        plain(self, rows)

    with owner_beside(second, aiko) as (_, other):
        monkeypatch.setattr(EventLog, "append", fail)
        taken = other.send(other.event("bad"))
        assert taken.waiting is not None
        with pytest.raises(SekishoError) as raised:
            taken.waiting.result(20)
        assert other.accepted(other.event("good"))
    assert raised.value.kind is Kind.UNAVAILABLE and tries == [1]


def test_too_much_is_turned_away_with_429(aiko: House, second: Callable[..., Any]) -> None:
    """At this node at once; on their way from all nodes once they are looked at."""
    with aiko.storage.transaction() as tx:
        assert tx.leases.acquire("monitoring", "busy elsewhere", aiko.clock(), aiko.clock() + timedelta(seconds=5))
    with second(largest=5) as first, second(largest=5) as other:
        with pytest.raises(SekishoError) as raised:
            first.send(*(first.event(f"w{number}") for number in range(6)))
        assert raised.value.kind is Kind.BUSY
        assert first.send(*(first.event(f"a{number}") for number in range(4))).waiting
        _wait(lambda: rows_left(aiko) == 4)
        taken = other.send(other.event("b1"), other.event("b2"))
        assert taken.waiting is not None
        with pytest.raises(SekishoError) as later:
            taken.waiting.result(20)
        assert later.value.kind is Kind.BUSY and later.value.retry_after


def test_what_cannot_be_read_keeps_nobody_else_waiting(aiko: House, second: Callable[..., Any]) -> None:
    """Of a node of another version; and what has lain there since its node died."""
    now = aiko.clock()
    with owner_beside(second, aiko) as (_, other):
        with aiko.storage.transaction() as tx:
            tx.forwarded.add([Forwarded("fwd_0", now, 1, b"\xc1"), Forwarded("fwd_1", now - timedelta(seconds=11), 1, b"\xc1")])
        assert other.accepted(other.event("w1"))
        with aiko.storage.reading() as tx:
            assert tx.forwarded.answers(["fwd_0", "fwd_1"]) == {"fwd_0": b""}


def test_a_node_asks_nothing_while_nothing_waits(aiko: House, second: Callable[..., Any]) -> None:
    with owner_beside(second, aiko) as (_, other):
        other.accepted(other.event("w1"))
        _wait(lambda: _rows(aiko) == 0)
        before = other.house.storage.readings
        time.sleep(0.3)
        assert other.house.storage.readings == before


def _wait(done: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until, "it does not come about"
        time.sleep(0.01)
