"""`restore accept`: reads the exported heads, takes the owner's lease, and lets the flow do the rest (R9)."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from sekisho.adapters.audit_heads.file import FileSink, read_heads
from sekisho.adapters.audit_heads.newest import newest_head
from sekisho.bootstrap.closure import heads_file, signature_check
from sekisho.bootstrap.house import House
from sekisho.bootstrap.metrics import Metrics
from sekisho.bootstrap.owner import LEASE
from sekisho.bootstrap.watches import SealingWatch
from sekisho.domain.audit.head import Head
from sekisho.flows.audit_report import Unreadable
from sekisho.flows.ports.storage import Lease
from sekisho.flows.restore_accept import Acceptance, Accepted, accept_restored, checked_reason
from sekisho.flows.restore_witness import closed_because, heads_after
from sekisho.flows.seal_audit import SealDependencies
from sekisho.flows.see_standing import standing_since
from sekisho.kernel.errors import Kind, SekishoError, invalid

__all__ = ["accept"]

_LEASE_LIFE = timedelta(seconds=15)  # for so long nobody seals after an acceptance that was killed
_PAUSE = 0.2  # seconds


def accept(house: House, reason: str, actor: str, files: Sequence[Path], heads_lost: bool) -> Accepted | None:
    """files: of exported heads; none for the one of the settings. None when there is nothing to accept. Raises SekishoError."""
    asked_because = checked_reason(reason)
    authentic = signature_check(house.audit_key.public)
    newest = newest_head(heads_file(house.settings), authentic)
    with house.storage.reading() as tx:
        own, closed = tx.audit.last_head(), closed_because(newest, tx)
    if closed is None and not files:
        return None
    heads = heads_after(own, _heads(house, files, heads_lost), authentic, heads_lost)
    sink = FileSink(heads_file(house.settings))
    asked = Acceptance(actor, asked_because, own, heads, heads_lost, {} if newest is None else {sink.name: newest.number})
    now = house.clock()
    lease = _lease(house)
    try:
        deps = SealDependencies(
            storage=house.storage,
            lease=lease,
            signer=house.audit_key,
            sinks=(sink,),
            firm=house.settings.firm.id,
            standing=standing_since,
            watch=SealingWatch(Metrics.create()),
        )
        return accept_restored(asked, house.settings.lockout, house.webhooks(), now, deps)
    finally:
        with house.storage.transaction() as tx:
            tx.leases.release(lease)


def _heads(house: House, files: Sequence[Path], lost: bool) -> Iterator[Head | Unreadable]:
    named = [*files] or [heads_file(house.settings)]
    for path in named:
        try:
            yield from read_heads(path)
        except FileNotFoundError:
            if not lost:
                raise invalid(
                    "The exported heads are missing: they say who was stopped since the backup.",
                    f"{path}; name their file with --heads, or say --heads-lost when there is none any more",
                ) from None
        except OSError as error:
            raise invalid("The exported heads cannot be read.", f"{path}: {error.strerror}") from None


def _lease(house: House) -> Lease:
    """Nobody else seals meanwhile: a server of this version does not while the house is closed.

    The copy may hold the lease of whoever was the owner when it was made, a moment ago: it is waited for.
    """
    holder = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
    ends = time.monotonic() + _LEASE_LIFE.total_seconds()
    while True:
        now = house.clock()
        with house.storage.transaction() as tx:
            lease = tx.leases.acquire(LEASE, holder, now, now + _LEASE_LIFE)
        if lease is not None:
            return lease
        if time.monotonic() >= ends:
            break
        time.sleep(_PAUSE)
    raise SekishoError(
        Kind.CONFLICT,
        "Another process has the lease of background work. Try again in 15 s; if it stays, stop every `sekisho serve`.",
        LEASE,
    )
