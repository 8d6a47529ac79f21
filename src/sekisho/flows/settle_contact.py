"""A change of contact data is settled: cancelled with one factor, ended by a reset or a new password, or applied in time (R4, J14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sekisho.domain.accounts import Contact, ContactKind, ContactState, Role
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.flows.caller import Caller
from sekisho.flows.change_contact import spoken_contact
from sekisho.flows.checkpoint import Action, refuse_object
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import contact_destination, email_context
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import ChangeKind, LifeEntry, LoginRecord, Transaction
from sekisho.flows.prove_password import prove_password
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret

__all__ = ["apply_due_contacts", "cancel_contact", "end_waiting_contacts", "stop_waiting_contacts", "waiting_contact"]


def waiting_contact(live: LiveSession, contact: str, deps: Dependencies) -> Contact:
    """One of his own that has not taken effect yet; else MISSING, audited (R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        found = _waiting(contact, live.trader.id, now, tx)
    if found is None:
        refuse_object(live, "contact", contact, deps)
    return found


async def cancel_contact(contact: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies) -> Contact | Refused:
    """It only keeps the address that there is, so any session may, with one factor. Raises MISSING for one that is not his."""
    await deps.run(waiting_contact, live, contact, deps)

    def cancel(record: LoginRecord, now: datetime, tx: Transaction) -> Contact | Refused:
        found = _waiting(contact, record.trader.id, now, tx)
        if found is None:
            return Refused(Reason.STATE_CHANGED)  # it took effect while the password was checked
        _stop(found, record, "cancelled", now, tx, deps)
        return found

    outcome = await prove_password(Action.CANCEL_CONTACT, password, live, caller, deps, cancel)
    deps.outbox_ready()
    return outcome


def stop_waiting_contacts(record: LoginRecord, reason: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """With a new password, or a No: whoever knew the old one may have begun it, and both addresses are told."""
    for contact in tx.contacts.of(record.trader.id):
        if contact.state is not ContactState.ACTIVE:
            _stop(contact, record, reason, now, tx, deps)


def end_waiting_contacts(trader: str, actor: str, reason: str, now: datetime, tx: Transaction) -> None:
    """With a reset: what somebody else may have begun does not come to be."""
    for contact in tx.contacts.of(trader):
        if contact.state is not ContactState.ACTIVE:
            _end(contact, actor, reason, now, tx)


def apply_due_contacts(deps: Dependencies, limit: int = 200) -> int:
    """The owner's timer: unconfirmed ones are forgotten, confirmed ones take effect. Each in a commit of its own. Returns how many."""
    with deps.storage.reading() as tx:
        due = tx.contacts.due(deps.clock(), limit)
    for contact in due:
        _apply(contact, deps)
    if due:
        deps.outbox_ready()
    return len(due)


def _apply(seen: Contact, deps: Dependencies) -> None:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(seen.trader)
        contact = next((one for one in tx.contacts.of(seen.trader) if one.id == seen.id), None)
        if record is None or contact is None or contact.due is None or now < contact.due:
            return
        if contact.state is ContactState.UNCONFIRMED or record.trader.admits().refused:
            _end(contact, None, "expired" if contact.state is ContactState.UNCONFIRMED else "trader_stopped", now, tx)
            return
        if _holds_frozen(contact.trader, now, tx):
            _end(contact, None, "account_frozen", now, tx)
            _tell_stopped(contact, record, now, tx, deps)
            return
        _replace_active(contact, now, tx)
        if contact.kind is ContactKind.EMAIL:
            _take_email(contact, record, tx, deps)
        else:
            _bind_phone(contact, record, now, tx, deps)
        tx.changes.append(ChangeKind.TRADER, seen.trader, now)
        tx.audit.append(_event(EventKind.CONTACT_CHANGED, contact, None), now)
        params: dict[str, Fact] = {"contact": spoken_contact(contact, deps.keyring)}
        new = [contact_destination(contact, deps.keyring)]
        notify(NoticeKind.CONTACT_CHANGED, record, params, now, tx, deps, also=new)  # `record` still has the old one
    deps.memory.forget_trader(seen.trader)


def _holds_frozen(trader: str, now: datetime, tx: Transaction) -> bool:
    """While it is not clear who is the owner, nobody gets codes and notices anew (R4, R11)."""
    return any(account.frozen and mandate.role is Role.HOLDER for account, mandate in tx.accounts.acted_for_by(trader, now))


def _replace_active(contact: Contact, now: datetime, tx: Transaction) -> None:
    for one in tx.contacts.of(contact.trader):
        if one.kind is contact.kind and one.state is ContactState.ACTIVE:
            tx.contacts.save(one.end(now))
    tx.contacts.save(contact.activate())


def _take_email(contact: Contact, record: LoginRecord, tx: Transaction, deps: Dependencies) -> None:
    address = deps.keyring.open(Purpose.FIELDS, contact.value, contact.id)
    sealed = deps.keyring.seal(Purpose.FIELDS, address, email_context(contact.trader))
    tx.traders.save(replace(record.trader, email=sealed))


def _bind_phone(contact: Contact, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """A new phone number is a new authenticator (N27); the old one is gone with it, and so are codes on their way there."""
    number = deps.keyring.open(Purpose.FIELDS, contact.value, contact.id)
    phone_id = new_id("aut", now)
    sealed = deps.keyring.seal(Purpose.FIELDS, number, phone_id)
    if record.phone is not None:
        tx.authenticators.save(replace(record.phone, state=AuthenticatorState.REMOVED, changed=now))
        tx.authenticators.note(LifeEntry(record.phone.id, now, "removed", contact.added_by))
    tx.authenticators.add(Authenticator(phone_id, contact.trader, AuthenticatorKind.PHONE, AuthenticatorState.ACTIVE, sealed, now, now))
    tx.authenticators.note(LifeEntry(phone_id, now, "bound", contact.added_by))


def _waiting(contact: str, trader: str, now: datetime, tx: Transaction) -> Contact | None:
    return next(
        (one for one in tx.contacts.of(trader) if one.id == contact and one.state is not ContactState.ACTIVE and one.stands(now)), None
    )


def _stop(contact: Contact, record: LoginRecord, reason: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    _end(contact, record.trader.id, reason, now, tx)
    _tell_stopped(contact, record, now, tx, deps)


def _tell_stopped(contact: Contact, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    if contact.state is ContactState.WAITING:  # an unconfirmed one was never told
        new = [contact_destination(contact, deps.keyring)]
        notify(NoticeKind.CONTACT_CHANGE_CANCELLED, record, {}, now, tx, deps, also=new)


def _end(contact: Contact, actor: str | None, reason: str, now: datetime, tx: Transaction) -> None:
    tx.contacts.save(contact.end(now))
    tx.audit.append(_event(EventKind.CONTACT_CANCELLED, contact, actor, reason), now)


def _event(kind: EventKind, contact: Contact, actor: str | None, reason: str | None = None) -> Event:
    facts: dict[str, Fact] = {"contact": contact.id, "contact_kind": contact.kind}
    return Event(kind, actor=actor, trader=contact.trader, reason=reason, facts=facts)
