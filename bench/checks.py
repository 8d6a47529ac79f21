"""The session check: how quick it stays under load, its cost beside an empty route, and that it reads nothing from disk (DESIGN §7)."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.brokerage import free_port
from bench.figures import Figure, at_most, information, percentile
from bench.logins import Desk
from bench.machine import cores
from bench.processes import cpu_seconds, read_bytes
from bench.run import Run, check_request, login_request
from bench.workers import Worker

__all__ = ["Beside", "beside_empty_route", "measure_cost", "measure_quickness"]

_RATE = 100
_PARALLEL = 8  # connections
_SESSIONS = 16  # checked in turns
_ROUNDS = 5
_EACH = 150  # requests of a connection in a round
_IDLE = 4.0  # seconds
_GENERATOR_NICE = 5  # the flood's: its machine would be another one


def measure_quickness(run: Run) -> list[Figure]:
    """p99 at 100 requests a second, open loop: idle, and while twice the admissible logins arrive."""
    with Desk(run) as desk:
        requests = [check_request(desk.log_in(trader).session_token, trader.source) for trader in run.brokerage.take(_SESSIONS)]
    flooders = [login_request(trader) for trader in run.brokerage.take(64)]
    with run.generator() as checks, run.generator() as flood:
        flood.ask(do="nice", by=_GENERATOR_NICE)
        admissible = _admissible(flood, flooders[: 12 * cores()])
        idle, busy, arrivals = [], [], []
        checks.ask(do="open", requests=requests, rate=_RATE, seconds=1)
        for _ in range(3):
            idle.append(checks.ask(do="open", requests=requests, rate=_RATE, seconds=run.seconds))
            flood.begin(do="open", requests=flooders, rate=2 * admissible, seconds=run.seconds + 1)
            time.sleep(0.5)
            busy.append(checks.ask(do="open", requests=requests, rate=_RATE, seconds=run.seconds))
            arrivals.append(flood.end()["statuses"])
    quiet, loaded = ([time_ for window in windows for time_ in window["times"]] for windows in (idle, busy))
    wrong = [window["statuses"] for window in (*idle, *busy) if set(window["statuses"]) != {"200"}]
    if wrong:
        raise RuntimeError(f"session checks were refused: {wrong}")
    ratio = percentile(loaded, 0.99) / percentile(quiet, 0.99)
    return [
        at_most("session check p99 under twice the admissible logins ÷ idle", ratio, 3, "×", arrivals=arrivals, admissible=admissible),
        information("session check p99, idle", percentile(quiet, 0.99) * 1000, "ms", p50=median(quiet) * 1000),
        information("session check p99, under the logins", percentile(loaded, 0.99) * 1000, "ms", p50=median(loaded) * 1000),
    ]


def _admissible(flood: Worker, requests: list[dict[str, Any]]) -> float:
    """The password steps that this machine answers in a second."""
    found = flood.ask(do="closed", requests=requests, seconds=2)
    return float(found["statuses"]["200"] / 2)


@dataclass(frozen=True)
class Beside:
    """A session check beside the empty route. cost: CPU seconds a request, by round. quiet: CPU seconds a second without any request.

    disk: bytes read from it during the checks; files: bytes that read calls returned a check, above an idle server's.
    """

    cost: dict[str, list[float]]
    quiet: float
    disk: int
    files: float
    checks: int

    @property
    def ratio(self) -> float:
        return median(one / other for one, other in zip(self.cost["check"], self.cost["empty"], strict=True))


def measure_cost(run: Run) -> list[Figure]:
    """CPU of the server's processes a request, in turns with the empty route; and bytes that it read meanwhile."""
    with Desk(run) as desk:
        sessions = [check_request(desk.log_in(trader).session_token, trader.source) for trader in run.brokerage.take(_PARALLEL)]
    found = beside_empty_route(run, sessions, _EACH, warm=_EACH)
    return [
        at_most("session check CPU ÷ empty route's", found.ratio, 1.5, "×", rounds=found.cost),
        information("session check CPU", median(found.cost["check"]) * 1000, "ms"),
        information("server CPU without any request", found.quiet * 100, "% of a core"),
        information("empty route CPU", median(found.cost["empty"]) * 1000, "ms"),
        at_most("bytes read from disk during session checks", float(found.disk), 0, "B", checks=found.checks),
        at_most("bytes read from files a session check, above idle", max(0.0, found.files), 64, "B", checks=found.checks),
    ]


def beside_empty_route(run: Run, sessions: list[dict[str, Any]], each: int, warm: int) -> Beside:
    """Both in turns, every request `each` times a round on its own connection; before that `warm` times, so that caches are full."""
    empty = [{**one, "path": "/empty"} for one in sessions]
    cost: dict[str, list[float]] = {"check": [], "empty": []}
    with _peer(run) as (peer_pid, port), run.generator() as real, run.generator(port) as bare:
        for pid, generator, requests in ((run.server.pid, real, sessions), (peer_pid, bare, empty)):
            _cpu_each(pid, 0, generator, requests, warm)
        quiet, quiet_empty = _idle_rate(run.server.pid), _idle_rate(peer_pid)
        before, began = read_bytes(run.server.pid), time.monotonic()
        for _ in range(_ROUNDS):
            cost["check"].append(_cpu_each(run.server.pid, quiet, real, sessions, each))
            cost["empty"].append(_cpu_each(peer_pid, quiet_empty, bare, empty, each))
        after, seconds = read_bytes(run.server.pid), time.monotonic() - began
        time.sleep(seconds)
        idle = read_bytes(run.server.pid)
    checks = _ROUNDS * each * len(sessions)
    files = ((after[0] - before[0]) - (idle[0] - after[0])) / checks
    return Beside(cost, quiet, after[1] - before[1], files, checks)


def _idle_rate(pid: int) -> float:
    """CPU seconds a second that the server takes without any request: watching, sealing, its lease."""
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(_IDLE)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


def _cpu_each(pid: int, idle_rate: float, generator: Worker, requests: list[dict[str, Any]], each: int) -> float:
    """CPU seconds of one request, without what the server takes anyway."""
    before = cpu_seconds(pid)
    found = generator.ask(do="closed", requests=requests, each=each)
    if found["statuses"] != {"200": each * len(requests)}:
        raise RuntimeError(f"requests were refused: {found['statuses']}")
    return (cpu_seconds(pid) - before - idle_rate * float(found["seconds"])) / (each * len(requests))


@contextmanager
def _peer(run: Run) -> Iterator[tuple[int, int]]:
    """The empty route's server: its pid and port."""
    port, ready = free_port(), run.brokerage.folder / "peer.json"
    command = [sys.executable, "-m", "bench.peer", str(run.brokerage.config), str(port), str(ready)]
    with (run.brokerage.folder / "peer.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise RuntimeError(f"the peer did not start: {(run.brokerage.folder / 'peer.log').read_text()[-2000:]}")
                time.sleep(0.02)
            yield process.pid, port
        finally:
            process.terminate()
            process.wait(20)
