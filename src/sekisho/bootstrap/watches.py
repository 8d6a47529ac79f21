"""Numbers of the house for the metrics, and what the sealer tells."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import structlog
from cryptography.x509 import load_pem_x509_certificate

from sekisho.adapters.cryptography.hash_pool import ThreadedHashPool
from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.bootstrap.closure import Closure
from sekisho.bootstrap.house import House
from sekisho.bootstrap.metrics import Metrics
from sekisho.bootstrap.monitoring_metrics import look_at_monitoring
from sekisho.bootstrap.plans import CA_FOLDER
from sekisho.domain.audit.head import Head
from sekisho.kernel.errors import SekishoError

__all__ = ["HouseWatch", "SealingWatch", "watch_house"]

_EVERY = 2.0
_SELDOM = 15  # rounds
_CLOCK_AHEAD = timedelta(seconds=1)
_CLOCK_SKEW = timedelta(seconds=1)  # R6


class SealingWatch:
    """Implements `flows.seal_audit.AuditWatch`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = structlog.get_logger("sekisho.audit")

    def sealed(self, entries: int, refused: Sequence[str]) -> None:
        self._metrics.audit_unsealed.set(len(refused))
        if refused:
            self._log.error("audit entries with a wrong MAC stay unsealed: somebody wrote into the database", entries=list(refused)[:10])

    def exported(self, sink: str, head: Head) -> None:
        self._metrics.audit_last_head.set(head.at_ms / 1000)

    def sink_failed(self, sink: str, why: str) -> None:
        self._log.warning("a signed head could not be exported; it is tried again", sink=sink, why=why)

    def lease(self, owned: bool) -> None:
        self._metrics.lease_owned.labels("owner").set(int(owned))


class HouseWatch:
    """Reads, every few seconds, what no single flow knows."""

    def __init__(
        self, house: House, metrics: Metrics, memory: FreshSessions, pool: ThreadedHashPool, closure: Closure, monitor: NodeMonitor
    ) -> None:
        self._house = house
        self._monitor = monitor
        self._closure = closure
        self._metrics = metrics
        self._memory = memory
        self._pool = pool
        self._stopping = threading.Event()
        self._log = structlog.get_logger("sekisho")
        self._thread = threading.Thread(target=self._run, name="house-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        rounds = 0
        while not self._stopping.wait(_EVERY):
            try:
                self._look()
                if rounds % _SELDOM == 0:
                    self._look_seldom()
                rounds += 1
            except SekishoError as error:
                self._metrics.database_errors.labels(error.kind.value).inc()

    def _look(self) -> None:
        with self._house.storage.reading() as tx:
            counts, hooks = tx.outbox.counts(), tx.webhooks.counts(self._house.clock())
        look_at_monitoring(self._house, self._metrics.monitoring, self._metrics.lease_owned, self._monitor)
        self._metrics.outbox.labels("waiting").set(counts.waiting)
        self._metrics.outbox.labels("dead").set(counts.dead)
        for state, count in (("waiting", hooks.waiting), ("dead", hooks.dead), ("unanswered", hooks.unanswered)):
            self._metrics.webhooks.labels(state).set(count)
        late = self._house.clock() - counts.oldest_due if counts.oldest_due else timedelta()
        self._metrics.outbox_late.set(max(late.total_seconds(), 0))
        self._metrics.sessions_live.set(len(self._memory))
        self._metrics.hash_queue.set(self._pool.waiting)
        self._metrics.house_open.set(int(not self._closure.why))
        skew = abs(self._house.storage.clock() - self._house.clock.time())
        if (skew > _CLOCK_SKEW) is not self._house.clock.mistrusted:
            self._house.clock.mistrusted = skew > _CLOCK_SKEW
            self._log.error("clock compared with the database's", seconds=round(skew.total_seconds(), 1), serving=skew <= _CLOCK_SKEW)
        if (ahead := self._house.clock.ahead()) > _CLOCK_AHEAD:
            self._log.warning("the machine's clock was set back; time goes on from where it was", seconds=round(ahead.total_seconds()))

    def _look_seldom(self) -> None:
        with self._house.storage.reading() as tx:
            restricted, backed_up = tx.lockouts.restricted(self._house.clock()), tx.upkeep.backed_up()
        self._metrics.logins_restricted.set(restricted)
        self._metrics.backup.set(backed_up.timestamp() if backed_up else 0)
        server = self._house.settings.server
        with suppress(OSError, ValueError):  # `doctor` says what is wrong with it
            chain = (server.certificate or server.data_folder / CA_FOLDER / "server.pem").read_bytes()
            self._metrics.certificate_ends.set(load_pem_x509_certificate(chain).not_valid_after_utc.timestamp())


def watch_house(
    house: House, metrics: Metrics, memory: FreshSessions, pool: ThreadedHashPool, closure: Closure, monitor: NodeMonitor
) -> HouseWatch:
    watch = HouseWatch(house, metrics, memory, pool, closure, monitor)
    watch.start()
    return watch
