"""R13, R14: the writer of the event log and the flows of people lock in one order (flows.ports.storage), on PostgreSQL, which locks rows.

Each test holds what a flow holds that has got half way, lets the writer go until it waits for that, and then takes what the flow takes
next. In another order the two would wait for each other until PostgreSQL ends one of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.instructions import InstructionKind, InstructionState
from sekisho.domain.sessions import EndReason
from sekisho.flows.complete_login import Complete
from sekisho.flows.dispute_execution import executions_of
from sekisho.flows.log_off import end_other_sessions
from sekisho.flows.ports.monitoring import Draft, Outcome
from sekisho.flows.ports.storage import ChangeKind
from sekisho.flows.prove_password import lane_of
from sekisho.flows.screen_instruction import screen_instruction
from sekisho.flows.take_events import KnownNames, take_events
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import House, caller
from tests.flows.monitored import KEY, RULES, Log, open_log, publish, until

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("storage_url", ["postgresql"], indirect=True)]

STRANGE = """
rule strange_login
    on      login.completed
    when    hour >= 0
    then    refuse
    reason  strange_login
    queue   logins
    en      "A login."
    ja      "ログインです。"
"""
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


class Kept:
    """A monitor that keeps what it is sent, for a batch of the test's own."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        self.drafts += drafts
        return Future()

    def judged(self, event: str, patience: timedelta) -> bool:
        return False


def draft_of(house: House, reference: str) -> Draft:
    """An instruction on aiko's account, on its way to the writer."""
    kept, log = Kept(), Log(house, None)  # type: ignore[arg-type]
    new = log.instruction(reference, InstructionKind.ORDER, symbol="7203", side="buy", quantity=1, amount_jpy=1, liquidity="liquid")
    screen_instruction(new, KEY, kept, house.deps)
    return kept.drafts[0]


class Round:
    """One of the writer, over the intake and these drafts."""

    def __init__(self, house: House, *drafts: Draft) -> None:
        self.house = house
        self.fault: BaseException | None = None
        self._drafts = drafts
        self._recording = EventRecording(lambda: house.deps)
        self._from = self._recording.build(lambda: False)
        self._thread = threading.Thread(target=self._write)

    def begin(self) -> None:
        """Until it waits for what somebody else holds, or has ended."""
        self._thread.start()
        until(self._waits, 1.2)  # no lock is waited for for longer than 1.6 s

    def end(self) -> None:
        self._thread.join(20)
        assert self.fault is None, self.fault

    def _write(self) -> None:
        judge, place = self._from
        try:
            with self.house.storage.transaction() as tx:
                self._recording.record(self._drafts, tx.events.intake(100), place, judge, self.house.clock(), tx)
        except BaseException as fault:
            self.fault = fault

    def _waits(self) -> bool:
        return _waits(self.house) or not self._thread.is_alive()


@pytest.fixture
def logins(house: House) -> list[Complete]:
    """Of aiko and botan, refused by the rules and not yet judged."""
    publish(house, STRANGE)
    return [house.log_in(house.enrol(name)) for name in ("aiko", "botan")]


def test_a_batch_locks_all_its_traders_before_it_counts_changes(house: House, logins: list[Complete]) -> None:
    """Botan's own flow, such as his next login, holds his row and goes on to tell the nodes of a change."""
    aiko, botan = (one.session for one in logins)
    round_ = Round(house)
    with house.storage.transaction() as tx:
        tx.traders.lock(botan.trader)
        round_.begin()
        tx.changes.append(ChangeKind.TRADER, botan.trader, house.clock())
    round_.end()
    with house.storage.reading() as tx:
        ended = [tx.sessions.get(one.id) for one in (aiko, botan)]
    assert [one.end_reason for one in ended if one] == [EndReason.SUSPICIOUS] * 2


def test_a_batch_locks_traders_before_accounts(house: House, logins: list[Complete]) -> None:
    """As a Yes and a No do: the proof first, which is the trader's and the session's, then the account and the instruction."""
    session = logins[0].session
    draft = draft_of(house, "o1")
    assert draft.instruction is not None
    round_ = Round(house, draft)
    with house.storage.transaction() as tx:
        tx.traders.lock(session.trader)
        tx.sessions.lock(session.id)
        round_.begin()
        assert tx.accounts.lock(draft.instruction.account)
    round_.end()
    with house.storage.reading() as tx:
        assert tx.instructions.get(draft.instruction.id)


def test_an_execution_in_flight_beside_a_no_is_disputed_all_the_same(house: House) -> None:
    """R14: neither would see the other, and the thief's payee would become habit in a week."""
    house.enrol("aiko")
    with open_log(house, RULES) as log:
        found = log.ask("w1", InstructionKind.WITHDRAWAL, amount=1000, currency="JPY", payee="bank:1").instruction
        assert found is not None
    executed = Kept()
    event = log.event("x1", "withdrawal.executed", amount=1000, currency="JPY", payee="bank:1")
    taken = take_events([event], KEY, KnownNames(), replace(house.deps, monitor=executed))
    assert not taken.problems
    round_ = Round(house, *executed.drafts)
    with house.storage.transaction() as tx:  # a No, which has its proof
        assert tx.accounts.lock(found.account)
        assert executions_of(found, tx) == []
        tx.instructions.save(found.settle(InstructionState.DISPUTED, found.trader, house.clock()))
        round_.begin()
    round_.end()
    assert house.audited("event.disputed") == 1


def test_a_proof_takes_the_trader_before_its_session(house: House) -> None:
    """R13: a No ends the other sessions behind its own proof. The thief's try in one of those must not end the No."""
    aiko = house.enrol("aiko")
    first = house.log_in(aiko)
    house.clock.advance(hours=48)
    sessions = [house.log_in(aiko, caller(client_token=first.client_token))]
    sessions.append(house.log_in(aiko, caller(client_token=sessions[0].client_token)))
    owner, thief = (house.present(one) for one in sessions)
    answers: list[object] = []
    guess = threading.Thread(target=lambda: answers.append(asyncio.run(end_other_sessions(Secret("wrong"), thief, caller(), house.deps))))
    with house.storage.transaction() as tx:
        record = tx.traders.lock(aiko.id)
        assert record is not None and record.password is not None
        tx.sessions.lock(owner.session.id)
        tx.lockouts.lock(record.password.id, lane_of(owner.session))
        guess.start()
        until(lambda: _waits(house) or not guess.is_alive(), 1.2)
        tx.sessions.end_all(aiko.id, EndReason.ENDED_BY_TRADER, house.clock(), owner.session.id)
    guess.join(20)
    assert isinstance(answers[0], Refused)


def _waits(house: House) -> bool:
    with house.storage.reading() as tx:
        return bool(tx._line.value(_WAITING))  # type: ignore[attr-defined]
