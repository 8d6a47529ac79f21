"""Authenticators, their dated life, and known clients (domain package `authentication`; R3, R16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import bindparam, delete, insert, or_, select, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.domain.authentication.known_client import KnownClient
from sekisho.flows.ports.storage import LifeEntry
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Authenticators", "KnownClients", "authenticator_of"]

_a, _l, _k = tables.authenticators, tables.authenticator_life, tables.known_clients
_NEWEST_FIRST = (_a.c.bound.desc(), _a.c.id.desc())

_ADD = insert(_a).inline()
_SAVE = update(_a).where(_a.c.id == bindparam("wanted"))
_OF = select(_a).where(_a.c.trader == bindparam("wanted")).order_by(_a.c.bound, _a.c.id)
_NEWEST = (
    select(_a)
    .where(_a.c.trader == bindparam("wanted"), _a.c.kind == bindparam("wanted_kind"), or_(_a.c.state == "pending", _a.c.state == "active"))
    .order_by(*_NEWEST_FIRST)
    .limit(1)
)
_BY_VALUE = select(_a).where(_a.c.kind == bindparam("wanted_kind"), _a.c.value == bindparam("wanted")).order_by(*_NEWEST_FIRST).limit(1)
_NOTE = insert(_l).inline()
_LIFE_OF = (
    select(_l.c.authenticator, _l.c.at, _l.c.what, _l.c.by, _l.c.address, _l.c.program)
    .join(_a, _a.c.id == _l.c.authenticator)
    .where(_a.c.trader == bindparam("wanted"))
    .order_by(_l.c.at, _l.c.number)
)

_CLIENT_BY_TOKEN = select(_k).where(_k.c.token_hash == bindparam("wanted"))
_ADD_CLIENT = insert(_k).inline()
_SAVE_CLIENT = update(_k).where(_k.c.id == bindparam("wanted"))
_CLIENTS_OF = (
    select(_k).where(_k.c.trader == bindparam("wanted"), _k.c.expires > bindparam("now")).order_by(_k.c.last_used.desc(), _k.c.id.desc())
)
_DROP = delete(_k).where(_k.c.trader == bindparam("wanted"), _k.c.id == bindparam("wanted_client"))
_DROP_ALL = delete(_k).where(_k.c.trader == bindparam("wanted"), _k.c.id != bindparam("keep"))


class Authenticators:
    """See `flows.ports.storage.Authenticators`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, authenticator: Authenticator) -> None:
        row = {"id": authenticator.id, "trader": authenticator.trader, "kind": authenticator.kind.value}
        self._line.run(_ADD, {**row, **_authenticator_row(authenticator)})

    def save(self, authenticator: Authenticator) -> None:
        self._line.save(_SAVE, {"wanted": authenticator.id, **_authenticator_row(authenticator)})

    def of(self, trader: str) -> list[Authenticator]:
        return [_present(row) for row in self._line.all(_OF, {"wanted": trader})]

    def newest(self, trader: str, kind: AuthenticatorKind) -> Authenticator | None:
        row = self._line.first(_NEWEST, {"wanted": trader, "wanted_kind": kind.value})
        return None if row is None else authenticator_of(row, 0)

    def by_value(self, kind: AuthenticatorKind, value: str) -> Authenticator | None:
        row = self._line.first(_BY_VALUE, {"wanted": value, "wanted_kind": kind.value})
        return None if row is None else authenticator_of(row, 0)

    def note(self, entry: LifeEntry) -> None:
        self._line.run(
            _NOTE,
            {
                "authenticator": entry.authenticator,
                "at": to_ms(entry.at),
                "what": entry.what,
                "by": entry.by,
                "address": entry.address,
                "program": entry.program,
            },
        )

    def life_of(self, trader: str) -> list[LifeEntry]:
        rows = self._line.all(_LIFE_OF, {"wanted": trader})
        return [LifeEntry(row[0], from_ms(row[1]), row[2], row[3], row[4], row[5]) for row in rows]


class KnownClients:
    """See `flows.ports.storage.KnownClients`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def by_token(self, token_hash: str) -> KnownClient | None:
        row = self._line.first(_CLIENT_BY_TOKEN, {"wanted": token_hash})
        return None if row is None else _client_of(row)

    def add(self, client: KnownClient) -> None:
        row = {"id": client.id, "trader": client.trader, "added": to_ms(client.added)}
        self._line.run(_ADD_CLIENT, {**row, **_client_row(client)})

    def save(self, client: KnownClient) -> None:
        self._line.save(_SAVE_CLIENT, {"wanted": client.id, **_client_row(client)})

    def of(self, trader: str, now: datetime) -> list[KnownClient]:
        rows = self._line.all(_CLIENTS_OF, {"wanted": trader, "now": to_ms(now)})
        return [_client_of(row) for row in rows]

    def drop(self, trader: str, client: str) -> bool:
        return self._line.run(_DROP, {"wanted": trader, "wanted_client": client}) == 1

    def drop_all(self, trader: str, keep: str | None = None) -> int:
        return self._line.run(_DROP_ALL, {"wanted": trader, "keep": keep or ""})


def _authenticator_row(authenticator: Authenticator) -> dict[str, Any]:
    return {
        "state": authenticator.state.value,
        "value": authenticator.value,
        "bound": to_ms(authenticator.bound),
        "changed": to_ms(authenticator.changed),
        "expires": ms(authenticator.expires),
    }


def authenticator_of(row: SqlRow, first: int) -> Authenticator | None:
    """The authenticator in the eight columns from `first` on; None where an outer join found none."""
    id_, trader, kind, state, value, bound, changed_, expires = cast("Any", row[first : first + 8])
    if id_ is None:
        return None
    return Authenticator(
        id_, trader, AuthenticatorKind(kind), AuthenticatorState(state), value, from_ms(bound), from_ms(changed_), moment(expires)
    )


def _present(row: SqlRow) -> Authenticator:
    return cast("Authenticator", authenticator_of(row, 0))


def _client_row(client: KnownClient) -> dict[str, Any]:
    return {
        "token_hash": client.token_hash,
        "name_hash": client.name_hash,
        "last_used": to_ms(client.last_used),
        "expires": to_ms(client.expires),
        "program": client.program,
    }


def _client_of(row: SqlRow) -> KnownClient:
    id_, trader, token_hash, name_hash, added, last_used, expires, program = row
    return KnownClient(id_, trader, token_hash, name_hash, from_ms(added), from_ms(last_used), from_ms(expires), program)
