"""The newest events of the log with what was said of them, kept in memory so that a page asks the log for the new ones alone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from sekisho.bootstrap.house import House
from sekisho.domain.instructions import Instruction
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import KeptReason, KeptReasons, LoggedEvent
from sekisho.flows.ports.storage import Transaction

__all__ = ["Seen", "Watch"]

_KEPT = 400
_LOOKED_BACK = 20_000
_AT_ONCE = 2000
_read_reasons = msgspec.json.Decoder(KeptReasons).decode


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the log. verdict: of its instruction, where it is one, else of the rules. gate: codes that no rule gave."""

    row: LoggedEvent
    verdict: Verdict
    kept: KeptReasons
    gate: tuple[str, ...] = ()

    @property
    def event(self) -> MonitoredEvent:
        return self.row.event

    @property
    def reasons(self) -> list[KeptReason]:
        return [one for one in self.kept.reasons if one.counts]


class Watch:
    """Used by several threads."""

    def __init__(self, house: House) -> None:
        self._storage = house.storage
        self._lock = threading.Lock()
        self._all: deque[Seen] = deque(maxlen=_KEPT)
        self._stern: deque[Seen] = deque(maxlen=_KEPT)
        self._last = -1

    def news(self, after: int, stern: bool, most: int) -> tuple[int, list[Seen]]:
        """The number of the newest event, and what came after `after`, newest first. stern: only what was not allowed."""
        with self._lock:
            self._catch_up()
            found = [seen for seen in reversed(self._stern if stern else self._all) if seen.event.sequence > after]
            return self._last, found[:most]

    def one(self, sequence: int) -> Seen | None:
        with self._storage.reading() as tx:
            row = tx.events.get(sequence)
            return None if row is None else _seen([row], tx)[0]

    def _catch_up(self) -> None:
        with self._storage.reading() as tx:
            newest = tx.events.last()[0]
            if self._last < 0:
                self._last = max(0, newest - _LOOKED_BACK)
            while self._last < newest and (rows := tx.events.read(self._last, _AT_ONCE)):
                for seen in _seen(rows, tx):
                    self._all.append(seen)
                    if seen.verdict is not Verdict.ALLOW:
                        self._stern.append(seen)
                self._last = rows[-1].event.sequence


def _seen(rows: Sequence[LoggedEvent], tx: Transaction) -> list[Seen]:
    asked = tx.instructions.by_reference([row.event.id for row in rows])
    return [_with(row, asked.get(row.event.id)) for row in rows]


def _with(row: LoggedEvent, instruction: Instruction | None) -> Seen:
    kept = _read_reasons(row.reasons)
    if instruction is None:
        return Seen(row, row.verdict, kept)
    ruled = {one.code for one in kept.reasons}
    return Seen(row, Verdict(instruction.verdict), kept, tuple(code for code in instruction.reasons if code not in ruled))
