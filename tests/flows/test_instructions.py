"""P7, R4, R11, R13: the customer is asked; Yes by a proof made for it, No with one factor; freeze wins over everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.flows import screen_instruction as screen_instruction_flow
from sekisho.flows.claim_instruction import expire_instructions
from sekisho.flows.confirm_instruction import own_instruction, see_instructions
from sekisho.flows.freeze_account import freeze_account, unfreeze_account
from sekisho.kernel.decision import Reason
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.asked import Asked, reason
from tests.flows.house import STAFF, caller
from tests.flows.monitored import until


def test_yes_by_a_proof_made_for_it_lets_the_broker_claim_it_once(asked: Asked) -> None:
    found = asked.withdrawal()
    assert found.state is InstructionState.CHALLENGED
    assert reason(asked.claim(found)) is Reason.INSTRUCTION_NOT_ALLOWED
    message = {one.kind: one for one in asked.house.messages()}["instruction_asked"]
    assert "Account of aiko" in message.body.reveal()
    assert isinstance(asked.yes(found), Instruction)
    code = [one for one in asked.house.messages() if one.kind == "code.step_up"][-1]
    assert "withdraw ¥300,000 from Account of aiko to Aiko Mori (ending in ank1)" in code.body.reveal()  # J08: in words, in the message
    assert isinstance(asked.claim(found), Instruction)
    assert reason(asked.claim(found)) is Reason.INSTRUCTION_NOT_ALLOWED
    assert asked.house.audited("instruction.confirmed") == 1 and asked.house.audited("instruction.claimed") == 1


def test_a_new_bank_account_asks_the_customer(asked: Asked) -> None:
    """J03."""
    found = asked.log.ask("b1", InstructionKind.BANK_CHANGE, payee="bank:2", payee_name="Aiko Mori").instruction
    assert found is not None and found.state is InstructionState.CHALLENGED and found.reasons == ("step_up_needed",)
    assert isinstance(asked.yes(found), Instruction) and isinstance(asked.claim(found), Instruction)


def test_of_ten_claims_at_once_one_executes(asked: Asked) -> None:
    found = asked.order()
    outcomes = asked.house.in_threads(lambda: asked.claim(found), 10)
    assert sum(isinstance(one, Instruction) for one in outcomes) == 1


def test_a_yes_never_releases_what_is_held(asked: Asked) -> None:
    """R4: it passes to people."""
    found = asked.withdrawal(amount=2_000_000)
    assert found.state is InstructionState.HELD
    assert reason(asked.yes(found)) is Reason.INSTRUCTION_NOT_ALLOWED
    assert asked.state(found) is InstructionState.HELD and asked.house.kinds()["instruction_held"]


def disputed_but_logins(asked: Asked) -> list[str]:
    """What became of logins behind a No is told in `attacks/test_habit_thief.py`."""
    rows = asked.log.settled()
    logins = {row.event.id for row in rows if row.event.kind == "login.completed"}
    told = [str(row.event.extra["disputed"]) for row in rows if row.event.kind == "event.disputed" and row.event.extra]
    return [one for one in told if one not in logins]


def test_a_no_takes_one_factor_and_freezes(asked: Asked) -> None:
    found, other = asked.withdrawal(), asked.order()
    assert reason(asked.no(found, password="not the password")) is Reason.WRONG_PASSWORD
    assert isinstance(asked.no(found), Instruction)
    assert asked.frozen() == {"disputed"}
    assert (asked.state(found), asked.state(other)) == (InstructionState.DISPUTED, InstructionState.CANCELLED)
    assert reason(asked.claim(other)) is Reason.ACCOUNT_FROZEN and reason(asked.yes(found)) is not None
    assert asked.order("o2").state is InstructionState.REFUSED
    assert disputed_but_logins(asked) == [found.event]
    assert asked.house.kinds()["account_frozen"]


def test_a_no_after_the_execution_asks_the_broker_to_cancel(asked: Asked) -> None:
    told: list[tuple[str, object]] = []
    asked.house.deps = replace(asked.house.deps, webhooks=lambda kind, payload, now, tx: told.append((kind, payload.get("instruction"))))
    found = asked.order()
    asked.claim(found)
    assert isinstance(asked.no(found), Instruction)
    assert asked.state(found) is InstructionState.DISPUTED
    assert told[0] == ("instruction.cancel", found.id)


def test_a_no_wins_over_the_yes_before_it(asked: Asked) -> None:
    """R13."""
    found = asked.withdrawal()
    assert isinstance(asked.yes(found), Instruction) and asked.state(found) is InstructionState.ALLOWED
    assert isinstance(asked.no(found), Instruction) and asked.state(found) is InstructionState.DISPUTED
    assert reason(asked.claim(found)) is Reason.ACCOUNT_FROZEN and reason(asked.yes(found)) is not None


def test_a_no_takes_the_execution_out_of_the_habits_too(asked: Asked) -> None:
    """R14: what was disputed never makes a payee known, and the broker tells of the execution by an event of its own."""
    before = asked.log.accepted(asked.log.event("x0", "withdrawal.executed", amount=300_000, currency="JPY", payee="bank:1"))
    found = asked.withdrawal()
    asked.yes(found)
    asked.claim(found)
    executed = [asked.log.event(f"x{n}", "withdrawal.executed", amount=300_000, currency="JPY", payee=f"bank:{n}") for n in (1, 2)]
    mine, other = asked.log.accepted(*executed)
    assert isinstance(asked.no(found), Instruction)
    disputed = disputed_but_logins(asked)
    assert sorted(disputed) == sorted([found.event, mine.event.id]) and not {before[0].event.id, other.event.id} & set(disputed)


def test_an_execution_that_is_told_behind_the_no_makes_no_habit_either(asked: Asked) -> None:
    """R14: the broker's systems tell of what was carried out when they get round to it."""
    found = asked.withdrawal()
    asked.yes(found)
    asked.claim(found)
    assert isinstance(asked.no(found), Instruction)
    executed = [asked.log.event(f"x{n}", "withdrawal.executed", amount=300_000, currency="JPY", payee=f"bank:{n}") for n in (1, 2)]
    mine, other = asked.log.accepted(*executed)
    asked.log.accepted(executed[0])  # again: told once
    disputed = [row.event.extra["disputed"] for row in asked.log.settled() if row.event.kind == "event.disputed" and row.event.extra]
    assert disputed.count(mine.event.id) == 1 and other.event.id not in disputed


