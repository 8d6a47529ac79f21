"""For tests of monitoring: the writer of the log on real storage, with real rules, and events as brokers send them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.engines.writer import EventWriter
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.instructions.instruction import InstructionKind, hash_of
from sekisho.domain.monitoring.rule_set import RuleSet
from sekisho.flows.ports.monitoring import Accepted, LoggedEvent, Outcome
from sekisho.flows.screen_instruction import NewInstruction, screen_instruction
from sekisho.flows.take_events import KnownNames, Taken, take_events
from tests.flows.house import House

__all__ = ["RULES", "Log", "at", "judge_of", "open_log", "publish", "until"]

RULES = """
feature withdrawn_1d = sum(amount_jpy) of withdrawal.requested by account over 24h
feature buys_1h = count of order.placed where side == "buy" by account over 1h

rule much_withdrawn
    on      withdrawal.requested
    when    withdrawn_1d >= 1000000
    then    hold
    reason  much_withdrawn
    queue   cash
    en      "{withdrawn_1d:yen} was withdrawn within a day."
    ja      "1日のうちに{withdrawn_1d:yen}が出金されました。"

rule many_buys
    on      order.placed
    when    buys_1h >= 3
    then    challenge
    reason  many_buys
    queue   orders
    en      "{buys_1h} purchases within an hour."
    ja      "1時間に{buys_1h}回の買い付けがありました。"

rule thin_buy
    on      order.placed
    when    side == "buy" and liquidity == "thin"
    then    refuse
    reason  thin_buy
    queue   orders
    en      "A thin stock is bought."
    ja      "流動性の低い銘柄の買い付けです。"
"""
KEY = "brk_1"


class Log:
    """A house whose monitor is a running writer."""

    def __init__(self, house: House, writer: EventWriter) -> None:
        self.house = house
        self.writer = writer
        self.names = KnownNames()

    def send(self, *events: dict[str, Any], source: str = KEY) -> Taken:
        return take_events(list(events), source, self.names, self.house.deps)

    def outcomes(self, *events: dict[str, Any], source: str = KEY) -> list[Outcome]:
        taken = self.send(*events, source=source)
        assert not taken.problems and taken.waiting is not None, taken.problems
        return taken.waiting.result(20)

    def accepted(self, *events: dict[str, Any]) -> list[Accepted]:
        found = self.outcomes(*events)
        assert all(isinstance(one, Accepted) for one in found), found
        return [one for one in found if isinstance(one, Accepted)]

    def event(self, id_: str, kind: str = "withdrawal.requested", ago: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
        given = {"amount": 1000, "currency": "JPY", "payee": "bank:1"} if kind == "withdrawal.requested" else {}
        at = self.house.clock() - ago
        return {"id": id_, "kind": kind, "time": at.isoformat(), "account": "SK-4AIKO", **given, **more}

    def order(self, id_: str, **more: Any) -> dict[str, Any]:
        given = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 250000, "liquidity": "liquid"}
        return self.event(id_, "order.placed", **{**given, **more})

    def ask(self, reference: str, kind: InstructionKind, session: str | None = None, **details: str | int) -> Accepted:
        new = self.instruction(reference, kind, session, **details)
        (outcome,) = screen_instruction(new, KEY, self.house.deps.monitor, self.house.deps).result(20)
        assert isinstance(outcome, Accepted) and outcome.instruction is not None, outcome
        return outcome

    def instruction(self, reference: str, kind: InstructionKind, session: str | None = None, **details: str | int) -> NewInstruction:
        hashed = hash_of(kind, "SK-4AIKO", "aiko", details)
        return NewInstruction(reference, kind, "SK-4AIKO", "aiko", session, details, hashed, self.house.clock())

    def rows(self) -> list[LoggedEvent]:
        with self.house.storage.reading() as tx:
            return tx.events.read(0, 1_000_000)

    def settled(self) -> list[LoggedEvent]:
        """All rows once the intake is empty."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with self.house.storage.reading() as tx:
                if not tx.events.intake(1):
                    return self.rows()
            time.sleep(0.02)
        raise AssertionError("own events wait for too long")


def publish(house: House, text: str, state: str = "live") -> int:
    """As if it had been approved."""
    row = RuleSet(0, state, text, "f", house.clock(), "os:ana", "test")
    with house.storage.transaction() as tx:
        return tx.rule_sets.add(row)


@contextmanager
def open_log(
    house: House, rules: str | None = RULES, largest: int = 20_000, clock: Any = None, recording: type[EventRecording] = EventRecording
) -> Iterator[Log]:
    """rules: None for those that are there. clock: of the leases; the house's own stands still unless a test moves it."""
    if rules is not None:
        publish(house, rules)
    writer = EventWriter(house.storage, recording(lambda: house.deps), clock or house.clock, largest, lambda: True)
    monitor = NodeMonitor(writer, house.storage, clock or house.clock, largest)
    before, house.log.writer = house.log.writer, monitor
    monitor.start()
    try:
        until = time.monotonic() + 20
        while not writer.ready:
            assert time.monotonic() < until, "the log does not open"
            time.sleep(0.01)
        yield Log(house, writer)
    finally:
        monitor.stop()
        house.log.writer = before


def until(done: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.01)


def judge_of(log: Log) -> RuleJudge:
    assert isinstance(log.writer.judge, RuleJudge)
    return log.writer.judge


def at(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
