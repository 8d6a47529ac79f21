"""The login history on a page and as a file: who came when, from where, how, and why he was refused (V7.5, J13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.responses import Response

from sekisho.flows.checkpoint import Action
from sekisho.flows.ports.own_gate import Outcome
from sekisho.flows.see_history import PAGE, Older, Wanted, see_history
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import from_ms, to_ms
from sekisho.texts.catalogue import Language
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import formats_of, page
from sekisho.web.portal.caller import PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.history_file import written_history
from sekisho.web.portal.shown import CHANNELS, METHODS, why_refused

__all__: list[str] = []

HISTORY, FILE = "/security/history", "/security/history.csv"
MOST_IN_A_FILE = 10_000
_OLDER = re.compile(r"(\d{1,14})\.(\d{1,4})")


@portal.get(HISTORY, admits=Admission.TRADER, action=Action.SEE_HISTORY)
def show_history(visit: PortalVisit) -> Response:
    caller, asked = visit.caller, visit.request.query_params
    zone = caller.deps.policies.firm.time_zone
    seen = see_history(caller.session, _wanted(asked, zone), PAGE, caller.deps)
    filters = {name: asked.get(name, "") for name in ("person", "outcome", "since", "until")}
    older = {**filters, "older": f"{to_ms(seen.older.at)}.{seen.older.skip}"} if seen.older else None
    return page(
        caller,
        "history.html",
        seen=seen,
        filters=filters,
        outcomes=Outcome,
        paged="older" in asked,
        newest=_link(HISTORY, filters),
        older=_link(HISTORY, older) if older else "",
        file=_link(FILE, filters),
        most_in_a_file=MOST_IN_A_FILE,
        kept=caller.deps.policies.sessions.keep_logins,
        channels=CHANNELS,
        methods=METHODS,
        why_refused=why_refused,
        trader=caller.session.trader,
    )


@portal.get(FILE, admits=Admission.TRADER, action=Action.SEE_HISTORY)
def save_history(visit: PortalVisit) -> Response:
    """The same, as a file to keep: UTF-8 with its mark, RFC 4180."""
    caller = visit.caller
    zone = caller.deps.policies.firm.time_zone
    seen = see_history(caller.session, _wanted(visit.request.query_params, zone), MOST_IN_A_FILE, caller.deps)
    written = written_history(seen, Language(caller.exchange.language), zone)
    name = f"logins-{caller.deps.clock().astimezone(formats_of(caller).zone):%Y-%m-%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(written, headers=headers, media_type="text/csv; charset=utf-8")


def _link(path: str, asked: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def _wanted(asked: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """What the address asks for; SekishoError INVALID for what no form of ours would ask."""
    outcome, older, until = asked.get("outcome", ""), asked.get("older", ""), _day(asked, "until", zone)
    where = _OLDER.fullmatch(older)
    if (outcome and outcome not in set(Outcome)) or (older and not where):
        raise invalid("This entry is not possible here.", "history")
    return Wanted(
        person=asked.get("person") or None,
        outcome=Outcome(outcome) if outcome else None,
        since=_day(asked, "since", zone),
        until=_next_midnight(until, zone) if until else None,
        older=Older(from_ms(int(where[1])), int(where[2])) if where else None,
    )


def _day(asked: Mapping[str, str], name: str, zone: ZoneInfo) -> datetime | None:
    """The midnight at which that day begins in the firm's zone."""
    text = asked.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2200:
        raise invalid("Write a day as 2027-01-31.", name, **{name: "Write a day as 2027-01-31."})
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


def _next_midnight(midnight: datetime, zone: ZoneInfo) -> datetime:
    day = midnight.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
