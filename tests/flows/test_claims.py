"""R4, R13: between verdict and claim the session may turn out to be somebody else's; the claim and the Yes ask it again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.claim_instruction import cancel_instruction, expire_instructions
from sekisho.flows.freeze_account import freeze_account
from sekisho.kernel.decision import Reason
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.asked import Asked, reason
from tests.flows.monitored import KEY

FOREIGN = {
    EndReason.SUSPICIOUS,
    EndReason.STEP_UP_FAILED,
    EndReason.SUSPENDED,
    EndReason.ENDED_BY_TRADER,
    EndReason.ENDED_BY_STAFF,
    EndReason.PASSWORD_CHANGED,
    EndReason.RESET,
    EndReason.RESTORED,
}


def altered(asked: Asked, change: Callable[[Session], Session]) -> None:
    """The session of the customer, as another flow leaves it."""
    with asked.house.storage.transaction() as tx:
        session = tx.sessions.lock(asked.live.session.id)
        assert session is not None
        tx.sessions.save(change(session))


@pytest.mark.parametrize("why", list(EndReason))
def test_what_was_allowed_in_a_session_that_was_somebody_elses_is_not_claimed(asked: Asked, why: EndReason) -> None:
    """P7: the order was allowed while its login was not judged yet. An ordinary end of the session takes nothing back."""
    order = asked.order(session=asked.live.session.id)
    assert order.state is InstructionState.ALLOWED
    altered(asked, lambda session: session.end(why, asked.house.clock()))
    outcome = asked.claim(order)
    assert reason(outcome) is (Reason.SESSION_ENDED if why in FOREIGN else None)
    assert asked.house.audited("instruction.claim_refused", reason="session_ended") == (why in FOREIGN)


def test_an_order_of_a_session_that_went_idle_is_claimed(asked: Asked) -> None:
    order = asked.order(session=asked.live.session.id)
    altered(asked, lambda session: replace(session, last_input=session.last_input - timedelta(hours=2)))
    assert isinstance(asked.claim(order), Instruction)


def test_what_came_from_a_session_that_was_somebody_elses_takes_no_yes(asked: Asked) -> None:
    """Else the broker would be told of a Yes that he cannot claim."""
    found = asked.withdrawal(session=asked.live.session.id)
    asked.house.clock.advance(seconds=1)
    asked.live, thief = asked.again(), asked.live
    with asked.house.storage.transaction() as tx:
        tx.sessions.save(thief.session.end(EndReason.SUSPICIOUS, asked.house.clock()))
    assert reason(asked.yes(found)) is Reason.SESSION_ENDED
    assert asked.state(found) is InstructionState.CHALLENGED


def test_a_quarantine_behind_the_verdict_stops_money_and_no_order(asked: Asked) -> None:
    """R4: nothing leaves the account from a quarantined session, whatever the step-up; it is what screening says, too."""
    money, order = asked.withdrawal(session=asked.live.session.id), asked.order(session=asked.live.session.id)
    late = asked.withdrawal("w2", session=asked.live.session.id)
    assert isinstance(asked.yes(money), Instruction)
    altered(asked, lambda session: replace(session, quarantined_until=asked.house.clock() + timedelta(hours=24)))
    assert reason(asked.claim(money)) is Reason.QUARANTINED
    assert isinstance(asked.claim(order), Instruction)
    asked.live = asked.again()
    assert reason(asked.yes(late)) is Reason.QUARANTINED
    screened = asked.withdrawal("w3", session=money.session or "")
    assert (screened.state, screened.reasons[0]) == (InstructionState.REFUSED, "quarantined")
    assert asked.order("o2", session=money.session or "").state is InstructionState.ALLOWED


def test_a_quarantine_of_the_trader_stops_money_that_names_no_session(asked: Asked) -> None:
    """R16: for a day after a reset, from wherever it is asked."""
    money = asked.withdrawal()
    assert isinstance(asked.yes(money), Instruction)
    asked.house.alter(asked.aiko, lambda trader: replace(trader, quarantined_until=asked.house.clock() + timedelta(hours=24)))
    assert reason(asked.claim(money)) is Reason.QUARANTINED
    assert asked.withdrawal("w2").reasons[0] == "quarantined"


def test_a_freeze_that_meets_the_timer_goes_through(asked: Asked) -> None:
    """R13: the timer takes the account first, as every writer of instructions does; else the freeze would fail as a whole."""
    order, house = asked.order(), asked.house
    house.clock.advance(seconds=30)
    timer = threading.Thread(target=expire_instructions, args=(house.deps,))
    with house.storage.transaction() as tx:
        account = tx.accounts.lock(order.account)
        (still_open,) = tx.instructions.open_of(order.account)
        timer.start()
        timer.join(0.5)  # it waits; where it did not, it would be done by now
        tx.instructions.save(still_open.settle(InstructionState.CANCELLED, "os:ana", house.clock()))
    timer.join()
    assert account is not None and asked.state(order) is InstructionState.CANCELLED
    assert house.audited("instruction.expired") == 0


def test_what_ran_out_of_time_is_told_in_one_commit(asked: Asked) -> None:
    orders = [asked.order(f"o{number}") for number in range(2)]
    asked.house.clock.advance(seconds=30)
    before = asked.house.storage.commits
    assert expire_instructions(asked.house.deps, limit=2)
    assert asked.house.storage.commits == before + 1 and asked.house.audited("instruction.expired") == 2
    assert {asked.state(one) for one in orders} == {InstructionState.EXPIRED}
    assert not expire_instructions(asked.house.deps, limit=2) and asked.house.storage.commits == before + 1


def test_a_change_of_what_was_changed_meanwhile_is_a_conflict(asked: Asked) -> None:
    order, now = asked.order(), asked.house.clock()
    with asked.house.storage.transaction() as tx:
        tx.instructions.save(order.settle(InstructionState.EXECUTING, "brk_1", now))
    with pytest.raises(SekishoError) as raised, asked.house.storage.transaction() as tx:
        tx.instructions.save(order.settle(InstructionState.EXPIRED, None, now))
    assert raised.value.kind is Kind.CONFLICT and asked.state(order) is InstructionState.EXECUTING


def test_a_trader_who_has_to_change_his_password_trades_nothing_before(asked: Asked) -> None:
    """R3, N14: the password is known to somebody else, so that an order may be his."""
    order, house = asked.order(), asked.house
    house.alter(asked.aiko, lambda trader: replace(trader, password_change_needed=True))
    assert reason(asked.claim(order)) is Reason.PASSWORD_CHANGE_NEEDED
    screened = asked.order("o2")
    assert (screened.state, screened.reasons[0]) == (InstructionState.REFUSED, "password_change_needed")
    assert asked.withdrawal().reasons[0] == "password_change_needed"
    house.alter(asked.aiko, lambda trader: replace(trader, suspended=house.clock()))
    assert asked.order("o3").reasons[0] == "trader_stopped"
    house.alter(asked.aiko, lambda trader: replace(trader, suspended=None, password_change_needed=False))
    assert isinstance(asked.claim(order), Instruction)


def test_a_confirmed_order_lives_as_long_as_an_allowed_one(asked: Asked) -> None:
    """R13: half a minute for an order, five minutes for money."""
    money = asked.yes(asked.withdrawal())
    for number in range(2):
        asked.order(f"o{number}")
    order = asked.yes(challenged := asked.order("o2"))
    assert challenged.state is InstructionState.CHALLENGED and isinstance(order, Instruction) and isinstance(money, Instruction)
    now = asked.house.clock()
    assert (order.expires - now, money.expires - now) == (timedelta(seconds=30), timedelta(minutes=5))
    asked.house.clock.advance(seconds=30)
    assert reason(asked.claim(order)) is Reason.INSTRUCTION_EXPIRED and isinstance(asked.claim(money), Instruction)


def test_giving_up_again_what_was_given_up_changes_nothing_and_is_no_refusal(asked: Asked) -> None:
    """A broker whose line was cut asks twice."""
    order, house = asked.order(), asked.house
    first = cancel_instruction(order.id, KEY, "", house.deps)
    house.clock.advance(seconds=3)
    assert isinstance(first, Instruction) and cancel_instruction(order.id, KEY, "", house.deps) == first
    assert house.audited("instruction.cancelled") == 1
    executing = asked.order("o2")
    asked.claim(executing)
    assert reason(cancel_instruction(executing.id, KEY, "", house.deps)) is Reason.INSTRUCTION_NOT_ALLOWED


def test_what_a_freeze_cancelled_was_not_given_up(asked: Asked) -> None:
    order = asked.order()
    freeze_account("SK-4AIKO", "desk", "a call", "os:ana", asked.house.deps)
    assert reason(cancel_instruction(order.id, KEY, "", asked.house.deps)) is Reason.INSTRUCTION_NOT_ALLOWED