def holds_the_log(asked: Asked) -> bool:
    """Again: its lease runs by the clock that a test moves."""
    with asked.house.storage.reading() as tx:
        return tx.leases.held("monitoring", asked.house.clock()) and asked.log.writer.ready


@pytest.mark.parametrize(
    ("no_first", "days", "disputed"),
    [
        (True, 0, True),
        (True, 13, True),
        (True, 15, False),
        (False, 0, True),
        (False, 13, True),  # and a No of the fifteenth day is refused
    ],
)
def test_a_payment_of_weeks_later_is_another_one(asked: Asked, no_first: bool, days: int, disputed: bool) -> None:
    """Whether it is told before the No or behind it."""
    found = asked.withdrawal()
    asked.yes(found)
    asked.claim(found)

    def no() -> None:
        live = asked.house.present(asked.house.log_in(asked.aiko, caller(client_token=asked.client)))
        assert isinstance(asked.no(found, live), Instruction)

    if no_first:
        no()
    asked.house.clock.advance(days=days)
    until(lambda: holds_the_log(asked))
    (paid,) = asked.log.accepted(asked.log.event("x1", "withdrawal.executed", amount=300_000, currency="JPY", payee="bank:1"))
    if not no_first:
        no()
    rows = [row.event.extra for row in asked.log.settled() if row.event.kind == "event.disputed"]
    assert ({"disputed": paid.event.id} in rows) is disputed and {"disputed": found.event} in rows


def test_a_no_is_open_to_a_new_device_and_a_yes_is_not(asked: Asked) -> None:
    """R4: a quarantined session confirms nothing, whatever the proof; a No needs one factor."""
    found = asked.withdrawal()
    stranger = asked.house.present(asked.house.log_in(asked.aiko))
    assert reason(asked.yes(found, stranger)) is Reason.QUARANTINED
    assert isinstance(asked.no(found, stranger), Instruction)


def test_the_proof_for_one_instruction_confirms_no_other(asked: Asked) -> None:
    """J08: what was approved is bound to the proof."""
    small, large = asked.withdrawal("w1", amount=1_000), asked.withdrawal("w2", amount=900_000)
    assert isinstance(asked.yes(small), Instruction)
    assert asked.state(large) is InstructionState.CHALLENGED and reason(asked.claim(large)) is not None


