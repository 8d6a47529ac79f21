"""The owner's background work: sealing the audit log, signed heads, timers; in whichever process holds the lease (DESIGN §4).

follower ──lease free or expired──▶ owner ──renewed every 1.5 s──▶ owner ──lost, or stopped──▶ follower
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from sekisho.domain.audit.policy import AuditPolicy
from sekisho.flows.apply_restrictions import apply_due_lists
from sekisho.flows.auto_log_off import end_over_sessions
from sekisho.flows.claim_instruction import expire_instructions
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.audit import HeadSink
from sekisho.flows.ports.security import AuditSigner
from sekisho.flows.ports.storage import Lease
from sekisho.flows.purge_audit import purge_old_entries
from sekisho.flows.purge_events import purge_old_events
from sekisho.flows.purge_instructions import purge_old_instructions
from sekisho.flows.purge_rows import purge_rows
from sekisho.flows.seal_audit import AuditWatch, SealDependencies, publish_head, seal_new_entries
from sekisho.flows.see_standing import standing_since
from sekisho.flows.settle_contact import apply_due_contacts
from sekisho.flows.watch_logins import close_expired_logins
from sekisho.kernel.errors import SekishoError

__all__ = ["LEASE", "LEASE_LIFE", "Owner"]

LEASE_LIFE = timedelta(seconds=5)
LEASE = "owner"
_RENEW = 1.5
_ROUND = 0.25  # well below the second within which entries are sealed (R8)
_TIMERS = 5.0
_PURGE = 3600.0


class Owner:
    """A thread. watch_lease: told whether this node is the owner. open_house: an older copy of the database is sealed by nobody (R9)."""

    def __init__(
        self,
        deps: Dependencies,
        signer: AuditSigner,
        sinks: Sequence[HeadSink],
        audit: AuditPolicy,
        watch: AuditWatch,
        watch_lease: Callable[[bool], None],
        open_house: Callable[[], bool],
    ) -> None:
        self._deps = deps
        self._signer = signer
        self._sinks = tuple(sinks)
        self._audit = audit
        self._watch = watch
        self._watch_lease = watch_lease
        self._open_house = open_house
        self._holder = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lease: Lease | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="owner", daemon=True)
        self._due: dict[str, float] = {}
        self._log = structlog.get_logger("sekisho.owner")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Seal what is there, export a last head (R8: at stop), and let the lease go."""
        self._stopping.set()
        self._thread.join(timeout=5)
        if self._lease is not None and self._open_house():
            self._quietly(lambda: self._close(self._lease))

    def _run(self) -> None:
        while not self._stopping.wait(_ROUND):
            self._quietly(self._round)

    def _round(self) -> None:
        if not self._open_house():
            self._lease = None
            return
        if self._is_due("lease", _RENEW):
            now = self._deps.clock()
            with self._deps.storage.transaction() as tx:
                self._lease = tx.leases.acquire(LEASE, self._holder, now, now + LEASE_LIFE)
            self._watch_lease(self._lease is not None)
        if self._lease is None:
            return
        sealing = self._sealing(self._lease)
        seal_new_entries(self._deps.clock(), sealing)
        if self._is_due("heads", self._audit.sign_every.total_seconds()):
            publish_head(self._deps.clock(), sealing)
        if self._is_due("sessions", _TIMERS) and end_over_sessions(self._deps):
            del self._due["sessions"]  # the next ones in the next round: what is sealed waits for no more than these
        if self._is_due("expiry", _TIMERS) and expire_instructions(self._deps):
            del self._due["expiry"]
        if self._is_due("timers", _TIMERS):
            close_expired_logins(self._deps)
            apply_due_lists(self._deps)
            apply_due_contacts(self._deps)
        if self._is_due("purge", _PURGE):
            purge_rows(self._audit.keep_messages, self._deps)
            purge_old_entries(self._audit, self._deps.clock(), sealing)
        if self._is_due("events", _PURGE) and purge_old_events(self._deps):
            del self._due["events"]  # the next step in the next round, so that nobody waits for long
        if self._is_due("instructions", _PURGE) and purge_old_instructions(self._deps):
            del self._due["instructions"]

    def _close(self, lease: Lease | None) -> None:
        if lease is None:
            return
        sealing = self._sealing(lease)
        seal_new_entries(self._deps.clock(), sealing)
        publish_head(self._deps.clock(), sealing)
        with self._deps.storage.transaction() as tx:
            tx.leases.release(lease)

    def _sealing(self, lease: Lease) -> SealDependencies:
        return SealDependencies(
            storage=self._deps.storage,
            lease=lease,
            signer=self._signer,
            sinks=self._sinks,
            firm=self._deps.policies.firm.id,
            standing=standing_since,
            watch=self._watch,
        )

    def _is_due(self, job: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(job, 0):
            return False
        self._due[job] = now + every
        return True

    def _quietly(self, job: Callable[[], None]) -> None:
        """A lost database or lease is no reason to die: the next round tries again."""
        try:
            job()
        except SekishoError as error:
            self._log.warning("background work is waiting", detail=error.detail)
        except Exception:
            self._log.exception("background work failed; it is tried again")
