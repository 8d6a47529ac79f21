"""One transaction with its repositories."""

from __future__ import annotations

from sekisho.adapters.storage.accounts import Accounts, Traders
from sekisho.adapters.storage.address_lists import AddressLists
from sekisho.adapters.storage.audit import AuditEntries
from sekisho.adapters.storage.authentication import Authenticators, KnownClients
from sekisho.adapters.storage.broker import AnswersOnce, BrokerKeys
from sekisho.adapters.storage.ceremonies import Ceremonies, Sends
from sekisho.adapters.storage.contacts import Contacts
from sekisho.adapters.storage.coordination import Changes, Leases
from sekisho.adapters.storage.event_log import EventLog
from sekisho.adapters.storage.forwarded_events import ForwardedEvents
from sekisho.adapters.storage.inbox import Inbox
from sekisho.adapters.storage.instructions import Instructions
from sekisho.adapters.storage.keyed_rows import KeyedRows
from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.lockouts import Lockouts
from sekisho.adapters.storage.logins import PastLogins
from sekisho.adapters.storage.outbox import Outbox
from sekisho.adapters.storage.rule_rows import RuleLists, RuleSets
from sekisho.adapters.storage.sealing import Sealing
from sekisho.adapters.storage.sessions import Sessions
from sekisho.adapters.storage.snapshot_rows import Snapshots
from sekisho.adapters.storage.upkeep import Upkeep
from sekisho.adapters.storage.webhooks import Webhooks

__all__ = ["SqlTransaction"]


class SqlTransaction:
    """See `flows.ports.storage.Transaction`. Repositories are two words big and made when asked for."""

    __slots__ = ("_line", "_sealing")

    def __init__(self, line: Line, sealing: Sealing) -> None:
        self._line = line
        self._sealing = sealing

    @property
    def accounts(self) -> Accounts:
        return Accounts(self._line)

    @property
    def traders(self) -> Traders:
        return Traders(self._line)

    @property
    def authenticators(self) -> Authenticators:
        return Authenticators(self._line)

    @property
    def lockouts(self) -> Lockouts:
        return Lockouts(self._line)

    @property
    def known_clients(self) -> KnownClients:
        return KnownClients(self._line)

    @property
    def ceremonies(self) -> Ceremonies:
        return Ceremonies(self._line)

    @property
    def sends(self) -> Sends:
        return Sends(self._line)

    @property
    def sessions(self) -> Sessions:
        return Sessions(self._line)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self._line)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self._line, self._sealing)

    @property
    def audit(self) -> AuditEntries:
        return AuditEntries(self._line, self._sealing)

    @property
    def address_lists(self) -> AddressLists:
        return AddressLists(self._line)

    @property
    def logins(self) -> PastLogins:
        return PastLogins(self._line)

    @property
    def contacts(self) -> Contacts:
        return Contacts(self._line)

    @property
    def changes(self) -> Changes:
        return Changes(self._line)

    @property
    def leases(self) -> Leases:
        return Leases(self._line)

    @property
    def upkeep(self) -> Upkeep:
        return Upkeep(self._line)

    @property
    def broker_keys(self) -> BrokerKeys:
        return BrokerKeys(self._line)

    @property
    def answers(self) -> AnswersOnce:
        return AnswersOnce(self._line)

    @property
    def webhooks(self) -> Webhooks:
        return Webhooks(self._line, self._sealing)

    @property
    def keyed(self) -> KeyedRows:
        return KeyedRows(self._line)

    @property
    def events(self) -> EventLog:
        return EventLog(self._line)

    @property
    def forwarded(self) -> ForwardedEvents:
        return ForwardedEvents(self._line)

    @property
    def rule_sets(self) -> RuleSets:
        return RuleSets(self._line)

    @property
    def rule_lists(self) -> RuleLists:
        return RuleLists(self._line)

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self._line)

    @property
    def instructions(self) -> Instructions:
        return Instructions(self._line)
