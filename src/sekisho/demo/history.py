"""The past of the demo's market, written into an empty event log: three weeks in which habits form (R14).

Nobody lived through these days: the simulator made them. Each event is taken as if it had come at its own time, by the rules that are live,
so that it has the place, the number, the verdict and the feature values that it would have had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from sekisho.bootstrap.monitoring import EventRecording
from sekisho.bootstrap.replaying import keep_snapshot
from sekisho.demo.market import NAMES, PAST_DAYS, market_days, names_of
from sekisho.demo.simulation.desk import EventLine
from sekisho.domain.monitoring.event import BROKER_KINDS, MonitoredEvent
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import Judge, LoggedEvent
from sekisho.flows.record_events import Place, as_accepted
from sekisho.kernel.times import to_ms

__all__ = ["first_day", "write_history"]

_encode = msgspec.msgpack.Encoder().encode


def first_day(now: datetime, deps: Dependencies) -> date:
    return now.astimezone(deps.policies.firm.time_zone).date() - timedelta(days=PAST_DAYS)


def write_history(first: date, source: str, deps: Dependencies) -> bool:
    """From the first day until now; source: the system whose events are the broker's. False, and nothing, in a log with events."""
    with deps.storage.reading() as tx:
        if tx.events.last() != (0, 0):
            return False
    judge, place = EventRecording(lambda: deps).build(lambda: False)
    rows = list(_rows(first, source, judge, place, deps))
    with deps.storage.transaction() as tx:
        tx.events.append(rows)
    keep_snapshot(judge.fingerprint, len(rows), judge.snapshot(), deps)
    return True


def _rows(first: date, source: str, judge: Judge, place: Place, deps: Dependencies) -> Iterator[LoggedEvent]:
    zone = deps.policies.firm.time_zone
    for event in _past(first, source, deps):
        accepted, place = as_accepted(event, place, zone, event.own_time)
        judged = judge.weigh(accepted)
        body = hashlib.sha256(_encode(event)).hexdigest()
        yield LoggedEvent(accepted, body, judge.rules, judged.verdict, judged.points, judged.row, judged.reasons)


def _past(first: date, source: str, deps: Dependencies) -> Iterator[MonitoredEvent]:
    now = to_ms(deps.clock())
    accounts, traders = _ids(deps)
    for _, events in market_days(first):
        for event in events:
            if event.own_time >= now:
                return
            names = names_of(event)
            assert names is not None  # `market_days` gives no others
            yield _ours(event, source, accounts[names.number] if event.account else None, traders[names.username] if event.trader else None)


def _ours(event: EventLine, source: str, account: str | None, trader: str | None) -> MonitoredEvent:
    """With ids of this house. The broker's events are named after the system that would have sent them."""
    fields = {name: getattr(event, name) for name in MonitoredEvent.__struct_fields__}
    owner = source if event.kind in BROKER_KINDS else "past"
    return MonitoredEvent(**fields | {"id": f"{owner}:past-{event.id}", "account": account, "trader": trader, "at": 0, "sequence": 0})


def _ids(deps: Dependencies) -> tuple[dict[str, str], dict[str, str]]:
    with deps.storage.reading() as tx:
        numbers, names = {one.number for one in NAMES.values()}, {one.username for one in NAMES.values()}
        return dict(tx.accounts.ids_of(numbers)), dict(tx.traders.ids_of(names))
