"""An older copy of the database stands in place of the lost one; the operator accepts that, and the house may open (R9).

    check the exported heads ──▶ one commit: end, stop again, next epoch, entry behind the gap ──▶ publish a head of that epoch

Everything that an older copy would let in by its own word ends: sessions, logins in progress, codes, known clients, changes that waited.
Whom the exported heads name as stopped since the copy is stopped again. Death before the commit leaves the house closed as it was; death
after it leaves it accepted, and the owner publishes the head.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime

from sekisho.domain.audit.chain import ChainPoint, seal
from sekisho.domain.audit.entry import AuditEntry, genuine, intact
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.restoration import Loss
from sekisho.domain.lockout import LockoutPolicy
from sekisho.flows.dependencies import QueueWebhook
from sekisho.flows.ports.security import AuditSigner
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.ports.upkeep import Ended
from sekisho.flows.restore_standing import Again, standing_of, stop_again
from sekisho.flows.seal_audit import SealDependencies, owned, publish_head
from sekisho.kernel.errors import Kind, SekishoError, invalid
from sekisho.kernel.events import Event, EventKind

__all__ = ["Acceptance", "Accepted", "accept_restored", "checked_reason"]

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Acceptance:
    """own: the last head of this copy, as it was when `heads` were picked. heads: exported ones that it does not have, by number.

    heads_lost: the operator says that heads are missing, so that not all can be stopped again who were. taken: the number of the newest
    head that each sink has, by its name.
    """

    actor: str
    reason: str
    own: Head | None
    heads: Sequence[Head]
    heads_lost: bool
    taken: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Accepted:
    """lost: entries that heads cover and this copy has not. stopped: how many were stopped again, by what stands against them.

    passed_over: how many of those that heads name are unknown to this copy, or were stopped in it already.
    """

    epoch: int
    kept: int
    lost: int
    ended: Ended
    stopped: Mapping[str, int]
    passed_over: int


def checked_reason(reason: str) -> str:
    """Raises INVALID unless it is written out in a few printable words."""
    if len(reason.strip()) < 5 or not reason.isprintable():
        raise invalid("Write the reason in a few words.", "reason")
    return reason.strip()[:500]


def accept_restored(
    asked: Acceptance, policy: LockoutPolicy, webhooks: QueueWebhook, now: datetime, deps: SealDependencies
) -> Accepted | None:
    """None when there was nothing to accept: the copy lacks no exported head, and was not put back.

    Raises INVALID for heads that are not of this database's log, or carry what this version does not know; CONFLICT when the log moved
    on meanwhile.
    """
    with owned(now, deps) as tx:
        if tx.upkeep.restored() is None and not asked.heads:
            return None
        loss = _loss(asked, tx)
        ended = tx.upkeep.end_everything(now)
        named = standing_of(asked.heads)
        again = Again(asked.actor, policy, webhooks, now)
        stopped = Counter(what.value for what, object_id, why in named if stop_again(what, object_id, why, again, tx))
        for head in asked.heads:
            tx.audit.add_head(head)
        for sink, number in asked.taken.items():
            tx.audit.mark_exported(sink, number, now)
        accepted = Accepted(loss.epoch, loss.kept.position, loss.entries, ended, stopped, len(named) - stopped.total())
        _write(loss, accepted, asked, now, tx, deps.signer)
        tx.upkeep.begin_epoch(loss.epoch)
    with suppress(SekishoError):  # it is accepted; the owner of a house that opens meanwhile publishes as well
        publish_head(now, deps)
    return accepted


def _loss(asked: Acceptance, tx: Transaction) -> Loss:
    """Where the chain goes on: after the last exported head, whose position nobody shall bear twice."""
    if tx.audit.last_head() != asked.own:
        raise SekishoError(Kind.CONFLICT, "The log has moved on meanwhile. Stop every `sekisho serve` of an older version.", "heads")
    kept = tx.audit.last_position()
    for head in asked.heads:
        if head.position <= kept.position and _point_at(head.position, tx) not in (None, head.point):
            detail = f"head {head.number} covers position {head.position}, and this database has another entry there"
            raise invalid("These heads are of another log, or this database was changed.", detail)
    last = asked.heads[-1].point if asked.heads else kept
    epoch = max([tx.audit.epoch(), *(head.epoch for head in asked.heads)]) + 1
    return Loss(kept, last if last.position > kept.position else kept, epoch, asked.reason)


def _point_at(position: int, tx: Transaction) -> ChainPoint | None:
    """None for a position that was purged."""
    if position == tx.audit.checkpoint().position:
        return tx.audit.checkpoint()
    return next((row.point for row in tx.audit.read(position, 1) if row.position == position), None)


def _write(loss: Loss, accepted: Accepted, asked: Acceptance, now: datetime, tx: Transaction, signer: AuditSigner) -> None:
    """The entry that tells it is sealed in the same commit, behind the gap; all others that wait come after it."""
    facts = {**loss.facts(), **asdict(accepted.ended), "stopped": sum(accepted.stopped.values()), "heads_lost": asked.heads_lost}
    tx.audit.append(Event(EventKind.RESTORE_ACCEPTED, actor=asked.actor, facts=facts), now)
    tx.audit.place(seal(loss.through, [_waiting_entry(tx, signer)]))


def _waiting_entry(tx: Transaction, signer: AuditSigner) -> AuditEntry:
    """The one just written; anything alike that is not ours stays unsealed."""
    after = ""
    while page := tx.audit.unsealed(_PAGE, after):
        for entry in page:
            if entry.kind == EventKind.RESTORE_ACCEPTED and intact(entry) and genuine(entry, signer.mac):
                return entry
        after = page[-1].id
    raise AssertionError("the entry was written in this transaction")
