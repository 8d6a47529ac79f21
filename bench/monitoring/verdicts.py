"""Verdicts at the broker's door, one by one and in batches, with the bench's 14 features and 50 rules: each answered after its commit.

Per core is per CPU-second of the server and the database together; what the server does without any request is taken out.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import make_url

from bench.figures import Figure, at_least, information, percentile
from bench.monitoring.features import bench_rules
from bench.processes import cpu_seconds
from bench.run import Run
from bench.workers import Worker
from sekisho.bootstrap.house import House, open_house
from sekisho.domain.accounts import Role
from sekisho.domain.broker_access import Scope
from sekisho.domain.monitoring.rule_set import RuleSet
from sekisho.flows.add_account import add_account, grant_mandate
from sekisho.flows.broker_keys import add_broker_key
from sekisho.settings import load_settings

__all__ = ["measure"]

_CONNECTIONS = 32
_ACCOUNTS = 100
_BATCH = 100
_ONE_EACH, _BATCH_EACH = 40, 4  # requests of a connection in a round
_ROUNDS = 4  # the first one warms up
_TAKEN_UP = 3.0  # seconds until new rules are in force
_IDLE = 3.0


def measure(run: Run) -> list[Figure]:
    traders = [one.username for one in run.brokerage.take(_ACCOUNTS)]
    key, database = _prepared(run, traders)
    events = _Events(traders)
    with run.generator() as generator:
        idle = _idle(run.server.pid, database)
        single = [_round(run, generator, events, key, 1, _ONE_EACH, idle, database) for _ in range(_ROUNDS)][1:]
        batch = [_round(run, generator, events, key, _BATCH, _BATCH_EACH, idle, database) for _ in range(_ROUNDS)][1:]
    written, judged = _written(run, events)
    if written != events.made or judged != 50:
        raise RuntimeError(f"{written} of {events.made} events are on disk, judged by {judged} rules")
    return [
        at_least("verdicts one by one a CPU second, 32 connections", median(rate for rate, _, _ in single), 700, "/s", rounds=single),
        information("the same, events a second of wall time", median(wall for _, wall, _ in single), "/s"),
        information("the same, p99 of the answer", median(slow for _, _, slow in single) * 1000, "ms"),
        at_least("verdicts in batches of 100 a CPU second", median(rate for rate, _, _ in batch), 1500, "/s", rounds=batch),
        information("the same, events a second of wall time", median(wall for _, wall, _ in batch), "/s"),
    ]


def _round(
    run: Run, generator: Worker, events: _Events, key: str, size: int, each: int, idle: float, database: int | None
) -> tuple[float, float, float]:
    """Events a CPU second, events a second, and the 99th percentile of the answers."""
    asks: list[dict[str, Any]] = []
    for number in range(_CONNECTIONS):
        bodies = [events.body(size) for _ in range(each)]
        asks.append({"source": "127.0.0.1", "own": number, "path": "/v1/broker/events", "token": key, "bodies": bodies})
    before = _cpu(run.server.pid, database)
    found = generator.ask(do="closed", requests=asks, each=each)
    if found["statuses"] != {"200": each * _CONNECTIONS}:
        raise RuntimeError(f"events were refused: {found['statuses']}")
    taken = _cpu(run.server.pid, database) - before - idle * float(found["seconds"])
    count = size * each * _CONNECTIONS
    return count / taken, count / float(found["seconds"]), percentile(found["times"], 0.99)


def _cpu(server: int, database: int | None) -> float:
    return cpu_seconds(server) + (cpu_seconds(database) if database else 0.0)


def _idle(server: int, database: int | None) -> float:
    before, began = _cpu(server, database), time.monotonic()
    time.sleep(_IDLE)
    return (_cpu(server, database) - before) / (time.monotonic() - began)


def _prepared(run: Run, traders: list[str]) -> tuple[str, int | None]:
    """Accounts, a key, and the rules of the bench in force; the key, and the pid of a PostgreSQL."""
    with open_house(load_settings(run.brokerage.config).settings) as house:
        deps = house.command_line()
        for number, trader in enumerate(traders):
            add_account(f"BE-{number}", "Bench", "bench", deps)
            grant_mandate(f"BE-{number}", trader, Role.HOLDER, "bench", deps)
        issued = add_broker_key("bench", frozenset({Scope.EVENTS}), (), timedelta(days=1), "bench", deps)
        with house.storage.transaction() as tx:
            tx.rule_sets.add(RuleSet(0, "live", bench_rules(), "bench", datetime.now(UTC), "bench", "bench"))
        database = _postmaster(house)
    time.sleep(_TAKEN_UP)
    return issued.secret.reveal(), database


def _postmaster(house: House) -> int | None:
    if not house.settings.database.url.startswith("postgresql"):
        return None
    url = make_url(house.settings.database.url)
    return int((Path(str(url.query["host"])) / "data/postmaster.pid").read_text().split()[0])


def _written(run: Run, events: _Events) -> tuple[int, int]:
    """How many of ours are on disk, and by how many rules the newest was judged."""
    with open_house(load_settings(run.brokerage.config).settings) as house, house.storage.reading() as tx:
        last = tx.events.last()[0]
        rows = tx.events.read(max(0, last - events.made - 10_000), events.made + 10_000)
        ours = [row for row in rows if row.event.id.partition(":")[2]]
        version = ours[-1].rules
        text = tx.rule_sets.get(version).text if version else ""  # type: ignore[union-attr]
    return len(ours), text.count("\nrule ")


class _Events:
    """What a broker sends in a day, each with its own id. made: how many so far."""

    def __init__(self, traders: list[str]) -> None:
        self.made = 0
        self._traders = traders
        self._draw = random.Random(1)

    def body(self, size: int) -> Any:
        return {"events": [self._event() for _ in range(size)]}

    def _event(self) -> dict[str, Any]:
        draw, number = self._draw, self._draw.randrange(len(self._traders))
        self.made += 1
        event: dict[str, Any] = {
            "id": f"bench-{self.made}",
            "time": datetime.now(UTC).isoformat(),
            "account": f"BE-{number}",
            "trader": self._traders[number],
            "address": f"203.0.113.{draw.randrange(250)}",
        }
        amount = int(draw.lognormvariate(12, 1))
        match draw.choices(("order.placed", "position.liquidated", "withdrawal.requested", "order.executed"), (50, 15, 15, 20))[0]:
            case "withdrawal.requested" as kind:
                more: dict[str, Any] = {"amount": amount, "currency": "JPY", "payee": f"bank:{draw.randrange(200)}"}
            case "position.liquidated" as kind:
                more = {"symbol": str(draw.randrange(500)), "amount_jpy": amount, "liquidity": "normal"}
            case kind:
                more = {"symbol": str(draw.randrange(500)), "side": draw.choice(("buy", "sell")), "quantity": 100, "amount_jpy": amount}
                more["liquidity"] = draw.choices(("liquid", "normal", "thin"), (80, 15, 5))[0]
        return event | {"kind": kind} | more
