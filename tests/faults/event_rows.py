"""The event log as it stands on disk, and what a clean replay of it gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.policy import MonitoringPolicy
from tests.faults.rows import Rows

__all__ = ["EventRows", "LogRow", "Replay"]

_READ = (
    "SELECT sequence, id, at, kind, body, rules, verdict, points, features, reasons FROM monitored_events"
    " WHERE sequence > :after ORDER BY sequence"
)
_decode = msgspec.msgpack.Decoder(MonitoredEvent).decode


@dataclass(frozen=True, slots=True)
class LogRow:
    """reference: the id that its source gave it."""

    sequence: int
    id: str
    at: int
    kind: str
    event: MonitoredEvent
    rules: int | None
    verdict: str
    points: int
    features: bytes | None
    reasons: str

    @property
    def reference(self) -> str:
        return self.id.partition(":")[2]


class EventRows(Rows):
    def events(self, after: int) -> list[LogRow]:
        """All behind that sequence, in order."""
        found = self._all(_READ, after=after)
        return [
            LogRow(row[0], row[1], row[2], row[3], _decode(bytes(row[4])), *row[5:8], None if row[8] is None else bytes(row[8]), row[9])
            for row in found
        ]

    def intake(self) -> int:
        return int(self._all("SELECT count(*) FROM event_intake")[0][0])

    def instructions(self) -> dict[str, tuple[str, str, str, str]]:
        """(reference, verdict, state, event) by id."""
        found = self._all("SELECT id, reference, verdict, state, event FROM instructions")
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in found}

    def audited(self, *kinds: str) -> Counter[str]:
        """How many entries of those kinds the audit log has."""
        found = self._all("SELECT kind, count(*) FROM audit_entries GROUP BY kind")
        return Counter({row[0]: row[1] for row in found if row[0] in kinds})

    def rules_text(self, version: int) -> str:
        return str(self._all("SELECT text FROM rule_sets WHERE version = :wanted", wanted=version)[0][0])

    def newest_rules(self) -> int | None:
        """Version of the rules by which the newest event was judged."""
        found = self._all("SELECT rules FROM monitored_events WHERE rules IS NOT NULL ORDER BY sequence DESC LIMIT 1")
        return int(found[0][0]) if found else None

    def log_keeper(self) -> str | None:
        """Who holds the lease of the log, whether or not it has run out."""
        found = self._all("SELECT holder FROM leases WHERE name = 'monitoring' AND until > 0")
        return str(found[0][0]) if found else None

    def newest_snapshot(self) -> int:
        """The event that it lies behind; 0 without one."""
        return int(self._all("SELECT coalesce(max(sequence), 0) FROM engine_snapshots")[0][0])


class Replay:
    """For each version of the rules one judge that is fed every row once, from the first on: never killed, never restored."""

    def __init__(self, rows: EventRows) -> None:
        self._rows = rows
        self._judge: RuleJudge | None = None
        self._events: list[MonitoredEvent] = []
        self.sequence = 0
        self._at = 0
        self.kinds: Counter[str] = Counter()
        self.sequences: dict[str, int] = {}
        self.versions: list[int] = []

    def follow(self) -> list[LogRow]:
        """The rows that came since, each held against the judge: the same features, verdict, points and reasons, no gap, no time back."""
        new = self._rows.events(self.sequence)
        for row in new:
            assert row.sequence == self.sequence + 1, f"after {self.sequence} comes {row.sequence}"
            assert row.at >= self._at and row.event.at == row.at and row.event.sequence == row.sequence
            assert row.id not in self.sequences, f"{row.id} stands there twice"
            self.sequence, self._at, self.sequences[row.id] = row.sequence, row.at, row.sequence
            self.kinds[row.kind] += 1
            self._compare(row)
            self._events.append(row.event)
        return new

    def _compare(self, row: LogRow) -> None:
        if row.rules is None:
            assert row.features is None and row.event.lateness > 24 * 3600
            if self._judge is not None:
                self._judge.feed(row.event)
            return
        judge = self._judge
        if judge is None or judge.version != row.rules:
            assert judge is None or judge.version < row.rules, f"row {row.sequence}: rules {row.rules} after {judge.version}"
            judge = self._judge = self._judge_of(row.rules)
        judged = judge.weigh(row.event)
        stored: tuple[Any, ...] = (row.features, row.verdict, row.points, row.reasons)
        assert stored == (judged.row, judged.verdict.value, judged.points, judged.reasons), f"row {row.sequence} of {row.kind}"

    def _judge_of(self, version: int) -> RuleJudge:
        """With all that the log had before it."""
        self.versions.append(version)
        judge = RuleJudge(version, self._rows.rules_text(version), None, Lists(()), MonitoringPolicy(), ZoneInfo("Asia/Tokyo"))
        for event in self._events:
            judge.feed(event)
        return judge
