"""Numbers of monitoring: what was judged, what waits, what the engine remembers. Nothing personal: kinds, counts and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.engines.writer import LEASE
from sekisho.bootstrap.house import House

__all__ = ["MonitoringMetrics", "look_at_monitoring"]

Told = tuple[str, str]
"""Source and verdict."""


@dataclass(frozen=True, slots=True)
class MonitoringMetrics:
    """Of this process; what the engine remembers is 0 where the event log is not owned."""

    events: Counter
    events_waiting: Gauge
    intake_waiting: Gauge
    snapshot: Gauge
    snapshots_failed: Counter
    rules_version: Gauge
    rules_wait: Gauge
    engine_keys: Gauge
    engine_entries: Gauge
    engine_truncated: Gauge

    @classmethod
    def create(cls, registry: CollectorRegistry) -> MonitoringMetrics:
        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"sekisho_{name}", text, registry=registry)

        labels = ("source", "verdict")
        return cls(
            events=Counter("sekisho_monitored_events_total", "Events of the log by source and verdict.", labels, registry=registry),
            events_waiting=gauge("events_waiting", "Events that wait to be judged and written, in this process."),
            intake_waiting=gauge("event_intake_waiting", "Sekisho's own events that wait to enter the log."),
            snapshot=gauge("engine_snapshot_timestamp_seconds", "When the last snapshot of the engine was made; 0 for never."),
            snapshots_failed=Counter(
                "sekisho_engine_snapshot_failures_total", "Snapshots of the engine that could not be kept.", registry=registry
            ),
            rules_version=gauge("rules_version", "Version of the rules that judge in this process; 0 where it does not own the log."),
            rules_wait=gauge("rules_wait_seconds", "For how long other rules than those that judge have been in force; 0 for the same."),
            engine_keys=gauge("engine_keys", "Keys that the engine remembers something of."),
            engine_entries=gauge("engine_entries", "Events that the windows of the engine remember."),
            engine_truncated=gauge("engine_truncated", "Entries that left a window early, as monitoring.largest_window was reached."),
        )

    def count(self, told: Mapping[Told, int]) -> None:
        for (source, verdict), number in told.items():
            self.events.labels(source, verdict).inc(number)


def look_at_monitoring(house: House, monitoring: MonitoringMetrics, lease_owned: Gauge, monitor: NodeMonitor) -> None:
    """What only looking tells; every few seconds."""
    lease_owned.labels(LEASE).set(int(monitor.writer.ready))
    monitoring.events_waiting.set(monitor.waiting)
    monitoring.rules_wait.set(monitor.writer.rules_wait)
    judge = monitor.writer.judge
    if not isinstance(judge, RuleJudge):
        for empty in (monitoring.rules_version, monitoring.engine_keys, monitoring.engine_entries, monitoring.engine_truncated):
            empty.set(0)
    with house.storage.reading() as tx:
        monitoring.intake_waiting.set(tx.events.intake_count())
        made = tx.snapshots.newest_of(judge.fingerprint) if isinstance(judge, RuleJudge) else None
    monitoring.snapshot.set(made[1].timestamp() if made else 0)
    if isinstance(judge, RuleJudge):
        stats = judge.stats
        monitoring.rules_version.set(judge.rules)
        monitoring.engine_keys.set(stats.keys)
        monitoring.engine_entries.set(stats.entries)
        monitoring.engine_truncated.set(stats.truncated)
