"""What a trader sees of himself: overview, accounts, messages, security (R7: always within his own scope)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.accounts import Account, Mandate, Right, Trader, masked_phone
from sekisho.domain.authentication.known_client import KnownClient
from sekisho.domain.sessions import Session
from sekisho.flows import checkpoint
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import phone_number
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import LoginFilter, PastLogin
from sekisho.flows.ports.storage import InboxNotice
from sekisho.flows.see_alerts import Alerts, alerts_of
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import missing

__all__ = ["AccountPage", "Overview", "SecurityPage", "mark_message_read", "see_account", "see_messages", "see_overview", "see_security"]

_NEWEST = 3  # logins on the page itself
_SECOND = timedelta(seconds=1)  # the login of this moment counts too


@dataclass(frozen=True, slots=True)
class Overview:
    """previous: the login before this one; None at the first. quarantined: interim mode (R4)."""

    accounts: list[tuple[Account, Mandate]]
    previous: Session | None
    unread: int
    newest: list[InboxNotice]
    alerts: Alerts
    quarantined: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """traders: who may act for the account; only the holder, or who manages security, sees the others."""

    account: Account
    own: Mandate
    traders: list[tuple[Mandate, Trader]]


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """newest: client → its newest session, for where it was used from. logins: the last of all, refused ones too."""

    password_changed: datetime | None
    masked_phone: str
    clients: list[KnownClient]
    newest: dict[str, Session]
    sessions: list[Session]
    logins: list[PastLogin]
    alerts: Alerts
    quarantined: bool


def see_overview(live: LiveSession, deps: Dependencies) -> Overview:
    now = deps.clock()
    with deps.storage.reading() as tx:
        record = tx.traders.get(live.trader.id)
        if record is None:
            raise missing("trader")
        accounts = tx.accounts.acted_for_by(live.trader.id, now)
        return Overview(
            accounts=accounts,
            previous=tx.sessions.before(live.session),
            unread=tx.inbox.unread(live.trader.id),
            newest=tx.inbox.of(live.trader.id, limit=3),
            alerts=alerts_of(live, record, [account for account, _ in accounts], now, tx, deps),
            quarantined=checkpoint.quarantined(live.trader, live.session, now),
        )


def see_account(live: LiveSession, account: str, deps: Dependencies) -> AccountPage:
    """Raises MISSING for an account that is not his to see, and audits it (R7)."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        seen = checkpoint.account_for(live, account, Right.VIEW, now, tx)
        traders = [] if isinstance(seen, Refused) else [pair for pair in tx.accounts.mandates_on(account) if pair[0].holds(now)]
    if isinstance(seen, Refused):
        checkpoint.refuse_object(live, "account", account, deps, seen)
    found, own = seen
    if not own.allows(Right.MANAGE_SECURITY, now):
        traders = [pair for pair in traders if pair[1].id == live.trader.id]
    return AccountPage(found, own, traders)


def see_messages(live: LiveSession, deps: Dependencies) -> list[InboxNotice]:
    with deps.storage.reading() as tx:
        return tx.inbox.of(live.trader.id)


def mark_message_read(live: LiveSession, message: str, deps: Dependencies) -> None:
    """Raises MISSING for a message that is not his, and audits it (R7)."""
    with deps.storage.transaction() as tx:
        marked = tx.inbox.mark_read(live.trader.id, message, deps.clock())
    if not marked:
        checkpoint.refuse_object(live, "message", message, deps)


def see_security(live: LiveSession, deps: Dependencies) -> SecurityPage:
    now = deps.clock()
    with deps.storage.reading() as tx:
        record = tx.traders.get(live.trader.id)
        if record is None:
            raise missing("trader")
        phone = masked_phone(phone_number(record.phone, deps.keyring).reveal()) if record.phone else ""
        return SecurityPage(
            password_changed=record.password.changed if record.password else None,
            masked_phone=phone,
            clients=tx.known_clients.of(live.trader.id, now),
            newest=tx.sessions.newest_of_clients(live.trader.id),
            sessions=[session for session in tx.sessions.live_of(live.trader.id) if not session.admits(now).refused],
            logins=tx.logins.of([live.trader.id], LoginFilter(now - deps.policies.sessions.keep_logins, now + _SECOND), _NEWEST),
            alerts=alerts_of(live, record, [account for account, _ in tx.accounts.acted_for_by(live.trader.id, now)], now, tx, deps),
            quarantined=checkpoint.quarantined(live.trader, live.session, now),
        )
