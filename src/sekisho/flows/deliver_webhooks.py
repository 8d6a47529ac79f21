"""The broker is told, and has to say that he heard (R13, R15): claim, send outside any transaction, settle.

A webhook leaves at least once and carries the same id each time. A freeze that is not acknowledged within ten seconds is a top alert:
the audit log and the metrics say so once, and it is tried on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.webhooks import Webhook, WebhookPolicy, body_of, is_urgent, next_try
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.flows.ports.webhooks import Acknowledged, Given, NeverAgain, NotYet, WebhookSender
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id

__all__ = ["WebhookDependencies", "alert_unanswered", "deliver_webhook", "queue_webhook", "retry_webhook"]


@dataclass(frozen=True, slots=True)
class WebhookDependencies:
    """clock: aware UTC. alert: told the kind of each one that was not acknowledged in time. chance: draws from [0, 1), for the jitter."""

    storage: Storage
    sender: WebhookSender
    policy: WebhookPolicy
    clock: Callable[[], datetime]
    alert: Callable[[str], None] = lambda kind: None
    chance: Callable[[], float] = random.random


def queue_webhook(policy: WebhookPolicy, kind: str, data: Mapping[str, object], now: datetime, tx: Transaction) -> None:
    """In the commit of what it tells of: it is told if and only if that happened."""
    by = now + policy.acknowledge_within if is_urgent(kind) else None
    tx.webhooks.add(Webhook(new_id("whk", now), kind, body_of(kind, data, now), now, now, acknowledge_by=by))


def deliver_webhook(deps: WebhookDependencies) -> int:
    """Send the next one that is due; how many were taken. Call again at once when it is not 0."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        if not tx.webhooks.any_due(now):
            return 0
    with deps.storage.transaction() as tx:
        claimed = tx.webhooks.claim_due(now)
    if claimed is None:
        return 0
    given = _send(claimed, now, deps)
    with deps.storage.transaction() as tx:
        _settle(claimed, given, deps.clock(), tx, deps)
    return 1


def alert_unanswered(deps: WebhookDependencies) -> int:
    """Each one that is late is told of once, by whichever node sees it first; how many."""
    now = deps.clock()
    with deps.storage.reading() as tx:
        late = tx.webhooks.unanswered(now, 100)
    for webhook in late:
        with deps.storage.transaction() as tx:
            first = tx.webhooks.alerted(webhook.id, now)
            if first:
                tx.audit.append(Event(EventKind.WEBHOOK_UNANSWERED, reason=webhook.reason or None, facts=_facts(webhook)), now)
        if first:
            deps.alert(webhook.kind)
    return len(late)


def retry_webhook(webhook: str, actor: str, now: datetime, storage: Storage) -> Webhook:
    """A dead letter is tried once more, as an operator wishes. Raises MISSING for any other."""
    with storage.transaction() as tx:
        revived = tx.webhooks.revive(webhook, now)
        if revived is None:
            raise missing(f"no dead letter {webhook}")
        tx.audit.append(Event(EventKind.WEBHOOK_REVIVED, actor=actor, facts=_facts(revived)), now)
    return revived


def _send(webhook: Webhook, now: datetime, deps: WebhookDependencies) -> Given:
    try:
        return deps.sender.send(webhook, now)
    except Exception as fault:
        # Its text might hold what was being sent, so the kind of fault must do.
        return NotYet(f"fault_{type(fault).__name__}")


def _settle(webhook: Webhook, given: Given, now: datetime, tx: Transaction, deps: WebhookDependencies) -> None:
    match given:
        case Acknowledged():
            tx.webhooks.acknowledged(webhook, now)
        case NeverAgain(reason):
            _bury(webhook, reason, now, tx)
        case NotYet(reason, retry_after):
            again = next_try(webhook.kind, webhook.attempts - 1, now, deps.chance(), retry_after)
            if again - webhook.made >= deps.policy.keep_trying:
                _bury(webhook, f"too_late: {reason}", now, tx)
            else:
                tx.webhooks.failed(webhook, reason, again)


def _bury(webhook: Webhook, reason: str, now: datetime, tx: Transaction) -> None:
    if tx.webhooks.dead(webhook, now, reason):
        tx.audit.append(Event(EventKind.WEBHOOK_DEAD, reason=reason, facts=_facts(webhook)), now)


def _facts(webhook: Webhook) -> dict[str, Fact]:
    return {"webhook": webhook.id, "webhook_kind": webhook.kind, "attempts": webhook.attempts}
