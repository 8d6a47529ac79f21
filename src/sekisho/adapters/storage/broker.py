"""Keys of the broker's systems, and the answers that are given again (domain package `broker_access`; R15)."""

from __future__ import annotations

import json
from datetime import datetime
from ipaddress import ip_network
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update

from sekisho.adapters.storage.broker_tables import broker_answers, broker_keys
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms, names_of, names_text
from sekisho.domain.broker_access import AnswerOnce, BrokerKey, Scope
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["AnswersOnce", "BrokerKeys"]

_k, _a = broker_keys, broker_answers
_ADD = insert(_k)
_SAVE = update(_k).where(_k.c.id == bindparam("wanted"))
_BY_PREFIX = select(_k).where(_k.c.prefix == bindparam("wanted"))
_OF = select(_k).where(_k.c.client == bindparam("wanted")).order_by(_k.c.id.desc())
_LOCK = _OF.with_for_update()
_ALL = select(_k).order_by(_k.c.client, _k.c.id.desc())
_REHASH = text("UPDATE broker_keys SET secret_hash = :fresh, hashed = :at WHERE id = :wanted")
_USED = text("UPDATE broker_keys SET last_used = :at WHERE id = :wanted AND (last_used IS NULL OR last_used < :at)")

_FIELDS = ("id", "client", "key", "request_hash", "status", "body", "at")
_KEEP = text(
    f"INSERT INTO broker_answers ({', '.join(_FIELDS)}) VALUES ({', '.join(':' + name for name in _FIELDS)})"
    " ON CONFLICT (client, key) DO NOTHING"
)
_KEPT = select(_a).where(_a.c.client == bindparam("client"), _a.c.key == bindparam("wanted"))
_SETTLE = update(_a).where(_a.c.id == bindparam("wanted")).values(status=bindparam("told"), body=bindparam("sealed"))
_PURGE = text("DELETE FROM broker_answers WHERE at < :before")


class BrokerKeys:
    """See `flows.ports.broker.BrokerKeys`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, key: BrokerKey) -> None:
        self._line.run(_ADD, {"id": key.id, **_row(key)})

    def save(self, key: BrokerKey) -> None:
        self._line.save(_SAVE, {"wanted": key.id, **_row(key)})

    def by_prefix(self, prefix: str) -> BrokerKey | None:
        row = self._line.first(_BY_PREFIX, {"wanted": prefix})
        return None if row is None else _key(row)

    def of(self, client: str) -> list[BrokerKey]:
        return [_key(row) for row in self._line.all(_OF, {"wanted": client})]

    def lock(self, client: str) -> list[BrokerKey]:
        return [_key(row) for row in self._line.all(_LOCK, {"wanted": client})]

    def rehash(self, key: str, secret_hash: str, at: datetime) -> None:
        self._line.run(_REHASH, {"wanted": key, "fresh": secret_hash, "at": to_ms(at)})

    def all(self) -> list[BrokerKey]:
        return [_key(row) for row in self._line.all(_ALL)]

    def note_use(self, key: str, at: datetime) -> None:
        self._line.run(_USED, {"wanted": key, "at": to_ms(at)})


class AnswersOnce:
    """See `flows.ports.broker.AnswersOnce`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, answer: AnswerOnce) -> bool:
        row = {name: getattr(answer, name) for name in _FIELDS} | {"at": to_ms(answer.at)}
        return self._line.run(_KEEP, row) == 1

    def get(self, client: str, key: str) -> AnswerOnce | None:
        row = self._line.first(_KEPT, {"client": client, "wanted": key})
        if row is None:
            return None
        answer_id, owner, name, request_hash, status, body, at = row
        return AnswerOnce(answer_id, owner, name, request_hash, status, body, from_ms(at))

    def settle(self, answer: AnswerOnce) -> None:
        self._line.save(_SETTLE, {"wanted": answer.id, "told": answer.status, "sealed": answer.body})

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})


def _row(key: BrokerKey) -> dict[str, Any]:
    return {
        "client": key.client,
        "prefix": key.prefix,
        "secret_hash": key.secret_hash,
        "hashed": to_ms(key.hashed),
        "scopes": names_text(frozenset(scope.value for scope in key.scopes)),
        "networks": json.dumps([str(network) for network in key.networks]),
        "made": to_ms(key.made),
        "made_by": key.made_by,
        "expires": to_ms(key.expires),
        "last_used": ms(key.last_used),
        "revoked": ms(key.revoked),
    }


def _key(row: SqlRow) -> BrokerKey:
    key_id, client, prefix, secret_hash, hashed, scopes, networks, made, made_by, expires, last_used, revoked = row
    return BrokerKey(
        id=key_id,
        client=client,
        prefix=prefix,
        secret_hash=secret_hash,
        hashed=from_ms(hashed),
        scopes=frozenset(Scope(name) for name in names_of(scopes)),
        networks=tuple(ip_network(network) for network in json.loads(networks)),
        made=from_ms(made),
        made_by=made_by,
        expires=from_ms(expires),
        last_used=moment(last_used),
        revoked=moment(revoked),
    )
