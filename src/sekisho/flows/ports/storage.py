"""What flows need of a database (DESIGN §4). One contract suite holds for SQLite and PostgreSQL.

A repository takes the actor's scope where an object belongs to somebody, never a bare id (R7). `lock…` reads a row and keeps it from
others until the transaction ends; so does `save`, and whatever ends or drops rows. A database that is locked, full or gone raises
SekishoError UNAVAILABLE; nothing was written.

Locks are taken in one order, so that no two flows wait for each other (PostgreSQL would end one of them, and if that were the writer of
the event log, its state would have to be rebuilt):

    lease ▶ ceremony ▶ trader ▶ session ▶ lockout ▶ list of addresses ▶ account ▶ instruction ▶ change

Several of a kind by their ids, upwards. `changes.append` comes last, when all that may wait has been locked: it holds the counter for which
every flow waits that ends a session or changes a trader. What belongs to one trader alone (authenticators, known clients, contacts) is
guarded by his row, what belongs to one account by the account's.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.domain.accounts import Account, Mandate, Trader
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind
from sekisho.domain.authentication.ceremony import Ceremony
from sekisho.domain.authentication.known_client import KnownClient
from sekisho.domain.ip_restrictions import AddressList
from sekisho.domain.lockout import Attempts, FailureTotal
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.ports.audit import AuditEntries
from sekisho.flows.ports.broker import AnswersOnce, BrokerKeys
from sekisho.flows.ports.coordination import Change, ChangeKind, Changes, Lease, Leases
from sekisho.flows.ports.delivery import Outbox
from sekisho.flows.ports.forwarding import ForwardedEvents
from sekisho.flows.ports.keyed_rows import KeyedRows
from sekisho.flows.ports.monitoring import EventLog, Instructions, RuleLists, RuleSets, Snapshots
from sekisho.flows.ports.own_gate import AddressLists, Contacts, PastLogins
from sekisho.flows.ports.upkeep import Upkeep
from sekisho.flows.ports.webhooks import Webhooks
from sekisho.kernel.events import Fact

__all__ = ["Change", "ChangeKind", "InboxNotice", "Lease", "LifeEntry", "LoginRecord", "Storage", "Transaction"]


@dataclass(frozen=True, slots=True)
class LoginRecord:
    """A trader with what he logs in with and from where, read in one query. addresses: None when he may come from anywhere (R5)."""

    trader: Trader
    password: Authenticator | None
    phone: Authenticator | None
    addresses: AddressList | None = None


@dataclass(frozen=True, slots=True)
class LifeEntry:
    """One date in the life of an authenticator (N36): what is `bound`, `confirmed`, `changed`, `disabled` or `removed`."""

    authenticator: str
    at: datetime
    what: str
    by: str
    address: str | None = None
    program: str = ""


@dataclass(frozen=True, slots=True)
class InboxNotice:
    """A notice in the portal's inbox: key and parameters, drawn in the reader's language (R10)."""

    id: str
    trader: str
    at: datetime
    kind: str
    params: dict[str, Fact]
    read: datetime | None = None


class Accounts(Protocol):
    def add(self, account: Account) -> None: ...
    def by_number(self, number: str) -> Account | None: ...
    def ids_of(self, numbers: Iterable[str]) -> dict[str, str]:
        """Of each number that there is; one question for all."""

    def get(self, account: str) -> Account | None:
        """For timers and staff; a trader's flow asks `seen_by` (R7)."""

    def lock(self, account: str) -> Account | None:
        """Before an instruction of it is locked: claims, answers and freezes of one account come one after the other (R13)."""

    def lock_all(self, accounts: Iterable[str]) -> list[Account]:
        """Those of them that there are, locked in the order of their ids, with one question."""

    def freeze(self, account: str, reasons: frozenset[str]) -> None:
        """From now on frozen for these reasons; none opens it."""

    def all(self) -> list[Account]: ...
    def grant(self, mandate: Mandate) -> None: ...
    def end_mandate(self, mandate: str, now: datetime) -> Mandate | None:
        """As it is now. None when there is no such mandate, or it has ended already, which keeps its earlier end."""

    def mandates_on(self, account: str) -> list[tuple[Mandate, Trader]]:
        """All mandates on an account, past ones too, with their traders; holder first."""

    def acted_for_by(self, trader: str, now: datetime) -> list[tuple[Account, Mandate]]:
        """Accounts on which this trader holds a mandate at `now`."""

    def seen_by(self, trader: str, account: str, now: datetime) -> tuple[Account, Mandate] | None:
        """The account with this trader's mandate of `now`; None when there is no such account or no mandate: alike (R7)."""


class Traders(Protocol):
    def add(self, trader: Trader, look_alike: str) -> None: ...
    def taken(self, username: str, look_alike: str) -> bool: ...
    def by_username(self, username: str) -> LoginRecord | None:
        """With the password and the newest phone that is pending or active; disabled and removed ones are left out."""

    def ids_of(self, usernames: Iterable[str]) -> dict[str, str]: ...
    def get(self, trader: str) -> LoginRecord | None: ...
    def lock(self, trader: str) -> LoginRecord | None: ...
    def save(self, trader: Trader) -> None: ...
    def all(self) -> list[Trader]: ...


class Authenticators(Protocol):
    def add(self, authenticator: Authenticator) -> None: ...
    def save(self, authenticator: Authenticator) -> None: ...
    def of(self, trader: str) -> list[Authenticator]: ...
    def newest(self, trader: str, kind: AuthenticatorKind) -> Authenticator | None:
        """The newest one of that kind that is pending or active."""

    def by_value(self, kind: AuthenticatorKind, value: str) -> Authenticator | None: ...
    def note(self, entry: LifeEntry) -> None: ...
    def life_of(self, trader: str) -> list[LifeEntry]: ...


