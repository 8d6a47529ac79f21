"""A trader who is logged in proves his password again: first half of a step-up, and all that ending other sessions takes (R4, R6; V7.5).

Counted and checked like at a login (R1), in the lane of the session's own client. Five failed proofs end the session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sekisho.domain.authentication.passwords import normalised
from sekisho.domain.lockout import STRANGERS
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows import checkpoint
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.count_attempt import Counted, reserve, settle_failure, settle_success
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import PasswordProof, StoredPassword
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["FAILED_PROOFS", "Then", "fail_proof", "lane_of", "prove_password", "session_admits"]

FAILED_PROOFS = 5
Outcome = TypeVar("Outcome")
Then = Callable[[LoginRecord, datetime, Transaction], Outcome]


@dataclass(frozen=True, slots=True)
class _Reservation:
    counted: Counted
    stored: StoredPassword
    gate_version: int


async def prove_password(
    action: Action, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies, then: Then[Outcome]
) -> Outcome | Refused:
    """Reserve, check, settle; `then` runs in the commit of a right one, with the trader's locked row."""
    known = live.session.client is not None
    async with deps.hashing.admit(live.trader.id if known else caller.source, known=known) as slot:
        reservation = await deps.run(_reserve, action, live, deps)
        if isinstance(reservation, Refused):
            return reservation
        proof = await slot.verify(reservation.stored, normalised(password))
    return await deps.run(_settle, action, live, reservation, proof, deps, then)


def _reserve(action: Action, live: LiveSession, deps: Dependencies) -> _Reservation | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)  # else a No in another session, which ends this one, would wait for it in a ring
        for decision in (checkpoint.login_admits(record, live.address, now), session_admits(action, live, record, now, tx)):
            if isinstance(decision, Refused):
                return decision
        assert record is not None and record.password is not None
        counted = reserve(record.password.id, lane_of(live.session), record, now, tx, deps)
        if isinstance(counted, Refused):
            _audit_refusal(action, counted, live, now, tx)
            return counted
        return _Reservation(counted, StoredPassword(record.password.value, record.password.id), record.trader.gate_version)


def _settle(
    action: Action, live: LiveSession, reservation: _Reservation, proof: PasswordProof, deps: Dependencies, then: Then[Outcome]
) -> Outcome | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        tx.sessions.lock(live.session.id)  # before the lockout's rows: the order of locks (ports.storage)
        refused = _refused(record, reservation, proof, live, now)
        if refused is None and not settle_success(reservation.counted, now, tx):
            refused = Refused(Reason.STATE_CHANGED)
        if refused is not None or record is None:
            settle_failure(reservation.counted, record, now, tx, deps)
            fail_proof(action, refused or Refused(Reason.STATE_CHANGED), live, now, tx)
            outcome: Outcome | Refused = refused or Refused(Reason.STATE_CHANGED)
        else:
            outcome = then(record, now, tx)
    deps.memory.forget_session(live.session.id)
    return outcome


def _refused(
    record: LoginRecord | None, reservation: _Reservation, proof: PasswordProof, live: LiveSession, now: datetime
) -> Refused | None:
    decision = checkpoint.login_admits(record, live.address, now)
    if isinstance(decision, Refused):
        return decision
    if record is None or record.trader.gate_version != reservation.gate_version:
        return Refused(Reason.STATE_CHANGED)
    return None if proof.matches else Refused(Reason.WRONG_PASSWORD)


def session_admits(action: Action, live: LiveSession, record: LoginRecord | None, now: datetime, tx: Transaction) -> Decision:
    """The checkpoint, asked about the row: a proof is never begun or spent in a session that ended a moment ago elsewhere."""
    session = tx.sessions.lock(live.session.id)
    if session is None or record is None:
        return Refused(Reason.SESSION_UNKNOWN)
    return checkpoint.admits(action, LiveSession(session, record.trader, record.addresses, live.address), now)


def lane_of(session: Session) -> str:
    return session.client or STRANGERS


def fail_proof(action: Action, refused: Refused, live: LiveSession, now: datetime, tx: Transaction) -> None:
    """Five failed proofs end the session (R4)."""
    _audit_refusal(action, refused, live, now, tx)
    session = tx.sessions.lock(live.session.id)
    if session is None or session.ended is not None or refused.reason not in (Reason.WRONG_CODE, Reason.WRONG_PASSWORD):
        return
    session = replace(session, failed_proofs=session.failed_proofs + 1)
    if session.failed_proofs >= FAILED_PROOFS:
        session = session.end(EndReason.STEP_UP_FAILED, now)
        facts: dict[str, Fact] = {"session": session.id}
        tx.audit.append(Event(EventKind.SESSION_ENDED, trader=session.trader, reason=EndReason.STEP_UP_FAILED, facts=facts), now)
    tx.sessions.save(session)
    tx.changes.append(ChangeKind.SESSION, session.id, now)


def _audit_refusal(action: Action, refused: Refused, live: LiveSession, now: datetime, tx: Transaction) -> None:
    facts: dict[str, Fact] = {"action": action, "session": live.session.id}
    event = Event(EventKind.STEP_UP_REFUSED, actor=live.trader.id, trader=live.trader.id, reason=refused.reason, facts=facts)
    tx.audit.append(event, now)