def test_another_traders_instruction_is_not_there(asked: Asked) -> None:
    """R7."""
    found = asked.withdrawal()
    botan = asked.house.enrol("botan")
    live = asked.house.present(asked.house.log_in(botan))
    for act in (lambda: own_instruction(live, found.id, asked.house.deps), lambda: asked.no(found, live)):
        with pytest.raises(SekishoError) as raised:
            act()
        assert raised.value.kind is Kind.MISSING
    assert see_instructions(live, asked.house.deps) == [] and asked.frozen() == frozenset()


def test_time_runs_out(asked: Asked) -> None:
    order, money = asked.order(), asked.withdrawal()
    asked.house.clock.advance(seconds=30)
    assert reason(asked.claim(order)) is Reason.INSTRUCTION_EXPIRED
    asked.house.clock.advance(minutes=15)
    asked.live = asked.house.present(asked.house.log_in(asked.aiko, caller(client_token=asked.client)))
    assert reason(asked.yes(money)) is Reason.INSTRUCTION_EXPIRED
    assert expire_instructions(asked.house.deps, limit=2)
    assert asked.state(order) is asked.state(money) is InstructionState.EXPIRED
    assert not expire_instructions(asked.house.deps, limit=2)


def test_freezes_add_up_and_are_lifted_one_by_one(asked: Asked) -> None:
    """R11: lifting one leaves the others; J20: with a new identity check."""
    deps = asked.house.deps
    for why in ("desk", "reported"):
        freeze_account("sk-4aiko", why, "a call", "os:ana", deps)
    assert unfreeze_account("SK-4AIKO", "desk", STAFF, deps).frozen == {"reported"}
    with pytest.raises(SekishoError):
        unfreeze_account("SK-4AIKO", "desk", STAFF, deps)
    assert unfreeze_account("SK-4AIKO", "reported", STAFF, deps).frozen == frozenset()
    assert asked.house.audited("account.unfrozen", identity_check=STAFF.identity_check) == 2
    assert asked.order().state is InstructionState.ALLOWED


def test_a_freeze_tells_the_broker_what_it_has_cancelled(asked: Asked) -> None:
    """R13: `account.frozen` lists what was open."""
    told: list[Any] = []
    deps = replace(asked.house.deps, webhooks=lambda kind, payload, now, tx: told.append((kind, payload["instructions"])))
    found = [asked.order(f"o{number}").id for number in range(3)]
    freeze_account("SK-4AIKO", "desk", "x", "os:ana", deps)
    assert [(kind, sorted(ids)) for kind, ids in told] == [("account.frozen", sorted(found))]


def test_claims_and_a_freeze_at_the_same_moment_agree(asked: Asked) -> None:
    """R13: a claim comes before the freeze or not at all; nothing allowed is left behind."""
    found = [asked.order(f"o{number}") for number in range(6)]
    jobs = [lambda one=one: asked.claim(one) for one in found]
    jobs.insert(3, lambda: freeze_account("SK-4AIKO", "desk", "x", "os:ana", asked.house.deps))
    turn = iter(jobs)
    asked.house.in_threads(lambda: next(turn)(), len(jobs))
    states = {asked.state(one) for one in found}
    assert states <= {InstructionState.EXECUTING, InstructionState.CANCELLED}
    assert asked.frozen() == {"desk"}


def test_what_is_judged_while_the_account_is_frozen_is_refused(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """R13: the gate was open when it was asked; the freeze came before the answer, which must not be a yes that outlives it."""
    gate = screen_instruction_flow._gate

    def frozen_just_behind(*given: Any) -> Any:
        told = gate(*given)
        freezing.append(freeze_account("SK-4AIKO", "desk", "x", "os:ana", asked.house.deps))
        return told

    freezing: list[Any] = []
    monkeypatch.setattr(screen_instruction_flow, "_gate", frozen_just_behind)
    order = asked.order("o-late")
    assert freezing and (order.state, order.verdict, order.reasons[0]) == (InstructionState.REFUSED, "refuse", "account_frozen")
    monkeypatch.undo()
    unfreeze_account("SK-4AIKO", "desk", STAFF, asked.house.deps)
    assert reason(asked.claim(order)) is Reason.INSTRUCTION_NOT_ALLOWED
