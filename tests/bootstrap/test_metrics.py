"""Metrics on their own port, also while an older worker still holds it."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from sekisho.bootstrap.metrics import Metrics, serve_metrics
from tests.ports import free_port


def scrape(port: int, path: str = "/metrics") -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return answer.read().decode()


@pytest.fixture
def started():
    servers = []

    def start(metrics: Metrics, port: int):
        server = serve_metrics(metrics, "127.0.0.1", port)
        assert server is not None
        server.retry_seconds = 0.02
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


def test_outcomes_are_counted(started):
    metrics, port = Metrics.create(), free_port()
    server = started(metrics, port)
    metrics.login("completed")
    metrics.login("refused")
    metrics.login("refused")
    metrics.code("withheld")
    metrics.session("idle")
    metrics.request("/v1/login/{login}", 401, 0.02)
    metrics.outbox.labels("dead").set(3)
    metrics.hash_wait.observe(0.3)
    assert server.serving.wait(20)
    text = scrape(port)
    for line in (
        'sekisho_logins_total{outcome="refused"} 2.0',
        'sekisho_codes_total{outcome="withheld"} 1.0',
        'sekisho_sessions_ended_total{outcome="idle"} 1.0',
        'sekisho_requests_total{route="/v1/login/{login}",status="401"} 1.0',
        'sekisho_outbox_messages{state="dead"} 3.0',
        "sekisho_hash_wait_seconds_count 1.0",
        "process_resident_memory_bytes",
    ):
        assert line in text
    with pytest.raises(urllib.error.HTTPError, match="404"):
        scrape(port, "/")


def test_the_port_is_taken_over_from_an_older_worker(started):
    port = free_port()
    old = started(Metrics.create(), port)
    assert old.serving.wait(20)
    fresh = Metrics.create()
    fresh.login("fresh")
    new = started(fresh, port)
    assert not new.serving.wait(0.2)
    old.stop()
    assert new.serving.wait(20)
    assert 'outcome="fresh"' in scrape(port)


def test_stop_ends_also_while_the_port_is_held(started):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        server = started(Metrics.create(), holder.getsockname()[1])
        server.stop()
        assert not server.serving.is_set()
        assert server._thread is not None and not server._thread.is_alive()


def test_an_address_that_is_not_ours_holds_up_nothing(started):
    server = serve_metrics(Metrics.create(), "192.0.2.1", free_port())
    assert server is not None and server._thread is not None
    server._thread.join(20)
    assert not server._thread.is_alive()


def test_port_zero_serves_none():
    assert serve_metrics(Metrics.create(), "127.0.0.1", 0) is None
