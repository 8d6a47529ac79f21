"""Notices in the portal's inbox (R10)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, select, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import facts_of, facts_text, moment, ms
from sekisho.flows.ports.storage import InboxNotice
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Inbox"]

_i = tables.inbox

_ADD = insert(_i).inline()
_OF = select(_i).where(_i.c.trader == bindparam("wanted")).order_by(_i.c.at.desc(), _i.c.id.desc()).limit(bindparam("most"))
_UNREAD = select(func.count()).select_from(_i).where(_i.c.trader == bindparam("wanted"), _i.c.read.is_(None))
_MARK = (
    update(_i)
    .where(_i.c.trader == bindparam("wanted"), _i.c.id == bindparam("wanted_notice"))
    .values(read=func.coalesce(_i.c.read, bindparam("now")))
)
_PURGE = delete(_i).where(_i.c.at < bindparam("before"))


class Inbox:
    """See `flows.ports.storage.Inbox`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, notice: InboxNotice) -> None:
        self._line.run(
            _ADD,
            {
                "id": notice.id,
                "trader": notice.trader,
                "at": to_ms(notice.at),
                "kind": notice.kind,
                "params": facts_text(notice.params),
                "read": ms(notice.read),
            },
        )

    def of(self, trader: str, limit: int = 100) -> list[InboxNotice]:
        """Newest first."""
        return [_notice_of(row) for row in self._line.all(_OF, {"wanted": trader, "most": limit})]

    def unread(self, trader: str) -> int:
        return int(self._line.value(_UNREAD, {"wanted": trader}))

    def mark_read(self, trader: str, notice: str, now: datetime) -> bool:
        """Whether the notice is this trader's; read already, it keeps its earlier time."""
        return self._line.run(_MARK, {"wanted": trader, "wanted_notice": notice, "now": to_ms(now)}) == 1

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})


def _notice_of(row: SqlRow) -> InboxNotice:
    return InboxNotice(row[0], row[1], from_ms(row[2]), row[3], facts_of(row[4]), moment(row[5]))
