"""Accounts, mandates and traders (domain package `accounts`; R7, R16)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import TextClause, and_, bindparam, case, exists, insert, or_, select, text, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.address_lists import list_of
from sekisho.adapters.storage.authentication import authenticator_of
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms, names_of, names_text, span, span_ms
from sekisho.domain.accounts import Account, Mandate, Role, Trader
from sekisho.flows.ports.storage import LoginRecord
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Accounts", "Traders"]

_a, _m, _t, _n = tables.accounts, tables.mandates, tables.traders, tables.address_lists
_p, _f = tables.authenticators.alias("password"), tables.authenticators.alias("phone")
_newest = tables.authenticators.alias("newest")

_ADD_ACCOUNT = insert(_a).inline()
_ACCOUNT_BY_NUMBER = select(_a).where(_a.c.number == bindparam("wanted"))
_ACCOUNT_BY_ID = select(_a).where(_a.c.id == bindparam("wanted"))
_LOCK_ACCOUNT = _ACCOUNT_BY_ID.with_for_update(key_share=True)
_FREEZE = update(_a).where(_a.c.id == bindparam("wanted"))
_ALL_ACCOUNTS = select(_a).order_by(_a.c.number)
_GRANT = insert(_m).inline()
_END_MANDATE = update(_m).where(_m.c.id == bindparam("wanted"), or_(_m.c.until.is_(None), _m.c.until > bindparam("now"))).returning(*_m.c)
_TRADER_COLUMNS = [column for column in _t.c if column.name != "look_alike"]
_TRADER_WIDTH = len(_TRADER_COLUMNS)
_MANDATES_ON = (
    select(*_m.c, *_TRADER_COLUMNS)
    .select_from(_m)
    .join(_t, _t.c.id == _m.c.trader)
    .where(_m.c.account == bindparam("wanted"))
    .order_by(case((_m.c.role == Role.HOLDER.value, 0), else_=1), _m.c.since, _m.c.id)
)
_HOLDS = and_(
    _m.c.trader == bindparam("wanted_trader"),
    _m.c.since <= bindparam("now"),
    or_(_m.c.until.is_(None), _m.c.until > bindparam("now")),
)
_ACTED_FOR_BY = select(*_a.c, *_m.c).select_from(_a).join(_m, _m.c.account == _a.c.id).where(_HOLDS).order_by(_a.c.number, _m.c.since)
_SEEN_BY = _ACTED_FOR_BY.where(_a.c.id == bindparam("wanted_account")).limit(1)

_ADD_TRADER = insert(_t).inline()
_TAKEN = select(exists().where(or_(_t.c.username == bindparam("wanted"), _t.c.look_alike == bindparam("wanted_look"))))
_SAVE_TRADER = update(_t).where(_t.c.id == bindparam("wanted"))
_ALL_TRADERS = select(*_TRADER_COLUMNS).order_by(_t.c.username)
_LOCK_TRADER = select(_t.c.id).where(_t.c.id == bindparam("wanted")).with_for_update(key_share=True)


def _newest_of(kind: str) -> Any:
    return (
        select(_newest.c.id)
        .where(_newest.c.trader == _t.c.id, _newest.c.kind == kind, or_(_newest.c.state == "pending", _newest.c.state == "active"))
        .order_by(_newest.c.bound.desc(), _newest.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )


_RECORD = (
    select(*_TRADER_COLUMNS, *_p.c, *_f.c, *_n.c)
    .select_from(_t)
    .outerjoin(_p, _p.c.id == _newest_of("password"))
    .outerjoin(_f, _f.c.id == _newest_of("phone"))
    .outerjoin(_n, _n.c.owner == _t.c.id)
)
_RECORD_BY_USERNAME = _RECORD.where(_t.c.username == bindparam("wanted"))
_RECORD_BY_ID = _RECORD.where(_t.c.id == bindparam("wanted"))


# Lists travel as one parameter: as JSON, or as an array.
_OF_ACCOUNTS = f"SELECT {', '.join(column.name for column in _a.c)} FROM accounts"
_LOCK_ACCOUNTS = text(f"{_OF_ACCOUNTS} WHERE id IN (SELECT value FROM json_each(:wanted)) ORDER BY id")
_LOCK_ACCOUNTS_PG = text(f"{_OF_ACCOUNTS} WHERE id = ANY(:wanted) ORDER BY id FOR NO KEY UPDATE")
_ACCOUNT_IDS = text("SELECT number, id FROM accounts WHERE number IN (SELECT value FROM json_each(:wanted))")
_ACCOUNT_IDS_PG = text("SELECT number, id FROM accounts WHERE number = ANY(:wanted)")
_TRADER_IDS = text("SELECT username, id FROM traders WHERE username IN (SELECT value FROM json_each(:wanted))")
_TRADER_IDS_PG = text("SELECT username, id FROM traders WHERE username = ANY(:wanted)")


def _ids(line: Line, statement: TextClause, of_postgresql: TextClause, names: Iterable[str]) -> dict[str, str]:
    wanted = list(names)
    rows = line.all(of_postgresql, {"wanted": wanted}) if line.is_postgresql else line.all(statement, {"wanted": json.dumps(wanted)})
    return dict(rows)


class Accounts:
    """See `flows.ports.storage.Accounts`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, account: Account) -> None:
        self._line.run(
            _ADD_ACCOUNT,
            {
                "id": account.id,
                "number": account.number,
                "title": account.title,
                "opened": to_ms(account.opened),
                "frozen": names_text(account.frozen),
            },
        )

    def ids_of(self, numbers: Iterable[str]) -> dict[str, str]:
        return _ids(self._line, _ACCOUNT_IDS, _ACCOUNT_IDS_PG, numbers)

    def lock(self, account: str) -> Account | None:
        row = self._line.first(_LOCK_ACCOUNT, {"wanted": account})
        return None if row is None else _account_of(row)

    def lock_all(self, accounts: Iterable[str]) -> list[Account]:
        wanted = list(accounts)
        if self._line.is_postgresql:
            return [_account_of(row) for row in self._line.all(_LOCK_ACCOUNTS_PG, {"wanted": wanted})]
        return [_account_of(row) for row in self._line.all(_LOCK_ACCOUNTS, {"wanted": json.dumps(wanted)})]

    def freeze(self, account: str, reasons: frozenset[str]) -> None:
        self._line.save(_FREEZE, {"wanted": account, "frozen": names_text(reasons)})

    def by_number(self, number: str) -> Account | None:
        row = self._line.first(_ACCOUNT_BY_NUMBER, {"wanted": number})
        return None if row is None else _account_of(row)

    def get(self, account: str) -> Account | None:
        row = self._line.first(_ACCOUNT_BY_ID, {"wanted": account})
        return None if row is None else _account_of(row)

    def all(self) -> list[Account]:
        return [_account_of(row) for row in self._line.all(_ALL_ACCOUNTS)]

    def grant(self, mandate: Mandate) -> None:
        self._line.run(
            _GRANT,
            {
                "id": mandate.id,
                "account": mandate.account,
                "trader": mandate.trader,
                "role": mandate.role.value,
                "since": to_ms(mandate.since),
                "until": ms(mandate.until),
            },
        )

    def end_mandate(self, mandate: str, now: datetime) -> Mandate | None:
        row = self._line.first(_END_MANDATE, {"wanted": mandate, "now": to_ms(now), "until": to_ms(now)})
        return None if row is None else _mandate_of(row, 0)

    def mandates_on(self, account: str) -> list[tuple[Mandate, Trader]]:
        rows = self._line.all(_MANDATES_ON, {"wanted": account})
        return [(_mandate_of(row, 0), _trader_of(row, 6)) for row in rows]

    def acted_for_by(self, trader: str, now: datetime) -> list[tuple[Account, Mandate]]:
        rows = self._line.all(_ACTED_FOR_BY, {"wanted_trader": trader, "now": to_ms(now)})
        return [(_account_of(row), _mandate_of(row, 5)) for row in rows]

    def seen_by(self, trader: str, account: str, now: datetime) -> tuple[Account, Mandate] | None:
        wanted = {"wanted_trader": trader, "wanted_account": account, "now": to_ms(now)}
        row = self._line.first(_SEEN_BY, wanted)
        return None if row is None else (_account_of(row), _mandate_of(row, 5))


