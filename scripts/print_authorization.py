#!/usr/bin/env python3
"""Prints `docs/authorization.md` from R7's matrix (`tests/architecture/matrix.py`); a test compares the two.

python scripts/print_authorization.py           # writes the file
python scripts/print_authorization.py --show    # prints it
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from sekisho.domain.accounts import Trader  # noqa: E402
from sekisho.domain.sessions import Channel, Session  # noqa: E402
from sekisho.flows.checkpoint import Action, admits  # noqa: E402
from sekisho.flows.ports.memory import LiveSession  # noqa: E402
from sekisho.web.http.routes import Admission, DoorRoute  # noqa: E402
from tests.architecture.matrix import MEANING, PUBLIC, ROWS, Kind, cell, declared_routes, title  # noqa: E402

__all__ = ["paper"]

PAPER = ROOT / "docs" / "authorization.md"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOORS = {"portal": "Client Portal", "workstation": "Programs (`/v1`)", "broker": "The broker's systems (`/v1/broker`)"}
ADMITS = {
    Admission.ANYONE: "anyone",
    Admission.CEREMONY: "holder of a login or activation in progress",
    Admission.TRADER: "trader with a live portal session",
    Admission.PROGRAM: "program with a live bearer session",
    Admission.BROKER: "system of the broker with a key (R15)",
}
OPENING = """# Who may do what

Printed by `scripts/print_authorization.py` from the table that `tests/architecture/test_objects.py` holds against the running app, with
real requests on a real database. A route that stands in no row fails that test, and so does a paper that differs from the table. Rule R7:
whoever reaches for what is not his is answered as if it did not exist, and the audit log says so.
"""
AUDIT = """
*audited*: the refusal stands in the audit log with the trader who reached (`object.refused`, `step_up.refused`). Not audited yet: a live
session presented at another door, the session of a suspended or frozen trader, and the mere look at a page of a step-up that somebody else
began. None of them is served either.
A key of the broker that never was one is audited once an hour for each source, and a hundred times an hour in all; a real one
that is ended, comes from elsewhere or lacks the scope once an hour for each route and source.
"""


def paper() -> str:
    """The whole document."""
    routes = declared_routes()
    parts = [OPENING, "\n## Routes\n", *_routes(routes), "\n## The matrix\n", *_matrix(routes), "\nWhat the answers mean:\n\n"]
    parts += [f"- **{answer}**: {text}\n" for answer, text in MEANING.items()]
    parts += [AUDIT, "\n## Actions of the checkpoint\n", *_actions(), "\n## Public routes\n", *_public()]
    return "".join(parts)


def _routes(routes: Sequence[DoorRoute]) -> Iterator[str]:
    for door, name in DOORS.items():
        yield f"\n### {name}\n\n"
        rows = ([f"`{title(r)}`", ADMITS[r.admits], _action(r), ROWS[title(r)] or "–"] for r in _sorted(routes) if r.door == door)
        yield from _table(["route", "admits", "action", "object"], rows)


def _action(route: DoorRoute) -> str:
    if route.admits is Admission.BROKER:
        return f"scope `{route.action}`"
    return f"`{Action(route.action)}`" if route.action else "–"


def _matrix(routes: Sequence[DoorRoute]) -> Iterator[str]:
    """Routes that answer everybody alike share one row."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for route in _sorted(routes):
        lines.setdefault(tuple(str(cell(route, kind)) for kind in Kind), []).append(f"`{title(route)}`")
    yield "\n"
    yield from _table(["routes", *Kind], ([" ".join(names), *answers] for answers, names in lines.items()))


def _actions() -> Iterator[str]:
    """What the checkpoint itself answers."""
    yield "\nWhat a live session may be used for, asked of the checkpoint itself.\n\n"
    trader = Trader("trd", "name", "Name", "en", NOW, activated=NOW)
    session = Session("ses", "trd", Channel.PORTAL, "hash", NOW, NOW, timedelta(hours=1), NOW + timedelta(hours=12))
    states = {
        "live session": LiveSession(session, trader),
        "from a device new within 24 h": LiveSession(_new(session), trader),
        "password change forced": LiveSession(session, _forced(trader)),
    }
    rows = ([f"`{action}`", *(_open(action, live) for live in states.values())] for action in Action)
    yield from _table(["action", *states], rows)


def _new(session: Session) -> Session:
    return replace(session, quarantined_until=NOW + timedelta(hours=24))


def _forced(trader: Trader) -> Trader:
    return replace(trader, password_change_needed=True)


def _open(action: Action, live: LiveSession) -> str:
    return "no" if admits(action, live, NOW).refused else "yes"


def _public() -> Iterator[str]:
    yield "\nThey belong to no door, know no caller and answer everybody alike.\n\n"
    yield from _table(["route", "what it gives"], ([f"`GET {path}`", text] for path, text in sorted(PUBLIC.items())))


def _sorted(routes: Sequence[DoorRoute]) -> list[DoorRoute]:
    return sorted(routes, key=lambda route: (route.door, route.path, route.method))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--show"]:
        print(paper(), end="")
    else:
        PAPER.write_text(paper(), encoding="utf-8")
