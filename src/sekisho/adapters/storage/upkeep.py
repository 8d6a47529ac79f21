"""Backups and restores of the database as a whole (R9).

Rows are ended a thousand at a time: one statement over all of them would outlast the time that a statement has on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import TextClause, text

from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.rows import moment
from sekisho.domain.sessions import EndReason
from sekisho.flows.ports.upkeep import Ended
from sekisho.kernel.times import to_ms

__all__ = ["Upkeep"]

_BACKED_UP = text("SELECT backed_up FROM meta")
_NOTE_BACKUP = text("UPDATE meta SET backed_up = :now")
_RESTORED = text("SELECT restored FROM meta")
_NOTE_RESTORED = text("UPDATE meta SET restored = :now WHERE restored IS NULL")
_BEGIN_EPOCH = text("UPDATE meta SET epoch = :epoch, restored = NULL")
_TRADER_OF = text("SELECT trader FROM authenticators WHERE id = :wanted")
_NOTE_REMOVED = text(
    "INSERT INTO authenticator_life (authenticator, at, what, by, address, program) VALUES (:id, :now, 'removed', 'restore', NULL, '')"
)


def _ending(table: str, key: str, change: str, wanted: str) -> TextClause:
    return text(f"UPDATE {table} SET {change} WHERE {key} IN (SELECT {key} FROM {table} WHERE {wanted} LIMIT 1000) RETURNING {key}")


_SESSIONS = _ending("sessions", "id", f"ended = :now, end_reason = '{EndReason.RESTORED}'", "ended IS NULL")
_CEREMONIES = _ending("ceremonies", "id", "ended = :now, state = 'dead', code_hash = NULL", "state = 'open'")
_ACTIVATIONS = _ending("authenticators", "id", "changed = :now, state = 'removed'", "kind = 'activation' AND state = 'pending'")
_MESSAGES = _ending(
    "outbox",
    "id",
    "settled = :now, state = 'dead', reason = 'restored', address = NULL, subject = NULL, body = NULL, code = NULL",
    "state = 'waiting' AND has_code = 1",
)
_LISTS = _ending(
    "address_lists",
    "owner",
    "changed = :now, version = version + 1, pending = NULL, due = CASE WHEN before IS NULL THEN NULL ELSE due END",
    "pending IS NOT NULL",
)
_CONTACTS = _ending("contacts", "id", "ended = :now, state = 'ended'", "state IN ('unconfirmed', 'waiting')")
_KEYS = text("UPDATE broker_keys SET revoked = :now WHERE revoked IS NULL AND expires > :now")
_CLIENTS = text("DELETE FROM known_clients")


class Upkeep:
    """See `flows.ports.upkeep.Upkeep`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def backed_up(self) -> datetime | None:
        return moment(self._line.value(_BACKED_UP))

    def note_backup(self, now: datetime) -> None:
        self._line.run(_NOTE_BACKUP, {"now": to_ms(now)})

    def restored(self) -> datetime | None:
        return moment(self._line.value(_RESTORED))

    def note_restored(self, now: datetime) -> None:
        self._line.run(_NOTE_RESTORED, {"now": to_ms(now)})

    def begin_epoch(self, epoch: int) -> None:
        self._line.run(_BEGIN_EPOCH, {"epoch": epoch})

    def end_everything(self, now: datetime) -> Ended:
        activations = self._end(_ACTIVATIONS, now)
        if activations:
            self._line.run_each(_NOTE_REMOVED, [{"id": one, "now": to_ms(now)} for one in activations])
        return Ended(
            sessions=len(self._end(_SESSIONS, now)),
            ceremonies=len(self._end(_CEREMONIES, now)),
            codes=len(activations) + len(self._end(_MESSAGES, now)),
            known_clients=self._line.run(_CLIENTS),
            broker_keys=self._line.run(_KEYS, {"now": to_ms(now)}),
            changes=len(self._end(_LISTS, now)) + len(self._end(_CONTACTS, now)),
        )

    def trader_of(self, authenticator: str) -> str | None:
        found = self._line.value(_TRADER_OF, {"wanted": authenticator})
        return None if found is None else str(found)

    def _end(self, statement: TextClause, now: datetime) -> Sequence[str]:
        ended: list[str] = []
        while rows := self._line.all(statement, {"now": to_ms(now)}):
            ended += [row[0] for row in rows]
        return ended
