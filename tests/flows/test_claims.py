"""R4, R13: between verdict and claim the session may turn out to be somebody else's; the claim and the Yes ask it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.instructions import Instruction, InstructionState
from sekisho.domain.sessions import EndReason, Session
from sekisho.kernel.decision import Reason
from tests.flows.asked import Asked, reason

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
