"""The owner seals new audit entries into the chain and publishes signed heads of it (R8).

Within 1 s of its commit an entry gets its position and link; every minute and at stop a signed head leaves to the sinks outside the
database. Everything here runs in the process that holds the lease, which every transaction checks (fencing): two sealers never fork the
chain. An entry whose fields or MAC do not fit was not written by this house: it is never sealed, and shows in the metrics and in `verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.domain.audit.chain import seal
from sekisho.domain.audit.entry import genuine, intact
from sekisho.domain.audit.head import Head, sign, unsigned_head
from sekisho.flows.ports.audit import HeadSink
from sekisho.flows.ports.security import AuditSigner
from sekisho.flows.ports.storage import Lease, Storage, Transaction
from sekisho.kernel.errors import SekishoError, unavailable

__all__ = ["AuditWatch", "SealDependencies", "export_heads", "owned", "publish_head", "seal_new_entries"]

_PAGE = 1000
_HEADS_PAGE = 100


class AuditWatch(Protocol):
    """Numbers for the metrics; never decides anything and never raises."""

    def sealed(self, entries: int, refused: Sequence[str]) -> None:
        """After each round: how many entries were sealed now, and the ids of those that stay unsealed because they are forged."""

    def exported(self, sink: str, head: Head) -> None: ...

    def sink_failed(self, sink: str, why: str) -> None:
        """Nothing is lost: the same head is tried again at the next round."""


@dataclass(frozen=True, slots=True)
class SealDependencies:
    """lease: of the owner. firm: the firm's id, in every head.

    standing(tx, previous): ids of the restrictions, suspensions, freezes and ended mandates since the previous head (R9).
    """

    storage: Storage
    lease: Lease
    signer: AuditSigner
    sinks: tuple[HeadSink, ...]
    firm: str
    standing: Callable[[Transaction, Head | None], tuple[str, ...]]
    watch: AuditWatch


def seal_new_entries(now: datetime, deps: SealDependencies) -> int:
    """Seal every entry that waits, in pages of one transaction each; returns how many. Call it at least every `AuditPolicy.seal_every`.

    An entry that commits late, with an id before ones already sealed, is found by the next call and simply gets a later position.
    """
    sealed, refused, after = 0, list[str](), ""
    while _waiting(after, deps):
        with owned(now, deps) as tx:
            page = tx.audit.unsealed(_PAGE, after)
            good = [entry for entry in page if intact(entry) and genuine(entry, deps.signer.mac)]
            tx.audit.place(seal(tx.audit.last_position(), good))
        placed = {entry.id for entry in good}
        refused += [entry.id for entry in page if entry.id not in placed]
        sealed += len(good)
        if len(page) < _PAGE:
            break
        after = page[-1].id
    deps.watch.sealed(sealed, refused)
    return sealed


def publish_head(now: datetime, deps: SealDependencies) -> Head:
    """Seal what waits, sign the end of the chain, export. Call it every `AuditPolicy.sign_every` and as the last act before a stop."""
    seal_new_entries(now, deps)
    with owned(now, deps) as tx:
        previous = tx.audit.last_head()
        standing = deps.standing(tx, previous)
        unsigned = unsigned_head(previous, tx.audit.last_position(), now, deps.firm, tx.audit.epoch(), standing)
        head = sign(unsigned, deps.signer.key_id, deps.signer.sign)
        tx.audit.add_head(head)
    export_heads(now, deps)
    return head


def export_heads(now: datetime, deps: SealDependencies) -> set[str]:
    """Bring every head to every sink, in order; returns the names of the sinks that have them all. A failing sink holds up no other."""
    return {sink.name for sink in deps.sinks if _export_to(sink, now, deps)}


@contextmanager
def owned(now: datetime, deps: SealDependencies) -> Iterator[Transaction]:
    """A write transaction of the owner; SekishoError (unavailable) once another process has the lease."""
    with deps.storage.transaction() as tx:
        if not tx.leases.holds(deps.lease, now):
            raise unavailable("the lease of the audit sealer is lost")
        yield tx


def _waiting(after: str, deps: SealDependencies) -> bool:
    """Asked before a write transaction is queued, so that an idle log costs no write."""
    with deps.storage.reading() as tx:
        return bool(tx.audit.unsealed(1, after))


def _export_to(sink: HeadSink, now: datetime, deps: SealDependencies) -> bool:
    while True:
        with deps.storage.reading() as tx:
            heads = tx.audit.unexported_heads(sink.name, _HEADS_PAGE)
        if not heads:
            return True
        taken = _publish(sink, heads, deps.watch)
        if taken:
            with owned(now, deps) as tx:
                tx.audit.mark_exported(sink.name, taken[-1].number, now)
        if len(taken) < len(heads):
            return False


def _publish(sink: HeadSink, heads: Sequence[Head], watch: AuditWatch) -> list[Head]:
    """The heads that the sink took, up to the first failure: a sink never gets a head before the one it missed."""
    taken: list[Head] = []
    for head in heads:
        try:
            sink.publish(head)
        except (OSError, SekishoError) as error:
            watch.sink_failed(sink.name, str(error))
            break
        taken.append(head)
        watch.exported(sink.name, head)
    return taken
