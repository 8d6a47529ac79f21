"""Sessions (domain package `sessions`; R6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ClauseElement, bindparam, func, insert, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms, span, span_ms
from sekisho.domain.sessions import Channel, EndReason, Session
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Sessions"]

_s, _t = tables.sessions, tables.traders

_ADD = insert(_s).inline()
_BY_TOKEN = select(_s).where(_s.c.token_hash == bindparam("wanted"))
_GET = select(_s).where(_s.c.id == bindparam("wanted"))
_LOCK = select(_s).where(_s.c.id == bindparam("wanted")).with_for_update(key_share=True)
_SAVE = update(_s).where(_s.c.id == bindparam("wanted"))
_LIVE_OF = select(_s).where(_s.c.trader == bindparam("wanted"), _s.c.ended.is_(None)).order_by(_s.c.started, _s.c.id)
_BEFORE = (
    select(_s)
    .where(_s.c.trader == bindparam("wanted"), _s.c.id != bindparam("but"), _s.c.started <= bindparam("started"))
    .order_by(_s.c.started.desc(), _s.c.id.desc())
    .limit(1)
)
_newest = (
    select(_s.c.client, func.max(_s.c.started).label("started"))
    .where(_s.c.trader == bindparam("wanted"), _s.c.client.is_not(None))
    .group_by(_s.c.client)
    .subquery()
)
_NEWEST_OF_CLIENTS = (
    select(_s)
    .join(_newest, (_newest.c.client == _s.c.client) & (_newest.c.started == _s.c.started))
    .where(_s.c.trader == bindparam("wanted"))
    .order_by(_s.c.id)
)
_LIVE = (
    select(*_s.c, _t.c.username)
    .select_from(_s)
    .join(_t, _t.c.id == _s.c.trader)
    .where(_s.c.ended.is_(None))
    .order_by(_s.c.started, _s.c.id)
)
# Two questions, each with an index of live sessions alone, in the order in which they are over.
_OVER = text(
    "SELECT id, min(since) AS over_at FROM ("
    "SELECT id, since FROM (SELECT id, last_input + idle AS since FROM sessions WHERE ended IS NULL AND last_input + idle <= :now"
    " ORDER BY last_input + idle LIMIT :most) AS idle"
    " UNION ALL"
    " SELECT id, since FROM (SELECT id, ends AS since FROM sessions WHERE ended IS NULL AND ends <= :now ORDER BY ends LIMIT :most) AS old"
    ") AS found GROUP BY id ORDER BY over_at, id LIMIT :most"
)
_END_ALL = (
    update(_s)
    .where(_s.c.trader == bindparam("wanted"), _s.c.ended.is_(None), _s.c.id != bindparam("keep"))
    .values(ended=bindparam("now"), end_reason=bindparam("why"))
    .returning(_s.c.id)
)


class Sessions:
    """See `flows.ports.storage.Sessions`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, session: Session) -> None:
        fixed = {
            "id": session.id,
            "trader": session.trader,
            "channel": session.channel.value,
            "started": to_ms(session.started),
            "address": session.address,
            "program": session.program,
            "country": session.country,
            "network": session.network,
        }
        self._line.run(_ADD, {**fixed, **_changing(session)})

    def by_token(self, token_hash: str) -> Session | None:
        return self._one(_BY_TOKEN, token_hash)

    def get(self, session: str) -> Session | None:
        return self._one(_GET, session)

    def lock(self, session: str) -> Session | None:
        return self._one(_LOCK, session)

    def save(self, session: Session) -> None:
        self._line.save(_SAVE, {"wanted": session.id, **_changing(session)})

    def live_of(self, trader: str) -> list[Session]:
        return [_session_of(row) for row in self._line.all(_LIVE_OF, {"wanted": trader})]

    def before(self, session: Session) -> Session | None:
        wanted = {"wanted": session.trader, "but": session.id, "started": to_ms(session.started)}
        row = self._line.first(_BEFORE, wanted)
        return None if row is None else _session_of(row)

    def newest_of_clients(self, trader: str) -> dict[str, Session]:
        found = [_session_of(row) for row in self._line.all(_NEWEST_OF_CLIENTS, {"wanted": trader})]
        return {session.client: session for session in found if session.client}

    def live(self) -> list[tuple[Session, str]]:
        return [(_session_of(row), row[-1]) for row in self._line.all(_LIVE)]

    def over(self, now: datetime, limit: int) -> list[str]:
        rows = self._line.all(_OVER, {"now": to_ms(now), "most": limit})
        return [row[0] for row in rows]

    def end_all(self, trader: str, reason: EndReason, now: datetime, keep: str | None = None) -> list[str]:
        wanted = {"wanted": trader, "keep": keep or "", "now": to_ms(now), "why": reason.value}
        return sorted(row[0] for row in self._line.all(_END_ALL, wanted))

    def _one(self, statement: ClauseElement, wanted: str) -> Session | None:
        row = self._line.first(statement, {"wanted": wanted})
        return None if row is None else _session_of(row)


def _changing(session: Session) -> dict[str, Any]:
    return {
        "token_hash": session.token_hash,
        "last_input": to_ms(session.last_input),
        "idle": span_ms(session.idle),
        "ends": to_ms(session.ends),
        "client": session.client,
        "methods": session.methods,
        "quarantined_until": ms(session.quarantined_until),
        "failed_proofs": session.failed_proofs,
        "ended": ms(session.ended),
        "end_reason": session.end_reason and session.end_reason.value,
    }


def _session_of(row: SqlRow) -> Session:
    (
        id_, trader, channel, token_hash, started, last_input, idle, ends, client, methods, quarantined, failed_proofs, ended,
        end_reason, address, program, country, network,
    ) = cast("Any", row[:18])  # fmt: skip
    return Session(
        id=id_,
        trader=trader,
        channel=Channel(channel),
        token_hash=token_hash,
        started=from_ms(started),
        last_input=from_ms(last_input),
        idle=cast("Any", span(idle)),
        ends=from_ms(ends),
        client=client,
        methods=methods,
        quarantined_until=moment(quarantined),
        failed_proofs=failed_proofs,
        ended=moment(ended),
        end_reason=None if end_reason is None else EndReason(end_reason),
        address=address,
        program=program,
        country=country,
        network=network,
    )
