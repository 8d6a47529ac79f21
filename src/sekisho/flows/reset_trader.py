"""A forgotten password or a lost phone: staff issue a new activation code after an identity check (R16, J20, N42-N43)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sekisho.domain.accounts import checked_phone
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorState
from sekisho.domain.sessions import EndReason
from sekisho.flows.add_account import ACTIVATION_LIFE, TraderAdded, issue_activation, new_phone
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.storage import ChangeKind, LifeEntry, LoginRecord, Transaction
from sekisho.flows.settle_contact import end_waiting_contacts
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.errors import invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["reset_trader"]


def reset_trader(username: str, phone: str | None, act: StaffAct, deps: Dependencies) -> TraderAdded:
    """Sessions, known clients, logins in progress and the password end; the trader is told at the old and the new number.

    phone: a new number, or None to keep the registered one. Raises MISSING for an unknown name, INVALID for a malformed number.
    """
    now = deps.clock()
    number = checked_phone(phone) if phone else None
    with deps.storage.transaction() as tx:
        found = tx.traders.by_username(username.strip().lower())
        record = tx.traders.lock(found.trader.id) if found else None
        if record is None:
            raise missing(f"trader {username}")
        if number is None and record.phone is None:
            raise invalid("The registered phone can no longer be used. Name a new one with --phone.", username)
        notify(NoticeKind.TRADER_RESET, record, {}, now, tx, deps)
        _end_everything(record, act.actor, now, tx)
        if number:
            added = new_phone(record.trader.id, number, now, deps.keyring)
            _replace_phone(record, added, act.actor, now, tx)
            notify(NoticeKind.TRADER_RESET, replace(record, phone=added), {}, now, tx, deps)
        code = issue_activation(record.trader.id, act.actor, now, tx, deps.keyring)
        facts: dict[str, Fact] = {"identity_check": act.identity_check, "why": act.reason, "new_phone": number is not None}
        tx.audit.append(Event(EventKind.TRADER_RESET, actor=act.actor, trader=record.trader.id, facts=facts), now)
    deps.memory.forget_trader(record.trader.id)
    return TraderAdded(record.trader, code, now + ACTIVATION_LIFE)


def _end_everything(record: LoginRecord, actor: str, now: datetime, tx: Transaction) -> None:
    trader = record.trader
    ended = tx.sessions.end_all(trader.id, EndReason.RESET, now)
    tx.known_clients.drop_all(trader.id)
    end_waiting_contacts(trader.id, actor, "reset", now, tx)
    for one in tx.authenticators.of(trader.id):
        is_phone = record.phone is not None and one.id == record.phone.id
        if not is_phone and one.state in (AuthenticatorState.ACTIVE, AuthenticatorState.PENDING):
            _remove(one, actor, now, tx)
    if record.phone is not None:
        tx.lockouts.unlock(record.phone.id, None)  # the identity was checked; the sum of failures stays (R3)
    tx.traders.save(replace(trader, gate_version=trader.gate_version + 1))
    for session_id in ended:  # behind all locks (ports.storage)
        tx.changes.append(ChangeKind.SESSION, session_id, now)
    tx.changes.append(ChangeKind.TRADER, trader.id, now)


def _replace_phone(record: LoginRecord, added: Authenticator, actor: str, now: datetime, tx: Transaction) -> None:
    """A new number is a new authenticator (N27)."""
    if record.phone is not None:
        _remove(record.phone, actor, now, tx)
    tx.authenticators.add(added)
    tx.authenticators.note(LifeEntry(added.id, now, "bound", actor))


def _remove(authenticator: Authenticator, actor: str, now: datetime, tx: Transaction) -> None:
    tx.authenticators.save(replace(authenticator, state=AuthenticatorState.REMOVED, changed=now))
    tx.authenticators.note(LifeEntry(authenticator.id, now, "removed", actor))
