"""A trader changes his password, with a proof made for it (R3, R4, N09-N20, V6.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.authentication.passwords import PasswordProblem, normalised, problems_of
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose, StoredPassword
from sekisho.flows.ports.storage import ChangeKind, LifeEntry, LoginRecord, Transaction
from sekisho.flows.settle_contact import stop_waiting_contacts
from sekisho.flows.step_up import refuse_early, spend_proof
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["PasswordChanged", "PasswordRefused", "change_password", "password_problems"]


@dataclass(frozen=True, slots=True)
class PasswordRefused:
    """The new password was not taken and nothing changed. For SAME the proof is spent; else nothing was checked or counted."""

    problems: tuple[PasswordProblem, ...]


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """session_token: the session goes on under a new token (rotated at step-up). ended: how many other sessions ended."""

    session_token: Secret
    ended: int


def password_problems(password: Secret, username: str, deps: Dependencies) -> tuple[PasswordProblem, ...]:
    """Why this password would not be taken for this name."""
    firm = (deps.policies.firm.name, deps.policies.firm.short_name)
    return problems_of(normalised(password), username, firm, deps.breached, deps.policies.passwords)


async def change_password(
    token: Secret, digits: Secret, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies
) -> PasswordChanged | PasswordRefused | Refused:
    """token, digits: the proof begun by `begin_step_up` for this action. Every other session and known client ends, and so does a change of
    contact data that waits.

    A password that may be out must really change (N14); to learn that it is the one of now costs the proof (R1).
    """
    problems = await deps.run(password_problems, password, live.trader.username, deps)
    if problems:
        return PasswordRefused(problems)
    if refused := await deps.run(refuse_early, token, digits, Action.CHANGE_PASSWORD, live, deps):
        return refused
    stored = await deps.run(_stored_password, live, deps)
    known = live.session.client is not None
    async with deps.hashing.admit(live.trader.id if known else caller.source, known=known) as slot:
        same = (await slot.verify(stored, normalised(password))).matches
        sealed = await slot.hash(normalised(password), stored.authenticator)  # in either case: time tells nothing before the proof does
    return await deps.run(_settle, token, digits, None if same else sealed, live, caller, deps)


def _stored_password(live: LiveSession, deps: Dependencies) -> StoredPassword:
    with deps.storage.reading() as tx:
        record = tx.traders.get(live.trader.id)
    if record is None or record.password is None:
        raise missing("password")
    return StoredPassword(record.password.value, record.password.id)


def _settle(
    token: Secret, digits: Secret, sealed: str | None, live: LiveSession, caller: Caller, deps: Dependencies
) -> PasswordChanged | PasswordRefused | Refused:
    """sealed: the new password; None when it is the one of now."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        proven = spend_proof(token, digits, Action.CHANGE_PASSWORD, live, now, tx, deps)
        if isinstance(proven, Refused):
            outcome: PasswordChanged | PasswordRefused | Refused = proven
        elif sealed is None:
            outcome = PasswordRefused((PasswordProblem.SAME,))
        else:
            outcome = _change(proven.record, sealed, live.session, caller, now, tx, deps)
    deps.memory.forget_trader(live.trader.id)
    deps.memory.forget_session(live.session.id)
    deps.outbox_ready()
    return outcome


def _change(
    record: LoginRecord, sealed: str, session: Session, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies
) -> PasswordChanged:
    trader, password = record.trader, record.password
    assert password is not None  # the checkpoint admitted the trader
    tx.authenticators.save(replace(password, value=sealed, changed=now))
    tx.authenticators.note(LifeEntry(password.id, now, "changed", trader.id, caller.shown_address, caller.program))
    tx.traders.save(replace(trader, gate_version=trader.gate_version + 1, password_change_needed=False))
    ended = tx.sessions.end_all(trader.id, EndReason.PASSWORD_CHANGED, now, keep=session.id)
    tx.known_clients.drop_all(trader.id, keep=session.client)
    fresh = new_token()
    current = tx.sessions.lock(session.id) or session
    tx.sessions.save(replace(current, token_hash=deps.keyring.keyed_hash(Purpose.TOKENS, fresh.reveal()), failed_proofs=0))
    for session_id in (*ended, session.id):
        tx.changes.append(ChangeKind.SESSION, session_id, now)
    tx.changes.append(ChangeKind.TRADER, trader.id, now)
    facts: dict[str, Fact] = {"authenticator": password.id, "sessions_ended": len(ended)}
    where: dict[str, Fact] = {"address": caller.shown_address, "program": caller.program}
    tx.audit.append(Event(EventKind.PASSWORD_CHANGED, actor=trader.id, trader=trader.id, facts=facts, personal=where), now)
    stop_waiting_contacts(record, "password_changed", now, tx, deps)
    notify(NoticeKind.PASSWORD_CHANGED, record, {}, now, tx, deps)
    return PasswordChanged(fresh, len(ended))
