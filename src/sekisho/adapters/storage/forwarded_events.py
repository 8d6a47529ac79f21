"""Events that a node hands to the owner of the event log (DESIGN §4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line
from sekisho.flows.ports.forwarding import Forwarded
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["ForwardedEvents"]

_f = tables.forwarded_events

_ADD = insert(_f).inline()
_WAITS = text("SELECT EXISTS (SELECT 1 FROM event_intake), EXISTS (SELECT 1 FROM forwarded_events WHERE answer IS NULL)")
_WAITING = text(
    "SELECT id, created, events, drafts FROM"
    " (SELECT id, created, events, drafts, sum(events) OVER (ORDER BY id) AS reached FROM forwarded_events WHERE answer IS NULL) AS waiting"
    " WHERE reached - events < :most ORDER BY id"
)
_WAITING_EVENTS = text("SELECT coalesce(sum(events), 0) FROM forwarded_events WHERE answer IS NULL")
_ANSWER = update(_f).where(_f.c.id == bindparam("wanted"), _f.c.answer.is_(None)).values(answer=bindparam("told"))
_ANSWERS = text("SELECT id, answer FROM forwarded_events WHERE answer IS NOT NULL AND id IN (SELECT value FROM json_each(:ids))")
_ANSWERS_PG = text("SELECT id, answer FROM forwarded_events WHERE answer IS NOT NULL AND id = ANY(:ids)")
_DROP = delete(_f).where(_f.c.id == bindparam("wanted"))
_PURGE = delete(_f).where(_f.c.created < bindparam("before"))


class ForwardedEvents:
    """See `flows.ports.forwarding.ForwardedEvents`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, rows: Sequence[Forwarded]) -> None:
        if rows:
            self._line.run_each(
                _ADD,
                [{"id": one.id, "created": to_ms(one.created), "events": one.events, "drafts": one.drafts, "answer": None} for one in rows],
            )

    def waits(self) -> tuple[bool, bool]:
        own, forwarded = self._line.all(_WAITS)[0]
        return bool(own), bool(forwarded)

    def waiting(self, most: int) -> list[Forwarded]:
        rows = self._line.all(_WAITING, {"most": max(most, 1)})
        return [Forwarded(id_, from_ms(created), events, bytes(drafts)) for id_, created, events, drafts in rows]

    def waiting_events(self) -> int:
        return int(self._line.value(_WAITING_EVENTS))

    def answer(self, answers: Mapping[str, bytes]) -> None:
        if answers:
            self._line.run_each(_ANSWER, [{"wanted": id_, "told": told} for id_, told in answers.items()])

    def answers(self, ids: Sequence[str]) -> dict[str, bytes]:
        if not ids:
            return {}
        rows = (
            self._line.all(_ANSWERS_PG, {"ids": list(ids)})
            if self._line.is_postgresql
            else self._line.all(_ANSWERS, {"ids": json.dumps(list(ids))})
        )
        return {row[0]: bytes(row[1]) for row in rows}

    def drop(self, ids: Sequence[str]) -> None:
        if ids:
            self._line.run_each(_DROP, [{"wanted": id_} for id_ in sorted(ids)])  # in the order in which the owner answers them

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})
