"""Empty the outbox: claim, send outside any transaction, settle (DESIGN §4, R10).

A message leaves at least once, and carries the same idempotency key each time. It is a dead letter when it has expired, when it has
been tried often enough, or when the other side says never; then an operator sees it, and the audit log names it (no address, no text).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.policies import DeliveryPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered, Delivery, MessageState, OutboxMessage, Rejected, Sender
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.kernel.errors import Kind, SekishoError, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.texts.catalogue import N_

__all__ = ["BATCH", "DeliveryDependencies", "deliver_due", "revive_message"]

BATCH = 4  # times the longest send (10 s) this stays below the lease


@dataclass(frozen=True, slots=True)
class DeliveryDependencies:
    """clock: aware UTC, asked again after a send, which takes seconds. chance: draws from [0, 1), for the jitter."""

    storage: Storage
    senders: Mapping[Channel, Sender]
    policy: DeliveryPolicy
    clock: Callable[[], datetime]
    chance: Callable[[], float] = random.random


def deliver_due(now: datetime, deps: DeliveryDependencies, only: Channel | None = None) -> int:
    """Send what is due, a few messages at a time; how many were taken. Call again at once when it is not 0.

    only: messages of one way, so that a mail server that hangs keeps no code waiting; None for all.
    """
    with deps.storage.reading() as tx:
        if not tx.outbox.any_due(now, only):
            return 0
    with deps.storage.transaction() as tx:
        claimed = tx.outbox.claim_due(now, BATCH, only)
    for message in claimed:
        # The claim may be old by now; a code that expired while others were sent is not sent.
        outcome = Rejected("expired") if message.expires <= deps.clock() else _send(message, deps)
        with deps.storage.transaction() as tx:
            _settle(message, outcome, deps.clock(), tx, deps)
    return len(claimed)


def _send(message: OutboxMessage, deps: DeliveryDependencies) -> Delivery:
    sender = deps.senders.get(message.channel)
    if sender is None:
        return Deferred("no_sender", None)
    try:
        return sender.send(message)
    except Exception as fault:
        # Its text might hold what was being sent, so the kind of fault must do.
        return Deferred(f"fault_{type(fault).__name__}", None)


def _settle(message: OutboxMessage, outcome: Delivery, now: datetime, tx: Transaction, deps: DeliveryDependencies) -> None:
    match outcome:
        case Delivered(ref):
            tx.outbox.sent(message, now, ref)
        case Rejected(reason):
            _bury(message, reason, now, tx)
        case Deferred(reason, retry_after):
            next_try = now + _wait(message, retry_after, deps)
            if message.attempts >= _tries(message, deps.policy):
                _bury(message, f"tries_spent: {reason}", now, tx)
            elif next_try >= message.expires:
                _bury(message, f"too_late: {reason}", now, tx)
            else:
                tx.outbox.failed(message, now, reason, next_try)


def _wait(message: OutboxMessage, retry_after: timedelta | None, deps: DeliveryDependencies) -> timedelta:
    """The policy's wait, or longer when the other side asks for it."""
    wait = deps.policy.wait(message.attempts, message.expires - message.created, deps.chance())
    return max(wait, retry_after or wait)


def _tries(message: OutboxMessage, policy: DeliveryPolicy) -> int:
    return policy.code_tries if message.code is not None else policy.notice_tries


def _bury(message: OutboxMessage, reason: str, now: datetime, tx: Transaction) -> None:
    if not tx.outbox.dead(message, now, reason):
        return  # another worker has settled it since
    facts: dict[str, Fact] = {
        "message": message.id,
        "message_kind": message.kind,
        "channel": message.channel.value,
        "attempts": message.attempts,
    }
    tx.audit.append(Event(EventKind.MESSAGE_DEAD, trader=message.trader, reason=reason, facts=facts), now)


def revive_message(message: str, actor: str, now: datetime, storage: Storage) -> None:
    """A dead letter is tried once more, as an operator wishes. MISSING: no such dead letter. CONFLICT: it expired, or held a code."""
    with storage.transaction() as tx:
        posting = tx.outbox.find(message)
        if posting is None or posting.state is not MessageState.DEAD:
            raise missing(message)
        if not tx.outbox.revive(message, now):
            raise SekishoError(Kind.CONFLICT, N_("This message has expired and cannot be sent again."), message)
        facts: dict[str, Fact] = {"message": message, "message_kind": posting.kind, "revived": True}
        tx.audit.append(Event(EventKind.NOTICE_QUEUED, actor=actor, trader=posting.trader, facts=facts), now)
