"""Staff add accounts, traders and mandates (R16, N36). No staff member ever chooses or sees a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.accounts import (
    Account,
    Contact,
    ContactKind,
    ContactState,
    Mandate,
    Role,
    Trader,
    checked_email,
    checked_phone,
    checked_username,
    look_alike,
)
from sekisho.domain.accounts.account import checked_number
from sekisho.domain.accounts.trader import checked_name
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import email_context
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.flows.ports.storage import LifeEntry, Transaction
from sekisho.flows.tell_refused import holders_of
from sekisho.kernel.errors import Kind, SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_letters

__all__ = [
    "ACTIVATION_LIFE",
    "NewTrader",
    "TraderAdded",
    "add_account",
    "add_trader",
    "end_mandate",
    "grant_mandate",
    "issue_activation",
    "new_phone",
]

ACTIVATION_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewTrader:
    """phone: as written, with country code. accounts: number → role. email: empty where he has none."""

    username: str
    name: str
    phone: str
    language: str
    accounts: dict[str, Role]
    email: str = ""


@dataclass(frozen=True, slots=True)
class TraderAdded:
    """activation_code: shown once to the staff member, who hands it to the trader by post or in person."""

    trader: Trader
    activation_code: Secret
    expires: datetime


def add_account(number: str, title: str, actor: str, deps: Dependencies) -> Account:
    """Raises INVALID for a malformed number or title, CONFLICT when the number is taken."""
    now = deps.clock()
    account = Account(new_id("acc", now), checked_number(number), checked_name(title), now)
    with deps.storage.transaction() as tx:
        if tx.accounts.by_number(account.number) is not None:
            raise SekishoError(Kind.CONFLICT, "There is an account of that number already.", account.number)
        tx.accounts.add(account)
        tx.audit.append(Event(EventKind.ACCOUNT_ADDED, actor=actor, account=account.id), now)
    return account


def add_trader(new: NewTrader, actor: str, deps: Dependencies) -> TraderAdded:
    """Raises INVALID for malformed names, addresses and languages, CONFLICT for a name taken or too like another one."""
    now = deps.clock()
    username, number = checked_username(new.username), checked_phone(new.phone)
    if new.language not in ("en", "ja"):
        raise invalid("The language is en or ja.", "language")
    address = checked_email(new.email) if new.email else ""
    trader_id = new_id("trd", now)
    email = deps.keyring.seal(Purpose.FIELDS, address, email_context(trader_id)) if address else None
    trader = Trader(trader_id, username, checked_name(new.name), new.language, now, email=email)
    with deps.storage.transaction() as tx:
        if tx.traders.taken(username, look_alike(username)):
            raise SekishoError(Kind.CONFLICT, "That username is taken, or looks too much like another one.", username)
        tx.traders.add(trader, look_alike(username))
        phone = new_phone(trader.id, number, now, deps.keyring)
        tx.authenticators.add(phone)
        tx.authenticators.note(LifeEntry(phone.id, now, "bound", actor))
        if address:
            _note_email(trader, address, actor, now, tx, deps.keyring)
        code = issue_activation(trader.id, actor, now, tx, deps.keyring)
        tx.audit.append(Event(EventKind.TRADER_ADDED, actor=actor, trader=trader.id), now)
        for account_number, role in new.accounts.items():
            _grant(account_number, trader, role, actor, now, tx, deps)
    deps.outbox_ready()
    return TraderAdded(trader, code, now + ACTIVATION_LIFE)


def grant_mandate(number: str, username: str, role: Role, actor: str, deps: Dependencies) -> Mandate:
    """Raises MISSING for an unknown account or trader, CONFLICT when there is a mandate already, or a second holder.

    Whoever holds the account is told at once: it may be a stolen key of the broker's that asks (R10).
    """
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.by_username(username.strip().lower())
        if record is None:
            raise missing(f"trader {username}")
        mandate = _grant(number, record.trader, role, actor, now, tx, deps)
    deps.outbox_ready()
    return mandate


def end_mandate(mandate: str, reason: str, actor: str, deps: Dependencies) -> str:
    """The mandate ends now; its trader sees the account no more, and its holders are told, an ended one too (R10).

    Raises MISSING for an unknown or ended one.
    """
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ended = tx.accounts.end_mandate(mandate, now)
        if ended is None:
            raise missing(f"mandate {mandate}")
        facts: dict[str, Fact] = {"mandate": mandate, "why": reason[:500]}
        tx.audit.append(Event(EventKind.MANDATE_ENDED, actor=actor, facts=facts), now)
        holders = {*holders_of(ended.account, now, tx), *([ended.trader] if ended.role is Role.HOLDER else [])}
        _tell(NoticeKind.MANDATE_ENDED, ended, holders, now, tx, deps)
    deps.outbox_ready()
    return mandate


def _tell(kind: NoticeKind, mandate: Mandate, holders: set[str], now: datetime, tx: Transaction, deps: Dependencies) -> None:
    account, whose = tx.accounts.get(mandate.account), tx.traders.get(mandate.trader)
    assert account is not None and whose is not None  # a mandate has both
    params: dict[str, Fact] = {"who": whose.trader.name, "account": account.title}
    for holder in sorted(holders):
        record = tx.traders.get(holder)
        if record is not None:
            notify(kind, record, params, now, tx, deps)


def _grant(number: str, trader: Trader, role: Role, actor: str, now: datetime, tx: Transaction, deps: Dependencies) -> Mandate:
    account = tx.accounts.by_number(number.strip().upper())
    if account is None:
        raise SekishoError(Kind.MISSING, "There is no account of that number.", number)
    current = [mandate for mandate, _ in tx.accounts.mandates_on(account.id) if mandate.holds(now)]
    if any(mandate.trader == trader.id for mandate in current):
        raise SekishoError(Kind.CONFLICT, "This trader has a mandate on that account already.", number)
    if role is Role.HOLDER and any(mandate.role is Role.HOLDER for mandate in current):
        raise SekishoError(Kind.CONFLICT, "That account has a holder already.", number)
    holders = set(holders_of(account.id, now, tx))
    mandate = Mandate(new_id("man", now), account.id, trader.id, role, now)
    tx.accounts.grant(mandate)
    facts: dict[str, Fact] = {"role": role, "mandate": mandate.id}
    tx.audit.append(Event(EventKind.MANDATE_GRANTED, actor=actor, trader=trader.id, account=account.id, facts=facts), now)
    _tell(NoticeKind.MANDATE_GRANTED, mandate, holders, now, tx, deps)
    return mandate


def _note_email(trader: Trader, address: str, actor: str, now: datetime, tx: Transaction, keyring: Keyring) -> None:
    """The second address of his notices, active at once: staff took it from his application, and know it as well as his phone (N45)."""
    contact_id = new_id("con", now)
    sealed = keyring.seal(Purpose.FIELDS, address, contact_id)
    tx.contacts.add(Contact(contact_id, trader.id, ContactKind.EMAIL, ContactState.ACTIVE, sealed, now, actor))
    facts: dict[str, Fact] = {"contact": contact_id, "contact_kind": ContactKind.EMAIL}
    tx.audit.append(Event(EventKind.CONTACT_ADDED, actor=actor, trader=trader.id, facts=facts), now)


def new_phone(trader: str, number: str, now: datetime, keyring: Keyring) -> Authenticator:
    """A phone is pending until a code that was sent to it came back (N41)."""
    phone_id = new_id("aut", now)
    sealed = keyring.seal(Purpose.FIELDS, number, phone_id)
    return Authenticator(phone_id, trader, AuthenticatorKind.PHONE, AuthenticatorState.PENDING, sealed, now, now)


def issue_activation(trader: str, actor: str, now: datetime, tx: Transaction, keyring: Keyring) -> Secret:
    """An activation code of 80 random bits: once, 24 h, kept as a keyed hash (R16: ≥ 64 bits)."""
    code = new_letters(16).reveal()
    authenticator_id = new_id("aut", now)
    value = keyring.keyed_hash(Purpose.CODES, f"{authenticator_id}|activation|{code}")
    tx.authenticators.add(
        Authenticator(
            authenticator_id, trader, AuthenticatorKind.ACTIVATION, AuthenticatorState.PENDING, value, now, now, now + ACTIVATION_LIFE
        )
    )
    tx.authenticators.note(LifeEntry(authenticator_id, now, "bound", actor))
    return Secret("-".join(code[start : start + 4] for start in range(0, 16, 4)))
