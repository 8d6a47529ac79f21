"""R8, J18: settled instructions go after `monitoring.keep_instructions`; open ones stay, and a repeat is never judged as new."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.flows.claim_instruction import claim_instruction, expire_instructions
from sekisho.flows.ports.monitoring import Problem
from sekisho.flows.purge_events import purge_old_events
from sekisho.flows.purge_instructions import purge_old_instructions
from sekisho.flows.screen_instruction import screen_instruction
from sekisho.kernel.events import EventKind
from tests.flows.house import House
from tests.flows.monitored import KEY, open_log
from tests.flows.test_purge_events import often

ORDER = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 250_000, "liquidity": "liquid"}
CASH = {"amount": 300_000, "currency": "JPY", "payee": "bank:1"}
YEARS = timedelta(days=7 * 365)


@pytest.fixture
def aiko(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    often(monkeypatch)
    house.enrol("aiko")
    house.with_policies(monitoring=MonitoringPolicy(keep_events=timedelta(days=90), keep_instructions=YEARS))
    return house


def old_instructions(house: House) -> dict[str, str]:
    """One executed, one that nobody closed, one of today; ids by reference. The events of the first two are gone."""
    done = asked(house, "done", InstructionKind.ORDER, **ORDER)
    open_ = asked(house, "open", InstructionKind.WITHDRAWAL, **CASH)
    claim_instruction(done.id, done.hash, KEY, house.deps)
    house.clock.advance(days=YEARS.days + 1)
    new = asked(house, "new", InstructionKind.ORDER, **ORDER)
    purge_old_events(house.deps)
    return {"done": done.id, "open": open_.id, "new": new.id}


def asked(house: House, reference: str, kind: InstructionKind, **details: str | int) -> Instruction:
    with open_log(house) as log:
        found = log.ask(reference, kind, **details).instruction
        log.settled()
    assert found is not None
    return found


def kept(house: House, ids: dict[str, str]) -> set[str]:
    with house.storage.reading() as tx:
        return {name for name, id_ in ids.items() if tx.instructions.get(id_) is not None}


def test_settled_ones_go_and_open_ones_never(aiko: House) -> None:
    ids = old_instructions(aiko)
    assert purge_old_instructions(aiko.deps, step=1) and not purge_old_instructions(aiko.deps, step=1)
    assert kept(aiko, ids) == {"open", "new"}
    assert aiko.audited(EventKind.INSTRUCTIONS_PURGED, instructions=1) == 1
    expire_instructions(aiko.deps)
    assert not purge_old_instructions(aiko.deps) and kept(aiko, ids) == {"new"}


def test_one_goes_no_sooner_than_its_event(aiko: House) -> None:
    """Else a repeat would find the event and no instruction."""
    found = asked(aiko, "done", InstructionKind.ORDER, **ORDER)
    claim_instruction(found.id, found.hash, KEY, aiko.deps)
    aiko.clock.advance(days=YEARS.days + 1)
    purge_old_instructions(aiko.deps)
    with open_log(aiko) as log:
        again = log.ask("done", InstructionKind.ORDER, **ORDER)
    assert again.again and again.instruction is not None and again.instruction.id == found.id


def test_asked_again_after_its_event_has_gone_it_is_answered_as_it_stands(aiko: House) -> None:
    ids = old_instructions(aiko)
    with open_log(aiko) as log:
        again = log.ask("done", InstructionKind.ORDER, **ORDER)
        assert again.again and again.instruction is not None
        assert (again.instruction.id, again.instruction.state) == (ids["done"], InstructionState.EXECUTING)
        other = log.instruction("done", InstructionKind.ORDER, **(ORDER | {"quantity": 999}))
        (outcome,) = screen_instruction(other, KEY, aiko.deps.monitor, aiko.deps).result(20)
    assert isinstance(outcome, Problem) and outcome.conflict


def test_asked_again_from_another_session_it_is_another_instruction(aiko: House) -> None:
    """R14: whether the log still knows its event, or has forgotten it."""
    order = asked(aiko, "done", InstructionKind.ORDER, **ORDER)
    aiko.clock.advance(seconds=1)
    conflicts = [repeat_is_a_conflict(aiko, address="192.0.2.1"), repeat_is_a_conflict(aiko, session="ses_1")]
    claim_instruction(order.id, order.hash, KEY, aiko.deps)
    aiko.clock.advance(days=91)
    asked(aiko, "new", InstructionKind.ORDER, **ORDER)
    purge_old_events(aiko.deps)
    assert [*conflicts, repeat_is_a_conflict(aiko, session="ses_1")] == [True] * 3


def repeat_is_a_conflict(house: House, **origin: str) -> bool:
    with open_log(house) as log:
        other = replace(log.instruction("done", InstructionKind.ORDER, **ORDER), **origin)
        (outcome,) = screen_instruction(other, KEY, house.deps.monitor, house.deps).result(20)
    return isinstance(outcome, Problem) and outcome.conflict
