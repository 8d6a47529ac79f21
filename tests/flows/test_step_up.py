"""A proof made for one action, and the change of a password (R3, R4, R6; J04, J08, V7.5)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.authentication.codes import CodePolicy
from sekisho.domain.authentication.passwords import PasswordProblem
from sekisho.domain.sessions import EndReason
from sekisho.flows.auto_log_off import end_over_sessions
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.change_password import PasswordRefused
from sekisho.flows.checkpoint import Action
from sekisho.flows.log_off import end_session
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.send_code import code_step
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import ACTION_TEXT, NEW_PASSWORD, PASSWORD, House, Person, caller, wrong


@pytest.fixture
def live(house: House, aiko: Person) -> LiveSession:
    """A session of a client known for two days: no quarantine."""
    known = house.log_in(aiko)
    house.clock.advance(days=2)
    end_over_sessions(house.deps)
    return house.present(house.log_in(aiko, caller(client_token=known.client_token)))


def begun(house: House, live: LiveSession) -> Begun:
    step = house.prove_password(live, PASSWORD)
    assert not isinstance(step, Refused), step
    return step


def test_a_password_is_changed_with_password_and_code(house: House, aiko: Person, live: LiveSession) -> None:
    house.change_password(aiko, live)
    assert house.give_password("aiko", PASSWORD) == Refused(Reason.WRONG_PASSWORD)
    assert isinstance(house.give_password("aiko", NEW_PASSWORD), Begun)
    assert house.kinds()["password_changed"] == 1
    assert house.audited("password.changed") == house.audited("step_up.completed", action="change_password", text=ACTION_TEXT) == 1


def test_the_message_says_in_words_what_the_code_allows(house: House, live: LiveSession) -> None:
    """J08: what is approved is shown in words."""
    code = house.ask_code(begun(house, live).token)
    (body,) = [m.body.reveal() for m in house.messages() if m.code and m.code.reveal() == code and m.kind == "code.step_up"]
    assert ACTION_TEXT in body


def test_a_change_ends_other_sessions_and_rotates_the_token(house: House, aiko: Person, live: LiveSession) -> None:
    """R3, R4, V7.4.3: every other session ends; this one goes on under a new token (rotated at step-up)."""
    others = [house.log_in(aiko) for _ in range(2)]
    own = house.log_in(aiko)
    house.alter(aiko, lambda trader: replace(trader, password_change_needed=True))
    changed = house.change_password(aiko, house.present(own))
    assert changed.ended == 3  # both others and the fixture's
    assert [house.live(one) for one in (*others, own)] == [Refused(Reason.SESSION_ENDED)] * 2 + [Refused(Reason.SESSION_UNKNOWN)]
    again = house.look(changed.session_token)
    assert isinstance(again, LiveSession) and again.session.id == own.session.id


def test_a_password_that_is_not_taken_burns_no_try(house: House, live: LiveSession) -> None:
    step = begun(house, live)
    code = house.ask_code(step.token)
    assert house.change(step.token, code, live, "short") == PasswordRefused((PasswordProblem.TOO_SHORT,))
    assert house.change(step.token, code, live, "breached but not common") == PasswordRefused((PasswordProblem.BREACHED,))
    assert not isinstance(house.change(step.token, code, live), Refused)


def test_the_same_password_again_is_no_change(house: House, live: LiveSession) -> None:
    """N14: a password that may be out must really change. The answer costs the proof (R1)."""
    step = begun(house, live)
    code = house.ask_code(step.token)
    assert house.change(step.token, code, live, PASSWORD) == PasswordRefused((PasswordProblem.SAME,))
    assert house.change(step.token, code, live) == Refused(Reason.CODE_SPENT)
    assert house.audited("password.changed") == 0
    again = begun(house, live)
    assert not isinstance(house.change(again.token, house.ask_code(again.token), live), Refused)


@pytest.mark.parametrize("minutes, done", [(4.99, True), (5, False)])
def test_a_proof_is_at_most_five_minutes_old(house: House, live: LiveSession, minutes: float, done: bool) -> None:
    """R4: at most 5 min old when the action runs, however fresh the code."""
    step = begun(house, live)
    house.clock.advance(minutes=minutes - 0.1)
    code = house.ask_code(step.token)
    house.clock.advance(minutes=0.1)
    assert isinstance(house.change(step.token, code, live), Refused) is not done


@pytest.mark.parametrize("life, minutes, done", [(10, 4.9, True), (10, 5, False), (2, 1.9, True), (2, 2, False)])
def test_no_setting_of_codes_makes_a_proof_older(house: House, live: LiveSession, life: int, minutes: float, done: bool) -> None:
    """R4, N22: codes may be set to live for ten minutes; those of a step-up, and what its message says, stay at five."""
    house.with_policies(codes=CodePolicy(life=timedelta(minutes=life)))
    step = begun(house, live)
    code = house.ask_code(step.token)
    (body,) = [m.body.reveal() for m in house.messages() if m.code and m.code.reveal() == code and m.kind == "code.step_up"]
    assert f"{min(life, 5)} min" in body
    shown = code_step(step.token, house.deps)
    assert shown is not None and shown.expires == house.clock() + timedelta(minutes=min(life, 5))
    house.clock.advance(minutes=minutes)
    assert isinstance(house.change(step.token, code, live), Refused) is not done


def test_a_proof_is_spent_by_the_action(house: House, live: LiveSession) -> None:
    step = begun(house, live)
    code = house.ask_code(step.token)
    changed = house.change(step.token, code, live)
    assert not isinstance(changed, Refused)
    assert house.change(step.token, code, live, PASSWORD) == Refused(Reason.CODE_SPENT)


def test_a_proof_is_for_its_own_session(house: House, aiko: Person, live: LiveSession) -> None:
    """R4: made for that one action in that one session."""
    step = begun(house, live)
    code = house.ask_code(step.token)
    known = house.log_in(aiko)
    house.clock.advance(minutes=1)
    assert house.change(step.token, code, house.present(known)) == Refused(Reason.STEP_UP_NEEDED)
    botan = house.enrol("botan")
    assert house.change(step.token, code, house.present(house.log_in(botan))) == Refused(Reason.STEP_UP_NEEDED)


def test_a_proof_for_another_action_does_not_serve(house: House, live: LiveSession) -> None:
    step = asyncio.run(begin_step_up(Action.LIFT_RESTRICTION, "lift", Secret(PASSWORD), live, caller(), house.deps))
    assert not isinstance(step, Refused)
    assert house.change(step.token, house.ask_code(step.token), live) == Refused(Reason.STEP_UP_NEEDED)


def test_without_a_proof_nothing_changes(house: House, aiko: Person, live: LiveSession) -> None:
    assert house.change(Secret("made up"), "123456", live) == Refused(Reason.STEP_UP_NEEDED)
    login = house.start(aiko)
    assert house.change(login.token, house.ask_code(login.token), live) == Refused(Reason.STEP_UP_NEEDED)


@pytest.mark.parametrize("passwords, codes", [(5, 0), (0, 5), (3, 2)])
def test_five_failed_proofs_end_the_session(house: House, live: LiveSession, passwords: int, codes: int) -> None:
    """R4: and a page still open does not help."""
    step = begun(house, live)
    code = house.ask_code(step.token)
    outcomes = [house.prove_password(live, "a wrong password") for _ in range(passwords)]
    outcomes += [house.change(step.token, wrong(code), live) for _ in range(codes)]  # type: ignore[misc]
    assert [one.reason for one in outcomes if isinstance(one, Refused)] == [Reason.WRONG_PASSWORD] * passwords + [Reason.WRONG_CODE] * codes
    with house.storage.reading() as tx:
        (session,) = [one for one in [tx.sessions.by_token(live.session.token_hash)] if one]
    assert (session.end_reason, session.failed_proofs) == (EndReason.STEP_UP_FAILED, 5)
    assert isinstance(house.change(step.token, code, live), Refused)
    assert isinstance(house.prove_password(live, PASSWORD), Refused)
    assert house.audited("password.changed") == 0


def test_four_failed_proofs_do_not(house: House, aiko: Person, live: LiveSession) -> None:
    for _ in range(4):
        house.prove_password(live, "a wrong password")
    house.change_password(aiko, live)


def test_an_ended_session_changes_nothing_though_a_node_remembers_it(house: House, live: LiveSession) -> None:
    """R6: the row decides, not the memory: another node or the command line has just ended it."""
    step = begun(house, live)
    code = house.ask_code(step.token)
    end_session(live.session.id, EndReason.ENDED_BY_STAFF, "os:desk", house.deps)
    assert house.change(step.token, code, live) == Refused(Reason.SESSION_ENDED)
    assert isinstance(house.prove_password(live, PASSWORD), Refused)
    assert house.audited("password.changed") == 0


def test_failed_proofs_count_in_the_lane_of_the_session(house: House, aiko: Person, live: LiveSession) -> None:
    """R3: guessing in a stolen session restricts its own client, not the other lanes."""
    for _ in range(4):
        house.prove_password(live, "a wrong password")
    assert house.failures(aiko, lane=live.session.client or "") == (4, 4)
    assert house.failures(aiko) == (0, 4)


def test_in_quarantine_no_password_changes(house: House, aiko: Person) -> None:
    """R4: interim mode: refused whatever the proof, before anything is checked."""
    live = house.present(house.log_in(aiko))
    checked = house.quick.verified
    refused = house.prove_password(live, PASSWORD)
    assert isinstance(refused, Refused) and refused.reason is Reason.QUARANTINED
    assert house.quick.verified == checked


@pytest.mark.parametrize("field, value", [("suspended", True), ("frozen", frozenset({"desk"}))])
def test_a_stopped_trader_changes_nothing(house: House, aiko: Person, live: LiveSession, field: str, value: object) -> None:
    step = begun(house, live)
    code = house.ask_code(step.token)
    house.alter(aiko, lambda trader: replace(trader, **{field: house.clock() if value is True else value}))  # type: ignore[arg-type]
    assert isinstance(house.change(step.token, code, live), Refused)
    assert house.audited("password.changed") == 0
