"""For tests of features on disk: streams of many days sent through the real writer, and the four ways to their values (MONITORING.md).

the log as it is stored ──▶ by definition (tests/adapters/engines/reference.py)
                        ──▶ by an engine that replays it from its beginning
                        ──▶ by an engine that begins at each snapshot that is stored
                        ──▶ as they were stored with the verdicts
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
from sqlalchemy import text

from sekisho.adapters.engines.engine import Engine
from sekisho.adapters.engines.judge import book_of
from sekisho.bootstrap import monitoring
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.flows.ports.monitoring import Accepted, Draft, LoggedEvent
from sekisho.kernel.events import Event, EventKind
from sekisho.kernel.times import from_ms
from tests.adapters.engines.reference import Reference
from tests.adapters.engines.test_by_definition import exact
from tests.adapters.engines.worlds import CONDITIONS
from tests.flows.house import House
from tests.flows.monitored import Log, open_log

__all__ = ["Compared", "compare", "record", "wipe"]

RULE = """
rule every_login
    on      login.completed
    when    hour >= 0
    then    points 1
    reason  every_login
    queue   logins
    en      "A login."
    ja      "ログインです。"
"""
_MINUTE = 60_000
_PAGE = 10_000
_encode = msgspec.msgpack.Encoder().encode
_row = msgspec.msgpack.Decoder(list[int | float | str | bool | None]).decode


class OverDays(EventRecording):
    """What came within a minute is taken at that minute, so that months pass while the test runs; all of a batch in one commit."""

    now = 0

    def record(self, drafts, intake, place, judge, now, tx):  # type: ignore[no-untyped-def]
        outcomes, own = [], intake
        for group in _by_minute(drafts) or [[]]:
            type(self).now = max([draft.event.at for draft in group], default=self.now)
            found, place = super().record(group, own, place, judge, from_ms(self.now), tx)
            outcomes, own = [*outcomes, *found], []
        return outcomes, place


def _by_minute(drafts: Sequence[Draft]) -> list[list[Draft]]:
    cuts = [0, *(n for n in range(1, len(drafts)) if drafts[n].event.at // _MINUTE > drafts[n - 1].event.at // _MINUTE), len(drafts)]
    return [list(drafts[start:end]) for start, end in pairwise(cuts) if start < end]


def record(house: House, features: str, parts: Sequence[Sequence[MonitoredEvent]], batch: int, own: int = 0) -> None:
    """Each part by a writer of its own, which opens where the one before ended. own: an event of Sekisho itself each so many batches."""
    for part in parts:
        with open_log(house, features + RULE, recording=OverDays) as log:
            waiting = []
            for number, start in enumerate(range(0, len(part), batch)):
                events = part[start : start + batch]
                if own and number % own == 0:
                    _happen(house, events[0].at)
                waiting.append(log.writer.submit([Draft(event, event.id) for event in events]))
                if len(waiting) > 8:
                    _taken(waiting.pop(0).result(60))
            for each in waiting:
                _taken(each.result(60))
            _settle(log)


def _taken(outcomes: Sequence[Any]) -> None:
    assert all(isinstance(one, Accepted) and not one.again for one in outcomes), outcomes


def _happen(house: House, at: int) -> None:
    with house.storage.transaction() as tx:
        tx.audit.append(Event(EventKind.LOGIN_REFUSED, reason="unknown_name", facts={"step": "password"}), from_ms(at))


def _settle(log: Log) -> None:
    until = time.monotonic() + 20
    while True:
        with log.house.storage.reading() as tx:
            if not tx.events.intake_count():
                return
        assert time.monotonic() < until, "own events wait for too long"
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Compared:
    """events: in the log. defined: of them compared with the definition. snapshots: from which it was replayed. seen: values by feature."""

    events: int
    defined: int
    own: int
    snapshots: int
    seen: dict[str, set[Any]]


def compare(house: House, features: str, every: int = 1, tell: Callable[[int], None] = lambda done: None) -> Compared:
    """All four ways, to the last digit; of the slow definition each so-many-th event."""
    rows, book, policy = list(_rows(house)), book_of(features + RULE), house.deps.policies.monitoring
    events = [row.event for row in rows]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    reference = Reference(book.features, policy, events, CONDITIONS)
    engines = [Engine.restore(book.features, policy, data) for data in _snapshots(house)]
    begun = [engine.sequence for engine in engines]
    engines.append(Engine(book.features, policy))
    seen: dict[str, set[Any]] = {name: set() for name in book.features.names}
    for place, row in enumerate(rows):
        replayed = {_encode(engine.feed(row.event)) for engine in engines if engine.sequence < row.event.sequence}
        late = row.event.lateness > policy.latest.total_seconds()
        assert (row.features is None) is late is (row.rules is None)
        assert late or replayed == {row.features}, row
        if row.features is not None and place % every == 0:
            values = tuple(_row(row.features))
            assert exact(values) == exact(reference.row(place)), row
            for name, value in zip(book.features.names, values, strict=True):
                seen[name].add(value)
            tell(place)
    own = sum(event.kind == "login.refused" and event.trader is None for event in events)
    return Compared(len(rows), len(rows) // every, own, len(begun), seen)


def _rows(house: House) -> Iterator[LoggedEvent]:
    after = 0
    while True:
        with house.storage.reading() as tx:
            page = tx.events.read(after, _PAGE)
        if not page:
            return
        yield from page
        after = page[-1].event.sequence


def _snapshots(house: House) -> list[bytes]:
    with house.storage.reading() as tx:
        rows = tx._line.all(text("SELECT id, data FROM engine_snapshots ORDER BY sequence, id, part"))  # type: ignore[attr-defined]
    found: dict[str, bytes] = {}
    for id_, data in rows:
        found[id_] = found.get(id_, b"") + data
    return list(found.values())


def wipe(house: House) -> None:
    """An empty log, for the next one."""
    with house.storage.transaction() as tx:
        for table in ("monitored_events", "engine_snapshots", "rule_sets", "leases"):
            tx._line.run(text(f"DELETE FROM {table}"))  # type: ignore[attr-defined]


def snapshots_every(events: int, patch: Any) -> None:
    patch.setattr(monitoring, "_SNAPSHOT_EVERY", events)
    patch.setattr(monitoring, "_SNAPSHOT_PAUSE", timedelta(0))