class Lockouts(Protocol):
    """Rows are kept by authenticator (or decoy) and lane; an absent row reads as no failures and is created by `lock`."""

    def lock(self, authenticator: str, lane: str) -> tuple[Attempts, FailureTotal]: ...
    def save(self, authenticator: str, lane: str, attempts: Attempts, total: FailureTotal) -> None: ...
    def read(self, authenticator: str, lane: str) -> tuple[Attempts, FailureTotal]: ...
    def restricted(self, now: datetime) -> int:
        """How many lanes of real authenticators are restricted."""

    def lanes_of(self, authenticator: str) -> dict[str, Attempts]: ...
    def unlock(self, authenticator: str, lane: str | None) -> list[str]:
        """Lift count and restriction of one lane, or of all; returns the lanes that were restricted. The total stays."""


class KnownClients(Protocol):
    def by_token(self, token_hash: str) -> KnownClient | None: ...
    def add(self, client: KnownClient) -> None: ...
    def save(self, client: KnownClient) -> None: ...
    def of(self, trader: str, now: datetime) -> list[KnownClient]:
        """The trader's live ones, last used first."""

    def drop(self, trader: str, client: str) -> bool: ...
    def drop_all(self, trader: str, keep: str | None = None) -> int: ...


class Ceremonies(Protocol):
    def add(self, ceremony: Ceremony) -> None: ...
    def by_token(self, token_hash: str) -> Ceremony | None: ...
    def lock_by_token(self, token_hash: str) -> Ceremony | None: ...
    def save(self, ceremony: Ceremony) -> None: ...
    def unfinished_logins(self, trader: str, lane: str, since: datetime) -> list[Ceremony]:
        """Logins in that lane whose password was right and whose second factor never came, started at or after `since`."""

    def void_logins(self, trader: str, lane: str) -> int:
        """Logins in progress in that lane die, as by a change of the trader's gate; they stay, to be told of when they run out."""

    def expired_logins(self, now: datetime, limit: int) -> list[Ceremony]:
        """Open logins past their `expires`, oldest first, for the timer that closes them."""

    def purge(self, ended_before: datetime, unfinished_before: datetime) -> int:
        """Delete what ended or expired before the first time; logins that were never finished only before the second one."""


class Sends(Protocol):
    def record(self, trader: str, lane: str, at: datetime) -> None: ...
    def times(self, trader: str, lane: str, since: datetime) -> list[datetime]: ...
    def firm_count(self, since: datetime) -> int: ...
    def purge(self, before: datetime) -> int: ...


class Sessions(Protocol):
    def add(self, session: Session) -> None: ...
    def by_token(self, token_hash: str) -> Session | None: ...
    def get(self, session: str) -> Session | None: ...
    def lock(self, session: str) -> Session | None: ...
    def save(self, session: Session) -> None: ...
    def live_of(self, trader: str) -> list[Session]:
        """Not ended (they may be over by the clock), oldest first."""

    def before(self, session: Session) -> Session | None:
        """The trader's newest session that started before this one, ended or not."""

    def newest_of_clients(self, trader: str) -> dict[str, Session]:
        """Of each known client the newest session, ended or not."""

    def live(self) -> list[tuple[Session, str]]:
        """All not ended, with their usernames."""

    def over(self, now: datetime, limit: int) -> list[str]:
        """So many at the most that are over by the clock and have not ended; the longest over first."""

    def end_all(self, trader: str, reason: EndReason, now: datetime, keep: str | None = None) -> list[str]:
        """Ends the trader's live sessions but `keep`; returns their ids."""


class Inbox(Protocol):
    def add(self, notice: InboxNotice) -> None: ...
    def of(self, trader: str, limit: int = 100) -> list[InboxNotice]: ...
    def unread(self, trader: str) -> int: ...
    def mark_read(self, trader: str, notice: str, now: datetime) -> bool: ...
    def purge(self, before: datetime) -> int: ...


class Transaction(Protocol):
    """One transaction: commits when its block ends well, rolls back on an exception."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def traders(self) -> Traders: ...
    @property
    def authenticators(self) -> Authenticators: ...
    @property
    def lockouts(self) -> Lockouts: ...
    @property
    def known_clients(self) -> KnownClients: ...
    @property
    def ceremonies(self) -> Ceremonies: ...
    @property
    def sends(self) -> Sends: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> AuditEntries: ...
    @property
    def address_lists(self) -> AddressLists: ...
    @property
    def logins(self) -> PastLogins: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def events(self) -> EventLog: ...
    @property
    def forwarded(self) -> ForwardedEvents: ...
    @property
    def rule_sets(self) -> RuleSets: ...
    @property
    def rule_lists(self) -> RuleLists: ...
    @property
    def snapshots(self) -> Snapshots: ...
    @property
    def instructions(self) -> Instructions: ...
    @property
    def broker_keys(self) -> BrokerKeys: ...
    @property
    def answers(self) -> AnswersOnce: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def keyed(self) -> KeyedRows: ...


class Storage(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """A write transaction. SQLite: queued fairly, 2 s deadline, then UNAVAILABLE."""

    def reading(self) -> AbstractContextManager[Transaction]:
        """A read-only snapshot."""

    def clock(self) -> datetime:
        """The database's clock."""

    def newest_time(self) -> datetime | None:
        """The newest time the database has seen, so that a clock set back extends nothing."""
