"""Everything that is sealed or hashed under a master key (R9).

A test looks through every text of a database for sealed ones that are not in `_PLACES`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text

from sekisho.adapters.storage.coordination import Changes
from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.rows import moment
from sekisho.domain.sessions import EndReason
from sekisho.flows.ports.keyed_rows import Lasting, SealedText
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import ChangeKind
from sekisho.kernel.times import to_ms

__all__ = ["KeyedRows"]

# A sealed text is `v1.<key: 10 digits>.…`, wrapped `w1.…`. By substr: LIKE would need care with the driver's own per cent signs.
_SEALED = "substr({column}, 1, 3) IN ('v1.', 'w1.')"


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of sealed texts. suffix: of the context, behind the row's id. only: which rows, where a column holds several things."""

    table: str
    column: str
    purpose: Purpose = Purpose.FIELDS
    suffix: str = ""
    only: str = ""
    fixed: bool = False

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column} {self.purpose}"

    def page(self, what: str, rows: int, order: str) -> TextClause:
        """what: of the next so many rows, whose sealed text is `sealed` and NULL elsewhere, and whose key is `key`."""
        only = f" AND {self.only}" if self.only else ""
        text_of = f"CASE WHEN {_SEALED}{only} THEN {{column}} END".replace("{column}", self.column)
        page = f"SELECT id, {text_of} AS sealed FROM {self.table} WHERE id > :after ORDER BY id LIMIT {rows}"
        return text(f"SELECT {what} FROM (SELECT id, sealed, substr(sealed, 4, 10) AS key FROM ({page}) rows) keyed {order}")


_PLACES = {
    place.name: place
    for place in (
        _Place("authenticators", "value", Purpose.PEPPER, only="kind = 'password'"),
        _Place("authenticators", "value", only="kind <> 'password'"),
        _Place("contacts", "value"),
        *(_Place("traders", column, suffix=f"|{column}") for column in ("email", "phrase")),
        _Place("ceremonies", "proposal"),
        *(_Place("outbox", column, suffix=f"|{column}") for column in ("address", "subject", "body", "code")),
        _Place("broker_answers", "body"),
        _Place("webhooks", "body"),
        _Place("audit_entries", "personal", fixed=True),
    )
}
_OLDER = {name: place.page("id, CASE WHEN key <> :key THEN sealed END", 500, "ORDER BY id") for name, place in _PLACES.items()}
_COUNT = [place.page("key, count(*), max(id)", 20_000, "GROUP BY key") for place in _PLACES.values()]
_REPLACE = {
    name: text(f"UPDATE {place.table} SET {place.column} = :fresh WHERE id = :wanted AND {place.column} = :old")
    for name, place in _PLACES.items()
}
_CANARY = text("SELECT canary FROM meta")
_SINCE = text("SELECT key_since FROM meta")
_CHANGE = text("UPDATE meta SET canary = :canary, key_since = :now WHERE canary = :old")

_SESSIONS = "ended IS NULL AND ends > :now AND started < :before"
_CLIENTS = "expires > :now AND last_used < :before"
_LOGINS = "state = 'open' AND expires > :now AND started < :before"
_ACTIVATIONS = "kind = 'activation' AND state = 'pending' AND expires > :now AND bound < :before"
_KEYS = "revoked IS NULL AND expires > :now AND hashed < :before"
_TABLES = {
    "sessions": _SESSIONS,
    "known_clients": _CLIENTS,
    "ceremonies": _LOGINS,
    "authenticators": _ACTIVATIONS,
    "broker_keys": _KEYS,
}
_LASTING = [text(f"SELECT count(*) FROM {table} WHERE {where}") for table, where in _TABLES.items()]


def _some(table: str) -> str:
    return f"id IN (SELECT id FROM {table} WHERE {_TABLES[table]} LIMIT 1000)"


_END_SESSIONS = text(f"UPDATE sessions SET ended = :now, end_reason = '{EndReason.KEY_RETIRED}' WHERE {_some('sessions')} RETURNING id")
_END = [
    text(f"DELETE FROM known_clients WHERE {_some('known_clients')}"),
    text(f"UPDATE ceremonies SET ended = :now, state = 'dead', code_hash = NULL WHERE {_some('ceremonies')}"),
    text(f"UPDATE authenticators SET changed = :now, state = 'removed' WHERE {_some('authenticators')}"),
    text(f"UPDATE broker_keys SET revoked = :now WHERE {_some('broker_keys')}"),
]


class KeyedRows:
    """See `flows.ports.keyed_rows.KeyedRows`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def places(self) -> Sequence[str]:
        return list(_PLACES)

    def canary(self) -> str | None:
        found = self._line.value(_CANARY)
        return None if found is None else str(found)

    def used_since(self) -> datetime | None:
        return moment(self._line.value(_SINCE))

    def change_key(self, canary: str, before: str, now: datetime) -> bool:
        return self._line.run(_CHANGE, {"canary": canary, "old": before, "now": to_ms(now)}) == 1

    def count(self) -> Mapping[str, int]:
        counted: Counter[str] = Counter()
        for statement in _COUNT:
            after = ""
            while rows := self._line.all(statement, {"after": after}):
                counted.update({str(key): int(number) for key, number, _ in rows if key is not None})
                after = max(str(last) for _, _, last in rows)
        return counted

    def older(self, place: str, key_id: str, after: str) -> tuple[Sequence[SealedText], str]:
        where = _PLACES[place]
        rows = self._line.all(_OLDER[place], {"key": key_id, "after": after})
        found = [SealedText(place, row, where.purpose, f"{row}{where.suffix}", one, where.fixed) for row, one in rows if one is not None]
        return found, str(rows[-1][0]) if rows else ""

    def replace(self, fresh: Sequence[tuple[SealedText, str]]) -> int:
        if not fresh:
            return 0
        rows = [{"wanted": old.row, "old": old.text, "fresh": text} for old, text in fresh]
        return self._line.run_each(_REPLACE[fresh[0][0].place], rows)

    def hashed_before(self, moment: datetime, now: datetime) -> Lasting:
        limits = {"before": to_ms(moment), "now": to_ms(now)}
        return Lasting(*(int(self._line.value(statement, limits)) for statement in _LASTING))

    def end_hashed_before(self, moment: datetime, now: datetime) -> Lasting:
        limits = {"before": to_ms(moment), "now": to_ms(now)}
        ended = [str(row[0]) for row in self._line.all(_END_SESSIONS, limits)]
        changes = Changes(self._line)
        for session in ended:
            changes.append(ChangeKind.SESSION, session, now)
        return Lasting(len(ended), *(self._line.run(statement, limits) for statement in _END))
