"""Metrics in Prometheus' form, on a port of their own that the doors never serve (ASVS V13.4.5).

Labels are short fixed words; never a name, an id, an address or a path with values in it.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socket import AF_INET, AF_INET6

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from sekisho.bootstrap.monitoring_metrics import MonitoringMetrics

__all__ = ["Metrics", "MetricsServer", "serve_metrics"]

_HASH_WAITS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_ANSWER_TIMES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


def _counter(name: str, text: str, *labels: str) -> Callable[[CollectorRegistry], Counter]:
    return lambda registry: Counter(f"sekisho_{name}", text, labels, registry=registry)


def _gauge(name: str, text: str, *labels: str) -> Callable[[CollectorRegistry], Gauge]:
    return lambda registry: Gauge(f"sekisho_{name}", text, labels, registry=registry)


@dataclass(frozen=True, slots=True)
class Metrics:
    """All that is counted. It is also what flows call `Observer`: `login`, `code` and `session` count an outcome."""

    registry: CollectorRegistry
    logins: Counter
    codes: Counter
    sessions_ended: Counter
    sessions_live: Gauge
    logins_restricted: Gauge
    hash_queue: Gauge
    hash_wait: Histogram
    outbox: Gauge
    outbox_late: Gauge
    webhooks: Gauge
    audit_unsealed: Gauge
    audit_last_head: Gauge
    lease_owned: Gauge
    house_open: Gauge
    event_conflicts: Counter
    backup: Gauge
    certificate_ends: Gauge
    database_errors: Counter
    requests: Counter
    request_time: Histogram
    monitoring: MonitoringMetrics
    _answers: dict[tuple[str, int], tuple[Counter, Histogram]] = field(default_factory=dict)

    @classmethod
    def create(cls) -> Metrics:
        """Fresh metrics in a registry of their own, with those of the process."""
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        waits = Histogram("sekisho_hash_wait_seconds", "Wait for a hash thread.", registry=registry, buckets=_HASH_WAITS)
        times = Histogram("sekisho_request_seconds", "Time to answer.", ("route",), registry=registry, buckets=_ANSWER_TIMES)
        return cls(
            registry=registry,
            logins=_counter("logins_total", "Login steps by outcome.", "outcome")(registry),
            codes=_counter("codes_total", "Security codes by outcome, such as sent or withheld.", "outcome")(registry),
            sessions_ended=_counter("sessions_ended_total", "Sessions that ended, by reason.", "outcome")(registry),
            sessions_live=_gauge("sessions_live", "Live sessions.")(registry),
            logins_restricted=_gauge("logins_restricted", "Logins restricted now.")(registry),
            hash_queue=_gauge("hash_queue_depth", "Logins that wait for a hash thread.")(registry),
            hash_wait=waits,
            outbox=_gauge("outbox_messages", "Messages of the outbox by state.", "state")(registry),
            outbox_late=_gauge("outbox_late_seconds", "How long the message that waits longest has been due.")(registry),
            webhooks=_gauge("webhooks", "Webhooks by state; unanswered: that had to be acknowledged by now.", "state")(registry),
            audit_unsealed=_gauge("audit_unsealed_entries", "Audit entries without a position in the chain.")(registry),
            audit_last_head=_gauge("audit_last_head_timestamp_seconds", "When the last signed head was exported.")(registry),
            lease_owned=_gauge("lease_owned", "1 when this process holds the lease of the work.", "work")(registry),
            house_open=_gauge("house_open", "1 while this node lets people in, 0 while it is closed (R9).")(registry),
            event_conflicts=_counter("event_conflicts_total", "Events refused, whose id was sent before with another content.")(registry),
            backup=_gauge("last_backup_timestamp_seconds", "When the last backup was made; 0 for never.")(registry),
            certificate_ends=_gauge("certificate_ends_timestamp_seconds", "When the certificate ends.")(registry),
            database_errors=_counter("database_errors_total", "Failures of the database by kind.", "kind")(registry),
            requests=_counter("requests_total", "Answers by route template and status.", "route", "status")(registry),
            request_time=times,
            monitoring=MonitoringMetrics.create(registry),
        )

    def login(self, outcome: str) -> None:
        self.logins.labels(outcome).inc()

    def code(self, outcome: str) -> None:
        self.codes.labels(outcome).inc()

    def session(self, outcome: str) -> None:
        self.sessions_ended.labels(outcome).inc()

    def event_conflict(self) -> None:
        self.event_conflicts.inc()

    def request(self, route: str, status: int, seconds: float) -> None:
        """route: the template, such as `/v1/login/{login}`; "-" for a path that is none of ours."""
        found = self._answers.get((route, status))
        if found is None:  # to look up both by their labels costs more than to count
            found = self._answers[route, status] = (self.requests.labels(route, str(status)), self.request_time.labels(route))
        found[0].inc()
        found[1].observe(seconds)


@dataclass(slots=True)
class MetricsServer:
    """Serves `/metrics` from a thread. While an older worker still holds the port it waits for it, and never holds up the doors."""

    metrics: Metrics
    address: str
    port: int
    retry_seconds: float = 0.5
    serving: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _server: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Free the port, at most two seconds later."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(2)

    def _run(self) -> None:
        log = structlog.get_logger("sekisho.metrics")
        told = False
        while not self._stopped.is_set():
            try:
                self._server = _bound(self.metrics, self.address, self.port)
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    log.error("metrics are not served", address=self.address, port=self.port, error=error.strerror)
                    return
                if not told:
                    log.warning("metrics wait for their port", address=self.address, port=self.port)
                told = True
            self._stopped.wait(self.retry_seconds)
        if self._server is None:
            return
        with self._server:
            self.serving.set()
            while not self._stopped.is_set():
                self._server.handle_request()
        self.serving.clear()


def serve_metrics(metrics: Metrics, address: str, port: int) -> MetricsServer | None:
    """Begin to serve the metrics; None with port 0, which means that nobody wants them."""
    if port == 0:
        return None
    server = MetricsServer(metrics, address, port)
    server.start()
    return server


def _bound(metrics: Metrics, address: str, port: int) -> ThreadingHTTPServer:
    class Answer(BaseHTTPRequestHandler):
        """GET /metrics, nothing else."""

        timeout = 5
        server_version = "sekisho"
        sys_version = ""

        def do_GET(self) -> None:
            found = self.path.split("?")[0] == "/metrics"
            body = generate_latest(metrics.registry) if found else b"See /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", CONTENT_TYPE_LATEST if found else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are not worth a line."""

    class Server(ThreadingHTTPServer):
        address_family = AF_INET6 if ip_address(address).version == 6 else AF_INET
        daemon_threads = True
        timeout = 0.2  # of `handle_request`, so that `stop` is seen

    return Server((address, port), Answer)
