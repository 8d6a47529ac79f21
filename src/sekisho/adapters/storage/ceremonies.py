"""Logins, step-ups and activations in progress, and the sends of their codes (domain package `authentication`; R1, R3, R4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, not_, or_, select, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose, CeremonyState
from sekisho.domain.authentication.codes import SecurityCode
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Ceremonies", "Sends"]

_c, _s = tables.ceremonies, tables.sends
_LOGIN, _OPEN, _COMPLETE = CeremonyPurpose.LOGIN.value, CeremonyState.OPEN.value, CeremonyState.COMPLETE.value

_ADD = insert(_c).inline()
_BY_TOKEN = select(_c).where(_c.c.token_hash == bindparam("wanted"))
_LOCK_BY_TOKEN = select(_c).where(_c.c.token_hash == bindparam("wanted")).with_for_update(key_share=True)
_SAVE = update(_c).where(_c.c.id == bindparam("wanted"))
_UNFINISHED = (
    select(_c)
    .where(
        _c.c.trader == bindparam("wanted"),
        _c.c.lane == bindparam("wanted_lane"),
        _c.c.started >= bindparam("since"),
        _c.c.purpose == _LOGIN,
        _c.c.state != _COMPLETE,
    )
    .order_by(_c.c.started, _c.c.id)
)
_VOID = (
    update(_c)
    .where(_c.c.trader == bindparam("wanted"), _c.c.lane == bindparam("wanted_lane"), _c.c.purpose == _LOGIN, _c.c.state == _OPEN)
    .values(gate_version=-1)  # of no version
)
_EXPIRED = (
    select(_c)
    .where(_c.c.state == _OPEN, _c.c.expires <= bindparam("now"), _c.c.purpose == _LOGIN)
    .order_by(_c.c.expires, _c.c.id)
    .limit(bindparam("most"))
)
_ended = func.coalesce(_c.c.ended, _c.c.expires)
_unfinished = and_(_c.c.purpose == _LOGIN, _c.c.state != _COMPLETE)
_PURGE = delete(_c).where(_ended < bindparam("before"), or_(not_(_unfinished), _ended < bindparam("unfinished_before")))

_RECORD = insert(_s).inline()
_TIMES = (
    select(_s.c.at)
    .where(_s.c.trader == bindparam("wanted"), _s.c.lane == bindparam("wanted_lane"), _s.c.at >= bindparam("since"))
    .order_by(_s.c.at)
)
_PURGE_SENDS = delete(_s).where(_s.c.at < bindparam("before"))
_FIRM_COUNT = select(func.count()).select_from(_s).where(_s.c.at >= bindparam("since"))


class Ceremonies:
    """See `flows.ports.storage.Ceremonies`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, ceremony: Ceremony) -> None:
        row = {name: getattr(ceremony, name) for name in _FIXED}
        times = {"started": to_ms(ceremony.started), "purpose": ceremony.purpose.value}
        self._line.run(_ADD, {**row, **times, **_changing(ceremony)})

    def by_token(self, token_hash: str) -> Ceremony | None:
        row = self._line.first(_BY_TOKEN, {"wanted": token_hash})
        return None if row is None else _ceremony_of(row)

    def lock_by_token(self, token_hash: str) -> Ceremony | None:
        row = self._line.first(_LOCK_BY_TOKEN, {"wanted": token_hash})
        return None if row is None else _ceremony_of(row)

    def save(self, ceremony: Ceremony) -> None:
        self._line.save(_SAVE, {"wanted": ceremony.id, **_changing(ceremony)})

    def unfinished_logins(self, trader: str, lane: str, since: datetime) -> list[Ceremony]:
        wanted = {"wanted": trader, "wanted_lane": lane, "since": to_ms(since)}
        return [_ceremony_of(row) for row in self._line.all(_UNFINISHED, wanted)]

    def void_logins(self, trader: str, lane: str) -> int:
        return self._line.run(_VOID, {"wanted": trader, "wanted_lane": lane})

    def expired_logins(self, now: datetime, limit: int) -> list[Ceremony]:
        return [_ceremony_of(row) for row in self._line.all(_EXPIRED, {"now": to_ms(now), "most": limit})]

    def purge(self, ended_before: datetime, unfinished_before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(ended_before), "unfinished_before": to_ms(unfinished_before)})


class Sends:
    """See `flows.ports.storage.Sends`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def record(self, trader: str, lane: str, at: datetime) -> None:
        self._line.run(_RECORD, {"trader": trader, "lane": lane, "at": to_ms(at)})

    def times(self, trader: str, lane: str, since: datetime) -> list[datetime]:
        wanted = {"wanted": trader, "wanted_lane": lane, "since": to_ms(since)}
        return [from_ms(row[0]) for row in self._line.all(_TIMES, wanted)]

    def firm_count(self, since: datetime) -> int:
        return int(self._line.value(_FIRM_COUNT, {"since": to_ms(since)}))

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE_SENDS, {"before": to_ms(before)})


_FIXED = (
    "id", "trader", "phone", "lane", "channel", "gate_version", "source", "program", "address", "action", "action_text",
    "session", "proposal",
)  # fmt: skip


def _changing(ceremony: Ceremony) -> dict[str, Any]:
    code = ceremony.code
    return {
        "token_hash": ceremony.token_hash,
        "expires": to_ms(ceremony.expires),
        "code_hash": code and code.hash,
        "code_sent": code and to_ms(code.sent),
        "code_expires": code and to_ms(code.expires),
        "code_tries_left": code and code.tries_left,
        "code_used": code and ms(code.used),
        "state": ceremony.state.value,
        "ended": ms(ceremony.ended),
    }


def _ceremony_of(row: SqlRow) -> Ceremony:
    (
        id_, token_hash, purpose, trader, phone, lane, channel, started, expires, gate_version, source, program, address, action,
        action_text, session, code_hash, code_sent, code_expires, tries_left, code_used, state, ended, proposal,
    ) = row  # fmt: skip
    code = None if code_hash is None else SecurityCode(code_hash, from_ms(code_sent), from_ms(code_expires), tries_left, moment(code_used))
    return Ceremony(
        id=id_,
        token_hash=token_hash,
        purpose=CeremonyPurpose(purpose),
        trader=trader,
        phone=phone,
        lane=lane,
        channel=channel,
        started=from_ms(started),
        expires=from_ms(expires),
        gate_version=gate_version,
        source=source,
        program=program,
        address=address,
        action=action,
        action_text=action_text,
        session=session,
        code=code,
        state=CeremonyState(state),
        ended=moment(ended),
        proposal=proposal,
    )
