"""Lists of 10,000 networks: how long reading, dry run, saving and asking them take (R5)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from ipaddress import ip_address
from math import inf
from statistics import median
from typing import TypeVar

from bench.figures import Figure, at_most, information
from bench.run import Run
from sekisho.adapters.cryptography.hash_pool import start_hash_pool
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.bootstrap.house import open_house
from sekisho.bootstrap.metrics import Metrics
from sekisho.domain.ip_restrictions import Entries, read_entries
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.own_gate import Outcome, PastLogin
from sekisho.flows.staff_addresses import Target, change_by_staff, list_for_staff
from sekisho.flows.unlock_login import StaffAct
from sekisho.settings import load_settings

__all__ = ["measure"]

Result = TypeVar("Result")
_LINES = 10_000
_LOGINS = 500
_SLOW = 1.0  # seconds that a person waits gladly
_TIMES = 5
_ASKED = 5000
_ACT = StaffAct("bench", "a bench asked for it", "none: the bench's own trader")


def measure(run: Run) -> list[Figure]:
    """A trader with 500 logins gets a list, and another one in its place; through the flow of the firm's staff, beside a running server."""
    trader = run.brokerage.take(1)[0].username
    lines = _lines(64)
    first, second = "\n".join(lines), "\n".join([*lines[: _LINES // 2], *_lines(80)[_LINES // 2 :]])
    with open_house(load_settings(run.brokerage.config).settings) as house:
        pool = start_hash_pool(house.settings.hashing, house.keyring)
        deps = house.dependencies(pool, FreshSessions(lambda: inf), _never, lambda: None, Metrics.create())
        _history(trader, deps)
        target = Target(trader=trader)
        saves = [_seconds(partial(change_by_staff, target, text, _ACT, deps)) for text in (first, second, first)]
        dry = [_seconds(partial(change_by_staff, target, second, _ACT, deps, dry_run=True)) for _ in range(_TIMES)]
        policy, zone = deps.policies.ip_restrictions, deps.policies.firm.time_zone
        read = [_seconds(partial(read_entries, first, zone, policy.largest_list, deps.clock())) for _ in range(_TIMES)]
        kept = list_for_staff(target, deps)[1].entries
        asks = [_seconds(partial(_ask, kept, deps.clock())) / (2 * _ASKED) for _ in range(_TIMES)]
        pool.close()
    return [
        at_most("saving a list of 10,000 networks", max(saves), _SLOW, "s", saves=saves),
        at_most("dry run of a list of 10,000 networks", max(dry), _SLOW, "s", runs=dry),
        information("reading 10,000 lines", median(read), "s"),
        information("asking a list of 10,000 networks", median(asks) * 1e6, "µs"),
    ]


def _ask(kept: Entries, now: datetime) -> None:
    """Half of the addresses are allowed."""
    inside, outside = ip_address("100.64.9.1"), ip_address("203.0.113.7")
    assert kept.admits(inside, now) and not kept.admits(outside, now)
    for _ in range(_ASKED):
        kept.admits(inside, now)
        kept.admits(outside, now)


def _lines(start: int) -> list[str]:
    """10,000 lines that no shorter list could say."""
    return [f"100.{start + n // 4096}.{n // 16 % 256}.{n % 16 * 16}/29 Branch {n}" for n in range(_LINES)]


def _history(username: str, deps: Dependencies) -> None:
    """Completed logins over a month, each from an address of its own."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.by_username(username)
        assert record is not None
        for n in range(_LOGINS):
            address = ip_address(f"100.64.{n % 250}.{n // 250 * 16 + 1}")
            at = now - timedelta(days=n % 30, minutes=n)
            tx.logins.add(
                PastLogin(record.trader.id, at, Outcome.COMPLETED, "portal", f"{address}/32", address, "bench", session=f"ses_{n}")
            )


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _never(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
    raise NotImplementedError  # these flows are called as they are
