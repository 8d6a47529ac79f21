"""Rule sets with their versions, and the members of lists (domain package `monitoring`)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, or_, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.monitoring.listing import Member
from sekisho.domain.monitoring.rule_set import RuleSet
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["RuleLists", "RuleSets"]

_r, _m = tables.rule_sets, tables.rule_members
_NAMES = (
    "version", "state", "text", "fingerprint", "proposed", "proposed_by", "why", "decided", "decided_by", "decision", "tested", "replaced",
)  # fmt: skip
_SET = [_r.c[name] for name in _NAMES]

_ADD = insert(_r).returning(_r.c.version)
_SAVE = update(_r).where(_r.c.version == bindparam("wanted"))
_GET = select(*_SET).where(_r.c.version == bindparam("wanted"))
_IN_STATE = select(*_SET).where(_r.c.state == bindparam("wanted")).order_by(_r.c.version.desc()).limit(1)
_ALL = select(*_SET).order_by(_r.c.version.desc())
_LOCK = text("LOCK TABLE rule_sets IN SHARE ROW EXCLUSIVE MODE")  # of PostgreSQL; SQLite has one writer

_LIVE_MEMBERS = select(_m).where(or_(_m.c.expires.is_(None), _m.c.expires > bindparam("now")))
_OF_LIST = select(_m).where(_m.c.list == bindparam("wanted")).order_by(_m.c.member)
_PUT = text(
    "INSERT INTO rule_members (list, member, expires, why, added_by, added) VALUES (:list, :member, :expires, :why, :added_by, :added)"
    " ON CONFLICT (list, member) DO UPDATE SET expires = excluded.expires, why = excluded.why, added_by = excluded.added_by,"
    " added = excluded.added"
)
_DROP = delete(_m).where(_m.c.list == bindparam("wanted"), _m.c.member == bindparam("wanted_member"))


class RuleSets:
    """See `flows.ports.monitoring.RuleSets`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, row: RuleSet) -> int:
        return int(self._line.value(_ADD, _values(row)))

    def save(self, row: RuleSet) -> None:
        self._line.save(_SAVE, {"wanted": row.version, **_values(row)})

    def get(self, version: int) -> RuleSet | None:
        row = self._line.first(_GET, {"wanted": version})
        return None if row is None else _set_of(row)

    def in_state(self, state: str) -> RuleSet | None:
        row = self._line.first(_IN_STATE, {"wanted": state})
        return None if row is None else _set_of(row)

    def all(self) -> list[RuleSet]:
        return [_set_of(row) for row in self._line.all(_ALL)]

    def lock(self) -> None:
        if self._line.is_postgresql:
            self._line.run(_LOCK)


class RuleLists:
    """See `flows.ports.monitoring.RuleLists`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def members(self, now: datetime) -> list[Member]:
        return [_member_of(row) for row in self._line.all(_LIVE_MEMBERS, {"now": to_ms(now)})]

    def of(self, name: str) -> list[Member]:
        return [_member_of(row) for row in self._line.all(_OF_LIST, {"wanted": name})]

    def put(self, member: Member) -> None:
        row = {"list": member.list, "member": member.member, "why": member.why, "added_by": member.added_by}
        self._line.run(_PUT, {**row, "expires": ms(member.expires), "added": to_ms(member.added)})

    def drop(self, name: str, member: str) -> bool:
        return self._line.run(_DROP, {"wanted": name, "wanted_member": member}) == 1


def _values(row: RuleSet) -> dict[str, object]:
    changed = {"state": str(row.state), "proposed": to_ms(row.proposed), "decided": ms(row.decided)}
    return {name: getattr(row, name) for name in _NAMES if name != "version"} | changed


def _set_of(row: SqlRow) -> RuleSet:
    version, state, text_, fingerprint, proposed, proposed_by, why, decided, *rest = row
    return RuleSet(version, state, text_, fingerprint, from_ms(proposed), proposed_by, why, moment(decided), *rest)


def _member_of(row: SqlRow) -> Member:
    name, member, expires, why, added_by, added = row
    return Member(name, member, moment(expires), why, added_by, from_ms(added))
