"""The transactional outbox and the senders behind it (DESIGN §4, R10).

    waiting ──claim──▶ waiting (leased) ──sent──▶ sent
       ▲                    │ failed: due again at `next_try`
       └────────────────────┤ dead: rejected, expired or out of tries ──▶ dead ──revive──▶ waiting
                            └ worker died: due again when the lease is over

A message is added in the commit of the flow that causes it, and leaves at least once. Address, subject, body and code are kept
sealed; they are erased once the message is sent, and a code's once it is dead; of a sent notice's address its masked form stays. Nothing
else in a row is secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sekisho.domain.notifications.kinds import Channel
from sekisho.kernel.secrets import Secret

__all__ = ["LEASE", "Deferred", "Delivered", "Delivery", "MessageState", "Outbox", "OutboxCounts", "OutboxMessage", "Posting"]
__all__ += ["Rejected", "Sender"]

# Longer than a claimed batch can take to send; shorter than anyone wants to wait after a crash.
LEASE = timedelta(seconds=60)


class MessageState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One rendered message to one address.

    id: `msg_…`. kind: a NoticeKind, or `code.` and a CodePurpose. code: the code inside the body, for senders that show it apart.
    due: not before this time. expires: worthless from then on. attempts: claims so far, the present one included. reference: by which the
    reader can ask whether it is from us; empty for codes.
    """

    id: str
    trader: str
    channel: Channel
    address: Secret
    kind: str
    language: str
    subject: Secret
    body: Secret
    code: Secret | None
    created: datetime
    due: datetime
    expires: datetime
    attempts: int = 0
    reference: str = ""

    @property
    def idempotency_key(self) -> str:
        """The same at every try of this message, so that a provider can tell a repeat from a second message."""
        return self.id


@dataclass(frozen=True, slots=True)
class Posting:
    """What the command line, the desk and a login page may see of a message: no address, no text, no code."""

    id: str
    trader: str
    channel: Channel
    kind: str
    state: MessageState
    attempts: int
    created: datetime
    due: datetime
    expires: datetime
    settled: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    waiting: int
    sent: int
    dead: int
    oldest_due: datetime | None  # of the waiting ones


class Outbox(Protocol):
    """Messages on their way out. Settling (`sent`, `failed`, `dead`) holds only while the message is WAITING and its `attempts` are
    those of the claim: a worker whose lease ran out changes nothing any more. It returns whether it held."""

    def add(self, message: OutboxMessage) -> None: ...

    def any_due(self, now: datetime, only: Channel | None = None) -> bool:
        """Whether a claim would find something; reads only, so that an idle poll takes no write lock. only: of that way; None: of all."""

    def claim_due(self, now: datetime, limit: int, only: Channel | None = None) -> list[OutboxMessage]:
        """WAITING messages with due ≤ now, soonest `expires` first (codes before notices), expired ones included. Each gets
        attempts + 1 and due = now + LEASE in the same commit, so no two workers hold one (PostgreSQL: FOR UPDATE SKIP LOCKED)."""

    def sent(self, message: OutboxMessage, now: datetime, provider_ref: str) -> bool:
        """SENT; address, subject, body and code are erased."""

    def failed(self, message: OutboxMessage, now: datetime, reason: str, next_try: datetime) -> bool:
        """Stays WAITING, due at `next_try`."""

    def dead(self, message: OutboxMessage, now: datetime, reason: str) -> bool:
        """DEAD. Where the message holds a code, address, subject, body and code are erased."""

    def revive(self, message: str, now: datetime) -> bool:
        """A DEAD message whose content is kept and whose `expires` lies ahead is WAITING again, due now, with no attempts; else False."""

    def find(self, message: str) -> Posting | None: ...

    def by_reference(self, trader: str, reference: str) -> Posting | None:
        """One of this trader's messages, and of nobody else's (R7)."""

    def masked_address(self, message: str) -> str:
        """Where it went, as its owner recognises it; empty for a settled code."""

    def bounced(self, message: str, now: datetime, reason: str) -> bool:
        """A SENT message came back: DEAD. Whether it was sent."""

    def newest(self, trader: str, kind: str) -> Posting | None:
        """The message of that kind added last to this trader."""

    def waiting(self, limit: int) -> list[Posting]:
        """Oldest due first."""

    def dead_letters(self, limit: int) -> list[Posting]:
        """Newest first."""

    def purge(self, before: datetime) -> int:
        """Delete settled messages created before that time; how many."""

    def counts(self) -> OutboxCounts: ...

    def last_due(self, trader: str, kind: str) -> datetime | None:
        """The newest first `due` given to `add` for this trader and kind, whatever became of the message (rate rule of R10): a lease or
        a retry does not move it."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """ref: the provider's own name for the message, or empty."""

    ref: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """It may work later. reason: a fixed word, never what the provider wrote."""

    reason: str
    retry_after: timedelta | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never work. reason: a fixed word, never what the provider wrote."""

    reason: str


Delivery = Delivered | Deferred | Rejected


class Sender(Protocol):
    """Hands one message to the outside. Total time at most 10 s; no exception carries address, text or code."""

    def send(self, message: OutboxMessage) -> Delivery: ...
