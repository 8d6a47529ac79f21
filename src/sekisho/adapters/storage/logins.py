"""The login history (V7.5, J13). Like refusals of one hour share a row, so that a flood of tries cannot fill the disk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from sqlalchemy import bindparam, delete, func, or_, select, text

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.flows.ports.own_gate import LoginFilter, Outcome, PastLogin
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["PastLogins"]

_l = tables.login_records
_HOUR = 3_600_000
_FIELDS = (
    "trader", "at", "hour", "times", "outcome", "reason", "channel", "source", "address", "program", "country", "network", "methods",
    "known_client", "session",
)  # fmt: skip

_ADD = text(
    f"INSERT INTO login_records ({', '.join(_FIELDS)}) VALUES ({', '.join(':' + name for name in _FIELDS)})"
    " ON CONFLICT (trader, hour, outcome, reason, channel, source, session) DO UPDATE SET"
    " at = excluded.at, times = login_records.times + excluded.times, address = excluded.address, program = excluded.program"
)
_OF = (
    select(*[_l.c[name] for name in _FIELDS])
    .where(
        _l.c.trader == bindparam("wanted"),
        _l.c.at >= bindparam("since"),
        _l.c.at < bindparam("until"),
        or_(bindparam("either") == 1, _l.c.outcome == bindparam("wanted_outcome")),
    )
    .order_by(_l.c.at.desc(), _l.c.number.desc())
    .limit(bindparam("most"))
)
_COMPLETED_FROM = (
    select(_l.c.address)
    .where(_l.c.trader == bindparam("wanted"), _l.c.outcome == Outcome.COMPLETED.value, _l.c.address.is_not(None))
    .group_by(_l.c.address)
    .having(func.max(_l.c.at) >= bindparam("since"), func.max(_l.c.at) - func.min(_l.c.at) >= bindparam("apart"))
)
_PURGE = delete(_l).where(_l.c.at < bindparam("before"))


class PastLogins:
    """See `flows.ports.own_gate.PastLogins`."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, login: PastLogin) -> None:
        self._line.run(_ADD, _row(login))

    def of(self, traders: Iterable[str], wanted: LoginFilter, limit: int) -> list[PastLogin]:
        limits: dict[str, Any] = {
            "since": to_ms(wanted.since),
            "until": to_ms(wanted.until),
            "either": int(wanted.outcome is None),
            "wanted_outcome": (wanted.outcome or Outcome.COMPLETED).value,
            "most": limit,
        }
        found = [_login_of(row) for trader in dict.fromkeys(traders) for row in self._line.all(_OF, {"wanted": trader, **limits})]
        return sorted(found, key=lambda login: login.at, reverse=True)[:limit]

    def completed_addresses(self, trader: str, since: datetime, apart: timedelta) -> frozenset[IPv4Address | IPv6Address]:
        wanted = {"wanted": trader, "since": to_ms(since), "apart": apart // timedelta(milliseconds=1)}
        return frozenset(ip_address(row[0]) for row in self._line.all(_COMPLETED_FROM, wanted))

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})


def _row(login: PastLogin) -> dict[str, Any]:
    at = to_ms(login.at)
    return {
        "trader": login.trader,
        "at": at,
        "hour": at // _HOUR,
        "times": login.times,
        "outcome": login.outcome.value,
        "reason": login.reason,
        "channel": login.channel,
        "source": login.source,
        "address": None if login.address is None else str(login.address),
        "program": login.program,
        "country": login.country,
        "network": login.network,
        "methods": login.methods,
        "known_client": int(login.known_client),
        "session": login.session,
    }


def _login_of(row: SqlRow) -> PastLogin:
    trader, at, _, times, outcome, reason, channel, source, address, program, country, network, methods, known, session = row
    return PastLogin(
        trader=trader,
        at=from_ms(at),
        outcome=Outcome(outcome),
        channel=channel,
        source=source,
        address=None if address is None else ip_address(address),
        program=program,
        reason=reason,
        country=country,
        network=network,
        methods=methods,
        known_client=bool(known),
        session=session,
        times=times,
    )
