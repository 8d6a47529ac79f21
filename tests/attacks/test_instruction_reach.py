"""Who reaches for an instruction that he may not answer: from outside the account's list, or without a mandate any more (R5, R7, R11)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_address

import pytest

from sekisho.domain.accounts import Role
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import hash_of
from sekisho.flows.add_account import end_mandate, grant_mandate
from sekisho.flows.checkpoint import Action
from sekisho.flows.claim_instruction import expire_instructions
from sekisho.flows.confirm_instruction import confirm_instruction, instruction_to_confirm, own_instruction, see_instructions
from sekisho.flows.dispute_instruction import dispute_instruction
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.monitoring import Accepted
from sekisho.flows.screen_instruction import NewInstruction, screen_instruction
from sekisho.flows.see_portal import see_overview
from sekisho.flows.see_presence import waiting_for
from sekisho.flows.staff_addresses import Target, change_by_staff
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.asked import MONEY, ORDER, Asked, reason
from tests.flows.house import PASSWORD, STAFF, caller
from tests.flows.monitored import KEY

OFFICE, IN_THE_OFFICE = "198.51.100.0/24 Office", "198.51.100.7"


def list_the_office(asked: Asked) -> None:
    change_by_staff(Target(account="SK-4AIKO"), OFFICE, STAFF, asked.house.deps)


def at_the_office(live: LiveSession) -> LiveSession:
    return replace(live, address=ip_address(IN_THE_OFFICE))


def is_missing(reach: object) -> bool:
    assert callable(reach)
    with pytest.raises(SekishoError) as raised:
        reach()
    return raised.value.kind is Kind.MISSING


def given(asked: Asked, kind: InstructionKind, trader: str, address: str | None = None) -> Instruction:
    """On aiko's account, in that trader's name."""
    deps, now = asked.house.deps, asked.house.clock()
    details = ORDER if kind is InstructionKind.ORDER else MONEY
    hashed = hash_of(kind, "SK-4AIKO", trader, details)
    new = NewInstruction(f"{trader}-{kind}-{address}", kind, "SK-4AIKO", trader, None, details, hashed, now, address)
    (outcome,) = screen_instruction(new, KEY, deps.monitor, deps).result(20)
    assert isinstance(outcome, Accepted) and outcome.instruction is not None
    return outcome.instruction


def test_from_outside_the_accounts_list_nobody_says_yes(asked: Asked) -> None:
    found = given(asked, InstructionKind.WITHDRAWAL, "aiko", IN_THE_OFFICE)
    list_the_office(asked)
    assert is_missing(lambda: asked.yes(found)) and asked.state(found) is InstructionState.CHALLENGED
    assert asked.house.audited("object.refused", what="account", reason="address_refused") == 1
    assert isinstance(asked.yes(found, at_the_office(asked.live)), Instruction)


def test_a_list_that_comes_between_proof_and_code_refuses_the_yes(asked: Asked) -> None:
    """Asked again in the commit."""
    found = asked.withdrawal()
    deps = asked.house.deps
    begun = asyncio.run(begin_step_up(Action.CONFIRM_INSTRUCTION, "x", Secret(PASSWORD), asked.live, caller(), deps, found.id))
    assert not isinstance(begun, Refused)
    code = Secret(asked.house.ask_code(begun.token))
    list_the_office(asked)
    assert reason(confirm_instruction(begun.token, code, asked.live, caller(), deps)) is Reason.ADDRESS_REFUSED
    assert asked.state(found) is InstructionState.CHALLENGED


def test_a_list_that_comes_between_verdict_and_claim_is_asked_at_the_claim(asked: Asked) -> None:
    """R5, R13: so is one whose origin nobody told."""
    here, elsewhere, unknown = (given(asked, InstructionKind.ORDER, "aiko", place) for place in (IN_THE_OFFICE, "203.0.113.7", None))
    list_the_office(asked)
    assert isinstance(asked.claim(here), Instruction)
    assert [reason(asked.claim(one)) for one in (elsewhere, unknown)] == [Reason.ADDRESS_REFUSED, Reason.ADDRESS_UNKNOWN]


def test_from_outside_the_list_nothing_is_told_of_it_and_the_owner_still_says_no(asked: Asked) -> None:
    """R4, R5: what a thief far away may do with the password is to stop; what the owner abroad must be able to do is the same."""
    found = asked.withdrawal()
    list_the_office(asked)
    ((shown, account),) = see_instructions(asked.live, asked.house.deps)
    assert (shown.id, account) == (found.id, None) and own_instruction(asked.live, found.id, asked.house.deps)[1] is None
    assert asked.house.audited("object.refused", what="account") == 1  # the one page; the list of all names nothing
    assert see_instructions(at_the_office(asked.live), asked.house.deps)[0][1] is not None
    assert isinstance(asked.no(found), Instruction) and asked.frozen() == {"disputed"}


def test_where_neither_session_nor_address_is_named_a_listed_account_is_refused(asked: Asked) -> None:
    """At once, so that the broker learns what to send: people could release it, and its claim would still be refused."""
    assert asked.order("o1").state is InstructionState.ALLOWED
    list_the_office(asked)
    order, money = asked.order("o2", side="sell"), asked.withdrawal()
    assert (order.state, order.reasons) == (InstructionState.REFUSED, ("address_unknown",))
    assert (money.state, money.reasons[0]) == (InstructionState.REFUSED, "address_unknown")
    named = given(asked, InstructionKind.ORDER, "aiko", IN_THE_OFFICE)
    assert isinstance(asked.claim(named), Instruction)


def test_a_former_delegate_neither_reads_nor_freezes(asked: Asked) -> None:
    """R7, R11: an account whose mandate has ended is as if it were not there, whatever bears his name on it."""
    house = asked.house
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", Role.TREASURER, "os:desk", house.deps)
    live = house.present(house.log_in(botan))
    found = given(asked, InstructionKind.WITHDRAWAL, "botan")
    assert waiting_for(live, house.deps).instructions == 1 and see_instructions(live, house.deps)
    end_mandate(mandate.id, "left the firm", "os:desk", house.deps)
    assert see_instructions(live, house.deps) == [] and waiting_for(live, house.deps).instructions == 0
    assert see_overview(live, house.deps).alerts.unanswered == []
    for reach in (own_instruction, instruction_to_confirm):
        assert is_missing(lambda reach=reach: reach(live, found.id, house.deps))
    assert is_missing(lambda: asked.no(found, live)) and asked.frozen() == frozenset()
    assert house.audited("object.refused", what="instruction") == 3


def test_a_mandate_that_ends_while_the_password_is_checked_stops_the_no(asked: Asked) -> None:
    house = asked.house
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", Role.TREASURER, "os:desk", house.deps)
    live = house.present(house.log_in(botan))
    found = given(asked, InstructionKind.WITHDRAWAL, "botan")
    house.quick.gate.clear()
    before = house.quick.verified

    async def both() -> Instruction | Refused:
        no = asyncio.create_task(dispute_instruction(found.id, Secret(PASSWORD), live, caller(), house.deps))
        while house.quick.verified == before:
            await asyncio.sleep(0.01)
        end_mandate(mandate.id, "left the firm", "os:desk", house.deps)
        house.quick.gate.set()
        return await no

    assert reason(asyncio.run(both())) is Reason.INSTRUCTION_NOT_ALLOWED and asked.frozen() == frozenset()


def test_a_lesser_mandate_says_no_and_never_yes(asked: Asked) -> None:
    house = asked.house
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", Role.TREASURER, "os:desk", house.deps)
    live = house.present(house.log_in(botan))
    found = given(asked, InstructionKind.WITHDRAWAL, "botan")
    end_mandate(mandate.id, "another task", "os:desk", house.deps)
    grant_mandate("SK-4AIKO", "botan", Role.VIEWER, "os:desk", house.deps)
    assert is_missing(lambda: instruction_to_confirm(live, found.id, house.deps))
    assert own_instruction(live, found.id, house.deps)[1] is not None
    assert isinstance(asked.no(found, live), Instruction)


def test_what_is_settled_freezes_nothing_any_more(asked: Asked) -> None:
    """A No stops what is open, or may still be on its way; not what expired, nor what was carried out weeks ago."""
    expired, executed = asked.withdrawal("w1"), asked.order("o1")
    assert isinstance(asked.claim(executed), Instruction)
    asked.house.clock.advance(hours=1)
    expire_instructions(asked.house.deps)
    asked.live = asked.house.present(asked.house.log_in(asked.aiko, caller(client_token=asked.client)))
    assert reason(asked.no(expired)) is Reason.INSTRUCTION_NOT_ALLOWED and asked.frozen() == frozenset()
    asked.house.clock.advance(days=15)
    later = asked.house.present(asked.house.log_in(asked.aiko))
    assert reason(asked.no(executed, later)) is Reason.INSTRUCTION_NOT_ALLOWED and asked.frozen() == frozenset()
