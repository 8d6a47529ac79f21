"""Whole logins with password and security code: their time and CPU, and a known client's during a flood from one source (DESIGN §7)."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

from bench.client import Answer, Connection, tls_context
from bench.figures import Figure, at_most, information, percentile
from bench.processes import cpu_seconds
from bench.run import Run, login_request
from bench.seed import BenchTrader, source_of

__all__ = ["Desk", "LoggedIn", "measure_flood", "measure_logins"]

_LOGINS = 40
_KNOWN = 10  # known clients
_EACH = 3  # logins of a known client in each state
_FLOOD_RATE = 200
_FLOOD_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """seconds: in our own answers; the way of the code through the gateway is not in it."""

    session_token: str
    client_token: str
    seconds: float


class Desk:
    """Logs traders in, one after the other, in the bench's own process."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._context = tls_context(run.server.ca_file)
        self._loop = asyncio.new_event_loop()
        self._connections: dict[str, Connection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        for connection in self._connections.values():
            connection.close()
        self._loop.close()

    def log_in(self, trader: BenchTrader, client_token: str = "") -> LoggedIn:
        return self._loop.run_until_complete(self._log_in(trader, client_token))

    async def _log_in(self, trader: BenchTrader, client_token: str) -> LoggedIn:
        connection = self._connections.setdefault(trader.source, Connection(self._run.brokerage.port, trader.source, self._context))
        await connection.get("/-/health/live")  # the handshake is not the login's
        more = {"client_token": client_token} if client_token else {}
        before = self._code(trader)
        first, one = await _timed(connection, "/v1/login", login_request(trader, **more)["body"], 200)
        login = first["login"]
        _, two = await _timed(connection, f"/v1/login/{login}/security-code", {}, 202)
        code = await self._new_code(trader, before)
        done, three = await _timed(connection, f"/v1/login/{login}/verify", {"factor": "security_code", "code": code}, 200)
        return LoggedIn(done["session_token"], done["client_token"], one + two + three)

    def _code(self, trader: BenchTrader) -> str | None:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._run.brokerage.gateway}/{trader.phone}") as answer:
            code: str | None = json.load(answer)
        return code

    async def _new_code(self, trader: BenchTrader, before: str | None) -> str:
        for _ in range(1000):
            code = self._code(trader)
            if code is not None and code != before:
                return code
            await asyncio.sleep(0.01)
        raise RuntimeError("no code came")


async def _timed(connection: Connection, path: str, body: dict[str, Any], status: int) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    answer: Answer = await connection.post(path, json.dumps(body).encode())
    if answer.status != status:
        raise RuntimeError(f"{path} answered {answer.status}: {answer.body[:300]!r}")
    return json.loads(answer.body), answer.at - began


def measure_logins(run: Run) -> list[Figure]:
    """For information: there is no target."""
    with Desk(run) as desk:
        desk.log_in(run.brokerage.take(1)[0])
        before, times = cpu_seconds(run.server.pid), []
        for trader in run.brokerage.take(_LOGINS):
            times.append(desk.log_in(trader).seconds)
        cpu = (cpu_seconds(run.server.pid) - before) / _LOGINS
    return [
        information("whole login (password, code), p50", median(times) * 1000, "ms", logins=_LOGINS),
        information("whole login (password, code), p99", percentile(times, 0.99) * 1000, "ms"),
        information("whole login (password, code), server CPU", cpu * 1000, "ms"),
    ]


def measure_flood(run: Run) -> list[Figure]:
    """Median of a known client's whole login: idle, and while one source floods with wrong passwords."""
    known = run.brokerage.take(_KNOWN)
    source = source_of(60_000)
    attempt = {"username": "nobody.at.all", "password": "wrong wrong wrong", "channel": "api"}
    flooding = [{"source": source, "own": number, "path": "/v1/login", "body": attempt} for number in range(_FLOOD_CONNECTIONS)]
    with Desk(run) as desk, run.generator() as flood:
        flood.ask(do="nice", by=5)
        tokens = {trader.username: desk.log_in(trader).client_token for trader in known}

        def log_in_all() -> list[float]:
            times = []
            for trader in known:
                done = desk.log_in(trader, tokens[trader.username])
                tokens[trader.username] = done.client_token
                times.append(done.seconds)
            return times

        began = time.monotonic()
        idle = [seconds for _ in range(_EACH) for seconds in log_in_all()]
        lasted = time.monotonic() - began
        flood.begin(do="open", requests=flooding, rate=_FLOOD_RATE, seconds=2.5 * lasted + 1)
        time.sleep(0.5)
        stop = time.monotonic() + 2.5 * lasted
        busy: list[float] = []
        while time.monotonic() < stop and len(busy) < len(idle):  # never beyond the flood
            busy += log_in_all()
        statuses = flood.end()["statuses"]
    ratio = median(busy) / median(idle)
    return [
        at_most("known client's login during a flood from one source ÷ idle", ratio, 3, "×", flood=statuses),
        information("known client's login, idle, p50", median(idle) * 1000, "ms"),
        information("known client's login, during the flood, p50", median(busy) * 1000, "ms"),
    ]