class Traders:
    """See `flows.ports.storage.Traders`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, trader: Trader, look_alike: str) -> None:
        row = {"id": trader.id, "added": to_ms(trader.added), "look_alike": look_alike, **_trader_row(trader)}
        self._line.run(_ADD_TRADER, row)

    def taken(self, username: str, look_alike: str) -> bool:
        return bool(self._line.value(_TAKEN, {"wanted": username, "wanted_look": look_alike}))

    def by_username(self, username: str) -> LoginRecord | None:
        return self._record(self._line.first(_RECORD_BY_USERNAME, {"wanted": username}))

    def ids_of(self, usernames: Iterable[str]) -> dict[str, str]:
        return _ids(self._line, _TRADER_IDS, _TRADER_IDS_PG, usernames)

    def get(self, trader: str) -> LoginRecord | None:
        return self._record(self._line.first(_RECORD_BY_ID, {"wanted": trader}))

    def lock(self, trader: str) -> LoginRecord | None:
        # PostgreSQL: what a join reads beside a row it had to wait for is older than that row; so lock first, then read.
        if self._line.is_postgresql:
            self._line.run(_LOCK_TRADER, {"wanted": trader})
        return self.get(trader)

    def save(self, trader: Trader) -> None:
        self._line.save(_SAVE_TRADER, {"wanted": trader.id, **_trader_row(trader)})

    def all(self) -> list[Trader]:
        return [_trader_of(row, 0) for row in self._line.all(_ALL_TRADERS)]

    @staticmethod
    def _record(row: SqlRow | None) -> LoginRecord | None:
        if row is None:
            return None
        password, phone, addresses = _TRADER_WIDTH, _TRADER_WIDTH + len(_p.c), _TRADER_WIDTH + len(_p.c) + len(_f.c)
        kept = None if row[addresses] is None else list_of(row[addresses:])
        return LoginRecord(_trader_of(row, 0), authenticator_of(row, password), authenticator_of(row, phone), kept)


def _account_of(row: SqlRow) -> Account:
    return Account(row[0], row[1], row[2], from_ms(row[3]), names_of(row[4]))


def _mandate_of(row: SqlRow, first: int) -> Mandate:
    id_, account, trader, role, since, until = cast("Any", row[first : first + 6])
    return Mandate(id_, account, trader, Role(role), from_ms(since), moment(until))


def _trader_row(trader: Trader) -> dict[str, Any]:
    """What may change; `id`, `added` and the look-alike never do."""
    return {
        "username": trader.username,
        "name": trader.name,
        "language": trader.language,
        "activated": ms(trader.activated),
        "suspended": ms(trader.suspended),
        "frozen": names_text(trader.frozen),
        "gate_version": trader.gate_version,
        "password_change_needed": int(trader.password_change_needed),
        "logoff_after": span_ms(trader.logoff_after),
        "quarantined_until": ms(trader.quarantined_until),
        "email": trader.email,
        "phrase": trader.phrase,
        "notify_known_logins": int(trader.notify_known_logins),
        "relay_acknowledged": ms(trader.relay_acknowledged),
    }


def _trader_of(row: SqlRow, first: int) -> Trader:
    (
        id_, username, name, language, added, activated, suspended, frozen, version, needed, logoff, quarantined, email, phrase,
        known_logins, acknowledged,
    ) = cast("Any", row[first : first + _TRADER_WIDTH])  # fmt: skip
    return Trader(
        id=id_,
        username=username,
        name=name,
        language=language,
        added=from_ms(added),
        activated=moment(activated),
        suspended=moment(suspended),
        frozen=names_of(frozen),
        gate_version=version,
        password_change_needed=bool(needed),
        logoff_after=span(logoff),
        quarantined_until=moment(quarantined),
        email=email,
        phrase=phrase,
        notify_known_logins=bool(known_logins),
        relay_acknowledged=moment(acknowledged),
    )
