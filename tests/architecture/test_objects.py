"""R7: every route × every kind of caller, by real requests to the built app. The table is `matrix.py`.

What makes it mean something (every route is declared, the gate stands before each) is in `test_gate.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from scripts.print_authorization import paper
from sekisho.domain.sessions import Channel
from sekisho.kernel.events import EventKind
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token
from sekisho.web.http.routes import Admission, DoorRoute
from tests.architecture.matrix import ROWS, Answer, Kind, Object, cell, declared_routes, title
from tests.architecture.matrix_world import Keys, World
from tests.architecture.tree import ROOT
from tests.databases import migrated_file  # noqa: F401 - a fixture
from tests.flows.house import caller
from tests.web.http.asgi import Answer as Response

ROUTES = declared_routes()
CELLS = [(route, kind) for route in ROUTES for kind in Kind]
SESSIONS = (Admission.TRADER, Admission.PROGRAM)
GATE = Keys(gate=Secret("a-cookie-from-before-login"))
PARTS = {
    Object.ACCOUNT: ("account", "acc"),
    Object.MESSAGE: ("message", "not"),
    Object.KNOWN_CLIENT: ("client", "kcl"),
    Object.SESSION: ("session", "ses"),
    Object.CONTACT: ("contact", "con"),
    Object.INSTRUCTION: ("instruction", "ins"),
    Object.CONFIRMED: ("instruction", "ins"),
    Object.ADDRESS_LIST: ("owner", "acc"),
}
REFUSALS = {EventKind.OBJECT_REFUSED, EventKind.SESSION_REFUSED, EventKind.STEP_UP_REFUSED, EventKind.BROKER_KEY_REFUSED}
KEYS = {Kind.NO_SCOPE: ["bare"], Kind.ENDED_KEY: ["revoked"], Kind.KEY_ELSEWHERE: ["elsewhere"]}
CALLERS = {
    Kind.OTHER_TRADER: "stranger",
    Kind.OTHER_ACCOUNT: "neighbour",
    Kind.LESSER_MANDATE: "viewer",
    Kind.ENDED_MANDATE: "former",
}
ENDS_SESSIONS = {
    "POST /logoff": "viewer",
    "DELETE /v1/session": "viewer",
    "POST /security/sessions/end-others": "neighbour",
    "POST /instructions/{instruction}/no": "denier",
}


def named(what: Any) -> str:
    return title(what) if isinstance(what, DoorRoute) else str(what)


# The matrix


def test_every_route_has_a_row_and_no_row_is_left_over() -> None:
    assert sorted(ROWS) == sorted(map(title, ROUTES))


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_a_route_that_names_an_object_says_which(route: DoorRoute) -> None:
    assert ("{" not in route.path) or ROWS[title(route)] is not None


@pytest.mark.parametrize(("route", "kind"), CELLS, ids=named)
def test_the_cell_holds(route: DoorRoute, kind: Kind, world: World) -> None:
    expected = cell(route, kind)
    if expected.answer not in CHECKS:
        assert expected.answer in (Answer.NAMES_NOTHING, Answer.NOT_YET)
        return
    with world.new_entries() as entries:
        CHECKS[expected.answer](route, kind, world)
    asked = REFUSALS if route.admits in (Admission.TRADER, Admission.PROGRAM) else REFUSALS - {EventKind.SESSION_REFUSED}
    if kind not in KEYS:  # a key that never was one is told once an hour for each source
        asked = asked - {EventKind.BROKER_KEY_REFUSED}
    refusals = [entry for entry in entries if entry["kind"] in asked]
    assert {entry["kind"] for entry in refusals} == ({expected.audited} - {None})
    if kind in CALLERS:
        assert all(entry["trader"] == world.cast.people[CALLERS[kind]].id for entry in refusals)


def is_open(route: DoorRoute, kind: Kind, world: World) -> None:
    """What the caller holds makes no difference; the meter of passwords alone asks for any session, or an activation."""
    plain = world.send(route, GATE)
    alike = {plain.status, 200} if route.path == "/password-strength" else {plain.status}
    for keys in misplaced_keys(route, kind, world):
        assert world.send(route, keys).status in alike
    assert plain.status < 500


def answers_no_session(route: DoorRoute, kind: Kind, world: World) -> None:
    nothing, unknown = world.send(route, Keys()), world.send(route, world.unknown_keys(route))
    assert shape(nothing) == shape(unknown) == turned_away(route, "/activate" if route.path.startswith("/activate") else "/login")
    if route.admits is Admission.BROKER or kind in KEYS:
        for keys in misplaced_keys(route, kind, world):
            assert world.send(route, keys) in (nothing, unknown)
    elif kind is Kind.OTHER_DOOR:
        as_cookie, as_bearer = misplaced_keys(route, kind, world)
        at_home, elsewhere = (as_cookie, as_bearer) if route.door == "portal" else (as_bearer, as_cookie)
        assert world.send(route, at_home) == unknown
        assert world.send(route, elsewhere) == nothing


def answers_ended(route: DoorRoute, kind: Kind, world: World) -> None:
    ended = world.send(route, world.keys_of("ended", route))
    assert shape(ended) == turned_away(route, "/logged-off?why=ended")
    for username in ("suspended", "frozen"):
        assert world.send(route, world.keys_of(username, route)) == ended


def is_malformed(route: DoorRoute, kind: Kind, world: World) -> None:
    both = Keys(session=world.cast.portal["owner"], bearer=world.cast.program["owner"], gate=GATE.gate)
    assert world.send(route, both).status == 400


def answers_missing(route: DoorRoute, kind: Kind, world: World) -> None:
    keys = world.keys_of(CALLERS[kind], route)
    if ROWS[title(route)] is Object.PROOF:
        code = world.cast.proof_code  # even the right one
        foreign, absent = (world.send(route, replace(keys, step=token), code=code) for token in (world.cast.proof, new_token()))
        assert shape(foreign) == (303, "/security/contacts" if "/contacts/" in route.path else "/security/password")
    else:
        foreign, absent = (world.send(route, keys, part) for part in parts_of(route, world, CALLERS[kind]))
        assert foreign.status == 404
    assert foreign == absent


def is_forbidden(route: DoorRoute, kind: Kind, world: World) -> None:
    """Whatever the object: what the key does not open is not looked at."""
    assert world.send(route, Keys(bearer=world.cast.keys["bare"])).status == 403


def parts_of(route: DoorRoute, world: World, username: str = "owner") -> Iterator[dict[str, str]]:
    """The owner's object, or the instruction that bears the caller's own name; and one that does not exist."""
    what = ROWS[title(route)]
    assert what is not None
    part, prefix = PARTS[what]
    yield {part: world.cast.instructions.get(username, world.cast.objects[what]) if part == "instruction" else world.cast.objects[what]}
    yield {part: new_id(prefix, world.house.clock())}


def is_narrowed(route: DoorRoute, kind: Kind, world: World) -> None:
    part = next(parts_of(route, world))
    whole, seen = (world.send(route, world.keys_of(username, route), part) for username in ("owner", "viewer"))
    assert (whole.status, seen.status) == (200, 200)
    assert b"Name of owner" not in seen.body and b"Name of former" not in seen.body
    if route.door == "portal":
        assert b"Name of viewer" in whole.body and b"Name of viewer" in seen.body
    else:
        assert json.loads(seen.body)["rights"] == ["view"]
        assert len(json.loads(whole.body)["rights"]) == 4


def opens_nothing(route: DoorRoute, kind: Kind, world: World) -> None:
    """A login that began at the other door, with its right code."""
    channel = Channel.API if route.door == "portal" else Channel.PORTAL
    person = world.cast.people[("viewer", "former", "neighbour", "stranger")[ROUTES.index(route) % 4]]
    who = caller(f"198.51.100.{ROUTES.index(route) + 1}", channel=channel)
    started = world.house.start(person, who)
    code = world.house.ask_code(started.token, who)
    before = world.live_sessions()
    keys = Keys(gate=started.token) if route.door == "portal" else Keys()
    answer = world.send(route, keys, {"login": started.token.reveal()}, code=code)
    assert world.live_sessions() == before
    assert b"token" not in answer.body or route.door == "portal"
    assert not any(name == "set-cookie" and "__Host-session=" in value for name, value in answer.headers)


CHECKS: dict[Answer, Callable[[DoorRoute, Kind, World], None]] = {
    Answer.OPEN: is_open,
    Answer.NO_SESSION: answers_no_session,
    Answer.ENDED: answers_ended,
    Answer.MALFORMED: is_malformed,
    Answer.FORBIDDEN: is_forbidden,
    Answer.MISSING: answers_missing,
    Answer.NARROWED: is_narrowed,
    Answer.OPENS_NOTHING: opens_nothing,
}


def misplaced_keys(route: DoorRoute, kind: Kind, world: World) -> list[Keys]:
    """What this kind of caller holds; a session of another door is tried as a cookie and as a bearer token."""
    if kind is Kind.NO_SESSION:
        return [GATE]
    if kind in KEYS:
        return [Keys(bearer=world.cast.keys[name], gate=GATE.gate if route.door == "portal" else None) for name in KEYS[kind]]
    if kind is Kind.OTHER_DOOR:
        foreign = (world.cast.program if route.door == "portal" else world.cast.portal)["owner"]
        return [replace(GATE, session=foreign), replace(GATE, bearer=foreign)]
    usernames = ("suspended", "frozen") if kind is Kind.BARRED else (CALLERS[kind],)
    return [replace(world.keys_of(username, route), gate=GATE.gate) for username in usernames]


def shape(answer: Response) -> tuple[int, str | None]:
    return answer.status, answer.header("location")


def turned_away(route: DoorRoute, path: str) -> tuple[int, str | None]:
    return (303, path) if route.door == "portal" else (401, None)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.admits in SESSIONS], ids=named)
def test_whoever_may_is_served(route: DoorRoute, control: World) -> None:
    """The other side of the matrix: the same request by its owner is answered otherwise."""
    username = ENDS_SESSIONS.get(title(route), "owner")
    keys = replace(control.keys_of(username, route), step=control.cast.proof)
    part = next(parts_of(route, control, username)) if ROWS[title(route)] in PARTS else None
    answer = control.send(route, keys, part)
    served = {200, 204, 303} if title(route) != "POST /security/password/new" else {401}  # its code is a wrong one
    assert answer.status in served
    assert answer.header("location") not in ("/login", "/logged-off?why=ended", "/security/password")


@pytest.mark.parametrize("route", [route for route in ROUTES if route.admits is Admission.BROKER], ids=named)
def test_a_key_with_the_scope_is_served(route: DoorRoute, control: World) -> None:
    part = {
        "instruction": new_id("ins", control.house.clock()),
        "number": "SK-A",
        "username": "neighbour" if route.path.endswith("/mandates") else "viewer",
    }
    if route.path.endswith("{mandate}"):
        with control.storage.reading() as tx:
            (_, held), *_ = tx.accounts.acted_for_by(control.cast.people["viewer"].id, control.house.clock())
        part["mandate"] = held.id
    answer = control.send(route, Keys(bearer=control.cast.keys["whole"]), part, number="SK-A" if "mandates" in route.path else "SK-NEW")
    nothing_waits = route.path.endswith("/networks/cancellation")
    # No instruction of this system's stands in this house: past the gate, none is found. tests/web/broker/test_events.py asks for some.
    none_asked = ROWS[title(route)] is Object.ASKED
    expected = {404} if none_asked else {422} if nothing_waits or route.path.endswith("/instructions") else {200, 201, 204}
    assert answer.status in expected, answer.body


# The paper


def test_the_paper_is_printed_from_this_table() -> None:
    assert (ROOT / "docs" / "authorization.md").read_text(encoding="utf-8") == paper(), "run scripts/print_authorization.py"
