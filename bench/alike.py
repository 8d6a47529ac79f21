"""Wrong password, unknown name, restricted login: the same answer in the same time (GATE R1)."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from statistics import median
from typing import Any

from bench.client import Answer, Connection, tls_context
from bench.figures import Figure, at_most, information, spread
from bench.run import Run
from bench.seed import BenchTrader, source_of

__all__ = ["KINDS", "measure"]

KINDS = ("wrong password", "unknown name", "restricted login")
_TRIES = 300
_TRIES_EACH = 4  # the fifth failure in a row would restrict (GATE R3)
_RESTRICTING = 5
_RESTRICTED = 5  # logins
_DATE = re.compile(rb"\r\ndate:[^\r]*", re.IGNORECASE)


def measure(run: Run) -> list[Figure]:
    """300 tries of each kind, one after the other, in random order, from one address."""
    return asyncio.run(_measure(run))


async def _measure(run: Run) -> list[Figure]:
    connection = Connection(run.brokerage.port, source_of(61_000), tls_context(run.server.ca_file))
    tried, restricted = run.brokerage.take(_TRIES // _TRIES_EACH), run.brokerage.take(_RESTRICTED)
    for trader in restricted:
        for _ in range(_RESTRICTING):
            await _attempt(connection, trader.username)
    plan = _plan(tried, restricted)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    answers: set[tuple[int, bytes, bytes]] = set()
    for kind, username in plan:
        began = time.perf_counter()
        answer = await _attempt(connection, username)
        times[kind].append(answer.at - began)
        answers.add((answer.status, _DATE.sub(b"", answer.head), answer.body))
    connection.close()
    middle = {kind: median(times[kind]) * 1000 for kind in KINDS}
    return [
        at_most("different answers among the three refusals", float(len(answers)), 1, "", tries=_TRIES),
        at_most("spread of the medians of the three refusals", spread(list(times.values())) * 100, 5, "%", milliseconds=middle),
        *(information(f"{kind}, p50", middle[kind], "ms") for kind in KINDS),
    ]


def _plan(tried: list[BenchTrader], restricted: list[BenchTrader]) -> list[tuple[str, str]]:
    plan = [(KINDS[0], trader.username) for trader in tried for _ in range(_TRIES_EACH)]
    plan += [(KINDS[1], f"no.{secrets.token_hex(4)}") for _ in range(_TRIES)]
    plan += [(KINDS[2], restricted[number % len(restricted)].username) for number in range(_TRIES)]
    random.shuffle(plan)
    return plan


async def _attempt(connection: Connection, username: str) -> Answer:
    body: dict[str, Any] = {"username": username, "password": "not the right password", "channel": "api"}
    return await connection.post("/v1/login", json.dumps(body).encode())
