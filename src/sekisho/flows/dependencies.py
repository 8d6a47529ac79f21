"""What every flow is handed: the outside world behind ports, the firm's numbers, and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sekisho.domain.accounts import ContactPolicy
from sekisho.domain.authentication.codes import CodePolicy
from sekisho.domain.authentication.passwords import PasswordPolicy
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.domain.broker_access import BrokerAccessPolicy
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.ip_restrictions import IpRestrictionPolicy
from sekisho.domain.lockout import LockoutPolicy
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.sessions import SessionPolicy
from sekisho.flows.ports.geodata import Geodata
from sekisho.flows.ports.memory import SessionMemory
from sekisho.flows.ports.monitoring import Draft, Monitor, Outcome
from sekisho.flows.ports.security import HashPool, Keyring
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.kernel.errors import unavailable
from sekisho.kernel.events import Fact
from sekisho.kernel.secrets import Secret

__all__ = ["Dependencies", "Observer", "OffLoop", "Policies"]

Result = TypeVar("Result")


class OffLoop(Protocol):
    """Runs a blocking function in a thread while the event loop goes on."""

    def __call__(self, function: Callable[..., Result], /, *args: object) -> Awaitable[Result]: ...


class Observer(Protocol):
    """Counts for the metrics; never decides anything. outcome: a short fixed word, nothing personal."""

    def login(self, outcome: str) -> None: ...
    def code(self, outcome: str) -> None: ...
    def session(self, outcome: str) -> None: ...
    def event_conflict(self) -> None: ...


class QueueWebhook(Protocol):
    """Tells the broker, through the outbox of webhooks, in the caller's commit."""

    def __call__(self, kind: str, payload: Mapping[str, object], now: datetime, tx: Transaction) -> None: ...


def no_webhook(kind: str, payload: Mapping[str, object], now: datetime, tx: Transaction) -> None:
    """A firm without a broker's address for them."""


class NoMonitor:
    """Where no event log is served, as on the command line."""

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        raise unavailable("events are taken by the server only")

    def judged(self, event: str, patience: timedelta) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Policies:
    """The firm's numbers, one policy per promise. portal_host: the portal's own name, from settings, never from a Host header (R5).

    notice_life: how long an undelivered notice is tried (J13). mail: whether there is a way to send e-mail.
    """

    firm: FirmPolicy
    lockout: LockoutPolicy
    sessions: SessionPolicy
    passwords: PasswordPolicy
    codes: CodePolicy
    sends: SendPolicy
    ip_restrictions: IpRestrictionPolicy
    portal_host: str
    notice_life: timedelta
    mail: bool
    contacts: ContactPolicy = field(default_factory=ContactPolicy)
    monitoring: MonitoringPolicy = field(default_factory=MonitoringPolicy)
    broker_access: BrokerAccessPolicy = field(default_factory=BrokerAccessPolicy)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """clock: aware UTC; never runs backwards. run: see OffLoop. breached: whether a password stands in the imported list (R16).

    outbox_ready: wakes the sender of messages after a commit. geodata: where an address seems to be. monitor: the way into the event log.
    webhooks: queues what the broker is told, in the caller's commit. operator: of the command line, which accounts of the operating
    system stand behind the actor, for acts that need two persons (R12); the server has none.
    """

    storage: Storage
    keyring: Keyring
    hashing: HashPool
    memory: SessionMemory
    policies: Policies
    clock: Callable[[], datetime]
    run: OffLoop
    breached: Callable[[Secret], bool]
    outbox_ready: Callable[[], None]
    observer: Observer
    geodata: Geodata
    monitor: Monitor = field(default_factory=NoMonitor)
    webhooks: QueueWebhook = no_webhook
    operator: Mapping[str, Fact] = field(default_factory=dict)
