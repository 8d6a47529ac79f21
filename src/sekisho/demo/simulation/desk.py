"""Where a day's events are drafted, put in order of time, and made into what monitoring accepts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sekisho.adapters.event_files import EventLine
from sekisho.demo.simulation.calendar import DAY, HOUR

__all__ = ["Desk", "EventLine", "Fields", "Label", "event_id"]

Fields = dict[str, Any]


class Label(msgspec.Struct, frozen=True, gc=False):
    """What an event was in truth. weakened: how the attack was weakened, joined by `+`; empty: plain. step: its part in the attack."""

    event: str
    attack_id: str
    attack_kind: str
    weakened: str
    step: str


def event_id(number: int) -> str:
    """The id of the event that was drafted as that number."""
    return f"evt-{number:09d}"


@dataclass(slots=True)
class Desk:
    """Takes drafts of a day in any order; what lies behind the day's end waits for its own day.

    sequence: that of the last event given out. labels: of events not yet given out, by the number drafted.
    """

    sequence: int = 0
    _drafted: int = 0
    _waiting: list[tuple[int, int, str, Fields]] = field(default_factory=list)
    labels: dict[int, Label] = field(default_factory=dict)

    def add(self, moment: int, kind: str, *parts: Fields, **fields: Any) -> str:
        """Drafts an event and returns its id. parts: fields that several events share; later ones win."""
        self._drafted += 1
        merged: Fields = {}
        for part in parts:
            merged |= part
        merged |= fields
        self._waiting.append((moment, self._drafted, kind, merged))
        return event_id(self._drafted)

    @property
    def drafted(self) -> int:
        """How many events were drafted so far; the newest one's number."""
        return self._drafted

    def give_out(self, until: int) -> Iterator[tuple[EventLine, Label | None]]:
        """Events before `until`, in order, each with `at` and sequence as at acceptance, and its label if it is part of an attack."""
        due = sorted(draft for draft in self._waiting if draft[0] < until)  # the number drafted is unique: fields are never compared
        self._waiting = [draft for draft in self._waiting if draft[0] >= until]
        for moment, number, kind, fields in due:
            self.sequence += 1
            local = moment + 9 * HOUR
            event = EventLine(
                event_id(number),
                kind,
                moment,
                at=moment,
                sequence=self.sequence,
                hour=local % DAY // HOUR,
                weekday=(local // DAY + 3) % 7,
                **fields,
            )
            yield event, self.labels.pop(number, None)
