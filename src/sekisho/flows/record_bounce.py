"""A mail came back after its server had taken it: a dead letter, seen by the operator, the audit log and the metrics (R10)."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.notifications import Channel
from sekisho.flows.ports.delivery import MessageState
from sekisho.flows.ports.storage import Storage
from sekisho.kernel.errors import Kind, SekishoError, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.texts.catalogue import N_

__all__ = ["record_bounce"]


def record_bounce(message: str, status: str, actor: str, now: datetime, storage: Storage) -> None:
    """status: an enhanced status code, or empty. MISSING: no such mail. CONFLICT: it has not left, or is a dead letter already."""
    reason = f"bounced: {status}" if status else "bounced"
    with storage.transaction() as tx:
        posting = tx.outbox.find(message)
        if posting is None or posting.channel is not Channel.EMAIL:
            raise missing(message)
        if posting.state is MessageState.DEAD:
            raise SekishoError(Kind.CONFLICT, N_("This message is a dead letter already."), message)
        if not tx.outbox.bounced(message, now, reason):
            raise SekishoError(Kind.CONFLICT, N_("This message has not left yet, so it cannot have come back."), message)
        facts: dict[str, Fact] = {"message": message, "message_kind": posting.kind, "channel": posting.channel.value}
        tx.audit.append(Event(EventKind.MESSAGE_BOUNCED, actor=actor, trader=posting.trader, reason=reason, facts=facts), now)
