"""Instructions of customers on their way through the gate (domain package `instructions`; R13)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, bindparam, exists, insert, or_, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.ids import first_id
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Instructions"]

_t, _m = tables.instructions, tables.mandates
_IS_OPEN = or_(*(_t.c.state == state.value for state in InstructionState if state.is_open))
_IS_STOPPED = or_(*(_t.c.state == state.value for state in (InstructionState.CHALLENGED, InstructionState.HELD)))

_ADD = insert(_t).inline()
_SAVE = update(_t).where(_t.c.id == bindparam("wanted"), _t.c.version == bindparam("was"))
_GET = select(_t).where(_t.c.id == bindparam("wanted"))
_LOCK = _GET.with_for_update()
_BY_REFERENCE = text("SELECT * FROM instructions WHERE reference IN (SELECT value FROM json_each(:wanted))")
_BY_REFERENCE_PG = text("SELECT * FROM instructions WHERE reference = ANY(:wanted)")
_MANDATE_HOLDS = exists().where(
    _m.c.account == _t.c.account,
    _m.c.trader == _t.c.trader,
    _m.c.since <= bindparam("now"),
    or_(_m.c.until.is_(None), _m.c.until > bindparam("now")),
)
_HIS = select(_t).where(_t.c.trader == bindparam("wanted"), _MANDATE_HOLDS).order_by(_t.c.received.desc(), _t.c.id.desc())
_OF_TRADER = _HIS.limit(bindparam("most"))
_UNANSWERED = _HIS.where(_IS_STOPPED, _t.c.expires > bindparam("now"))
_OPEN_OF_ACCOUNT = select(_t).where(_t.c.account == bindparam("wanted"), _IS_OPEN).order_by(_t.c.received, _t.c.id)
_IN_STATE = text(
    "SELECT * FROM instructions WHERE state = :state AND account IN (SELECT value FROM json_each(:wanted)) ORDER BY received DESC, id DESC"
)
_IN_STATE_PG = text("SELECT * FROM instructions WHERE state = :state AND account = ANY(:wanted) ORDER BY received DESC, id DESC")
_EXPIRED = select(_t).where(_IS_OPEN, _t.c.expires <= bindparam("now")).order_by(_t.c.expires).limit(bindparam("most"))
_PURGE = text(
    "DELETE FROM instructions WHERE id IN (SELECT i.id FROM instructions i WHERE i.id < :floor"
    f" AND i.state NOT IN ({', '.join(repr(state.value) for state in InstructionState if state.is_open)})"
    " AND NOT EXISTS (SELECT 1 FROM monitored_events e WHERE e.id = i.event) ORDER BY i.id LIMIT :most)"
)


class Instructions:
    """See `flows.ports.monitoring.Instructions`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, instruction: Instruction) -> None:
        fixed = {name: getattr(instruction, name) for name in ("id", "reference", "account", "trader", "session", "hash", "event")}
        told = {"kind": instruction.kind.value, "details": json.dumps(dict(instruction.details), ensure_ascii=False)}
        judged = {"verdict": instruction.verdict, "reasons": json.dumps(instruction.reasons), "received": to_ms(instruction.received)}
        self._line.run(_ADD, {**fixed, **told, **judged, **_changing(instruction)})

    def lock(self, instruction: str) -> Instruction | None:
        return self._one(_LOCK if self._line.is_postgresql else _GET, instruction)

    def get(self, instruction: str) -> Instruction | None:
        return self._one(_GET, instruction)

    def by_reference(self, references: Iterable[str]) -> dict[str, Instruction]:
        found = self._listed(_BY_REFERENCE, _BY_REFERENCE_PG, references)
        return {one.reference: one for one in found}

    def save(self, instruction: Instruction) -> None:
        if self._line.run(_SAVE, {"wanted": instruction.id, "was": instruction.version - 1, **_changing(instruction)}) != 1:
            raise SekishoError(Kind.CONFLICT, "The instruction was changed meanwhile.", instruction.id)

    def of_trader(self, trader: str, now: datetime, limit: int) -> list[Instruction]:
        return [_instruction_of(row) for row in self._line.all(_OF_TRADER, {"wanted": trader, "now": to_ms(now), "most": limit})]

    def unanswered_by(self, trader: str, now: datetime) -> list[Instruction]:
        return [_instruction_of(row) for row in self._line.all(_UNANSWERED, {"wanted": trader, "now": to_ms(now)})]

    def open_of(self, account: str) -> list[Instruction]:
        return [_instruction_of(row) for row in self._line.all(_OPEN_OF_ACCOUNT, {"wanted": account})]

    def in_state(self, accounts: Iterable[str], state: InstructionState) -> list[Instruction]:
        return self._listed(_IN_STATE, _IN_STATE_PG, accounts, state=state.value)

    def expired(self, now: datetime, limit: int) -> list[Instruction]:
        return [_instruction_of(row) for row in self._line.all(_EXPIRED, {"now": to_ms(now), "most": limit})]

    def purge(self, before: datetime, limit: int) -> int:
        return self._line.run(_PURGE, {"floor": first_id("ins", before), "most": limit})

    def _listed(self, statement: TextClause, on_postgresql: TextClause, wanted: Iterable[str], **more: str) -> list[Instruction]:
        """A list travels as one parameter: as JSON, or as an array."""
        names = list(wanted)
        if self._line.is_postgresql:
            return [_instruction_of(row) for row in self._line.all(on_postgresql, {"wanted": names, **more})]
        return [_instruction_of(row) for row in self._line.all(statement, {"wanted": json.dumps(names), **more})]

    def _one(self, statement: Any, instruction: str) -> Instruction | None:
        row = self._line.first(statement, {"wanted": instruction})
        return None if row is None else _instruction_of(row)


def _changing(instruction: Instruction) -> dict[str, Any]:
    return {
        "state": instruction.state.value,
        "expires": to_ms(instruction.expires),
        "settled": ms(instruction.settled),
        "settled_by": instruction.settled_by,
        "version": instruction.version,
    }


def _instruction_of(row: SqlRow) -> Instruction:
    (
        id_, reference, kind, account, trader, session, hash_, details, state, verdict, reasons, event, received, expires, settled,
        settled_by, version,
    ) = row  # fmt: skip
    return Instruction(
        id=id_,
        reference=reference,
        kind=InstructionKind(kind),
        account=account,
        trader=trader,
        session=session,
        hash=hash_,
        details=json.loads(details),
        state=InstructionState(state),
        verdict=verdict,
        reasons=tuple(json.loads(reasons)),
        event=event,
        received=from_ms(received),
        expires=from_ms(expires),
        settled=moment(settled),
        settled_by=settled_by,
        version=version,
    )
