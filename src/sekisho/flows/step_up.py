"""A fresh proof for one action: the password and a code made for it (R4, J04, J08, V7.5).

The ceremony carries the action and its text as the page and the message show it; the code is bound to both. The login's own code never
serves. Five failed proofs end the session. The proof is spent by the action, in the action's own commit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.domain.authentication.passwords import normalised
from sekisho.domain.lockout import STRANGERS
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows import checkpoint
from sekisho.flows.caller import Caller
from sekisho.flows.check_code import check_code
from sekisho.flows.checkpoint import Action
from sekisho.flows.count_attempt import Counted, reserve, settle_failure, settle_success
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import PasswordProof, Purpose, StoredPassword
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.flows.send_code import ceremony_of
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["FAILED_PROOFS", "StepUpStarted", "begin_step_up", "spend_proof"]

FAILED_PROOFS = 5


@dataclass(frozen=True, slots=True)
class StepUpStarted:
    token: Secret
    ceremony: Ceremony


@dataclass(frozen=True, slots=True)
class _Reservation:
    counted: Counted
    stored: StoredPassword
    gate_version: int


async def begin_step_up(
    action: Action, text: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> StepUpStarted | Refused:
    """First half of the proof: the password, counted and checked like at a login. text: what is being approved, in words."""
    async with deps.hashing.admit(live.session.client or caller.source, known=live.session.client is not None) as slot:
        reservation = await deps.run(_reserve, action, live, deps)
        if isinstance(reservation, Refused):
            return reservation
        proof = await slot.verify(reservation.stored, normalised(password))
    return await deps.run(_settle, action, text, live, caller, reservation, proof, deps)


def _reserve(action: Action, live: LiveSession, deps: Dependencies) -> _Reservation | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.get(live.trader.id)
        for decision in (checkpoint.login_admits(record), _admits(action, live, record, now, tx)):
            if isinstance(decision, Refused):
                return decision
        assert record is not None and record.password is not None
        counted = reserve(record.password.id, _lane(live.session), now, tx, deps)
        if isinstance(counted, Refused):
            _audit_refusal(action, counted, live, now, tx)
            return counted
        return _Reservation(counted, StoredPassword(record.password.value, record.password.id), record.trader.gate_version)


def _settle(
    action: Action, text: str, live: LiveSession, caller: Caller, reservation: _Reservation, proof: PasswordProof, deps: Dependencies
) -> StepUpStarted | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(live.trader.id)
        tx.sessions.lock(live.session.id)  # before the lockout's rows: the order of locks (ports.storage)
        refused = _refused(record, reservation, proof)
        if refused is not None or record is None:
            settle_failure(reservation.counted, record, now, tx, deps)
            _fail_proof(action, refused or Refused(Reason.STATE_CHANGED), live, now, tx, deps)
            outcome: StepUpStarted | Refused = refused or Refused(Reason.STATE_CHANGED)
        else:
            settle_success(reservation.counted, now, tx)
            outcome = _start(action, text, record, live, caller, now, tx, deps)
    deps.memory.forget_session(live.session.id)
    return outcome


def _refused(record: LoginRecord | None, reservation: _Reservation, proof: PasswordProof) -> Refused | None:
    decision = checkpoint.login_admits(record)
    if isinstance(decision, Refused):
        return decision
    if record is None or record.trader.gate_version != reservation.gate_version:
        return Refused(Reason.STATE_CHANGED)
    return None if proof.matches else Refused(Reason.WRONG_PASSWORD)


def _start(
    action: Action, text: str, record: LoginRecord, live: LiveSession, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies
) -> StepUpStarted:
    token = new_token()
    ceremony = Ceremony(
        id=new_id("cer", now),
        token_hash=deps.keyring.keyed_hash(Purpose.TOKENS, token.reveal()),
        purpose=CeremonyPurpose.STEP_UP,
        trader=record.trader.id,
        phone=record.phone.id if record.phone and record.phone.usable else "none",
        lane=_lane(live.session),
        channel=live.session.channel,
        started=now,
        expires=now + deps.policies.codes.life,  # so a proof is never older than that when its action runs (R4: 5 min)
        gate_version=record.trader.gate_version,
        source=caller.source,
        program=caller.program,
        address=caller.shown_address,
        action=action,
        action_text=text,
        session=live.session.id,
    )
    tx.ceremonies.add(ceremony)
    facts: dict[str, Fact] = {"ceremony": ceremony.id, "action": action, "session": live.session.id}
    tx.audit.append(Event(EventKind.STEP_UP_STARTED, actor=record.trader.id, trader=record.trader.id, facts=facts), now)
    return StepUpStarted(token, ceremony)


def spend_proof(
    token: Secret, digits: Secret, action: Action, live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies
) -> LoginRecord | Refused:
    """Second half: the code. On success the proof is spent and the trader's locked row is returned for the action to change."""
    ceremony = ceremony_of(token, tx, deps)
    record = tx.traders.lock(live.trader.id)
    if ceremony is None or record is None:
        return Refused(Reason.STEP_UP_NEEDED)
    decision = _fits(ceremony, action, live)
    if not decision.refused:
        decision = _admits(action, live, record, now, tx)
    if not decision.refused:
        decision = check_code(ceremony, record, digits, now, tx, deps)
    if isinstance(decision, Refused):
        _fail_proof(action, decision, live, now, tx, deps)
        return decision
    tx.ceremonies.save(ceremony.completed(now))
    facts: dict[str, Fact] = {"ceremony": ceremony.id, "action": action, "text": ceremony.action_text}
    tx.audit.append(Event(EventKind.STEP_UP_COMPLETED, actor=record.trader.id, trader=record.trader.id, facts=facts), now)
    return record


def _admits(action: Action, live: LiveSession, record: LoginRecord | None, now: datetime, tx: Transaction) -> Decision:
    """The checkpoint, asked about the row: a proof is never begun or spent in a session that ended a moment ago elsewhere."""
    session = tx.sessions.lock(live.session.id)
    if session is None or record is None:
        return Refused(Reason.SESSION_UNKNOWN)
    return checkpoint.admits(action, LiveSession(session, record.trader), now)


def _fits(ceremony: Ceremony, action: Action, live: LiveSession) -> Decision:
    """Made for this action, by this session; no other proof will do."""
    fits = ceremony.purpose is CeremonyPurpose.STEP_UP and ceremony.action == action and ceremony.session == live.session.id
    return Allowed() if fits else Refused(Reason.STEP_UP_NEEDED)


def _lane(session: Session) -> str:
    return session.client or STRANGERS


def _fail_proof(action: Action, refused: Refused, live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies) -> None:
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
