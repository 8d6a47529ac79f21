"""The gate (DESIGN §2, R7): every route of the app is declared and stands behind it, and a session is issued in one place only."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sekisho.domain.broker_access import Scope
from sekisho.flows.checkpoint import Action
from sekisho.web.broker.door import broker
from sekisho.web.http.routes import Admission, DoorRoute
from sekisho.web.portal.door import portal
from sekisho.web.workstation.door import workstation
from tests.architecture.matrix import PUBLIC, declared_routes, title
from tests.architecture.matrix_world import HOST, World, levelled
from tests.architecture.tree import python_files, shown, tree_of
from tests.web.http.asgi import ask

ROUTES = declared_routes()
SESSIONS = (Admission.TRADER, Admission.PROGRAM)


def test_every_route_of_the_app_is_declared_or_public(world: World) -> None:
    declared = {(f"{route.door}:{route.path}", route.path, route.method) for route in ROUTES}
    served, public = set(), set()
    for route in world.routes:
        assert isinstance(route, Route), f"{route} is no plain route"
        if route.path in PUBLIC:
            public.add(route.path)
            continue
        assert route.endpoint.__qualname__ == "_served.<locals>.serve", f"{route.path} does not pass a gate"
        served |= {(route.name, route.path, method) for method in (route.methods or set()) - {"HEAD"}}
    assert served == declared
    assert public == set(PUBLIC)


@pytest.mark.parametrize("route", ROUTES, ids=title)
def test_a_route_declares_whom_it_admits_and_for_what(route: DoorRoute) -> None:
    """A session's route is asked about at the checkpoint; reading the state of one's own session is the only exception."""
    assert isinstance(route.admits, Admission)
    if route.admits in SESSIONS and title(route) != "GET /v1/session":
        assert Action(str(route.action))
    if route.admits is Admission.BROKER:
        assert Scope(str(route.action))
    elif route.admits not in SESSIONS:
        assert route.action is None


@pytest.mark.parametrize("route", ROUTES, ids=title)
def test_the_gate_is_asked_first(route: DoorRoute) -> None:
    """A gate that lets nobody in is all that anybody meets, whatever the body is."""
    doors = {"portal": portal, "workstation": workstation(cast(Any, None)), "broker": broker(cast(Any, None))}
    door = doors[route.door]
    app = Starlette(routes=[*door.routes(Closed())])
    path = re.sub(r"{\w+}", "x", route.path)
    for method in {route.method, "HEAD"} if route.method == "GET" else {route.method}:
        assert ask(app, method, path, body=b"\xff not a body").status == 418


class Closed:
    async def admit(self, request: Request, route: DoorRoute) -> Response:
        return Response(status_code=418)


def test_public_routes_ask_for_nobody(world: World) -> None:
    """They answer with keys as without."""
    host, key = ("host", HOST), ("authorization", f"Bearer {world.cast.program['owner'].reveal()}")
    for path in sorted(PUBLIC):
        plain, with_key = levelled(ask(world.app, "GET", path, [host])), levelled(ask(world.app, "GET", path, [host, key]))
        assert plain == with_key


# One place only


def calls_of(path: Path, *names: str) -> list[str]:
    """Calls of `….a.b(` for names `a`, `b`, or of `b(` for one name."""
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-len(names) :] == list(names):
            found.append(shown(path))
    return found


def places(*names: str) -> set[str]:
    return {place for path in python_files("src") for place in calls_of(path, *names)}


def test_a_session_is_issued_in_one_place() -> None:
    """R7: only `complete_login` adds a session; only it and the repository that reads rows back make one."""
    assert places("sessions", "add") == {"src/sekisho/flows/complete_login.py"}
    assert places("Session") == {"src/sekisho/flows/complete_login.py", "src/sekisho/adapters/storage/sessions.py"}


def test_the_repository_of_sessions_is_never_renamed() -> None:
    """Under another name the walk above would not see it."""
    aliases = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files("src")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "sessions"
        and ast.unparse(node.value.value) == "tx"
    ]
    assert aliases == []


def test_the_cookie_of_a_session_is_set_where_a_flow_gave_its_token() -> None:
    """At login, and where step-up rotates it (R4)."""
    setters = {
        shown(path)
        for path in python_files("src/sekisho/web")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "cookie" and ast.unparse(node.args[0]) == "'session'"
    }
    assert setters == {"src/sekisho/web/portal/login.py", "src/sekisho/web/portal/change_password.py"}


def test_no_token_is_looked_for_under_one_key_alone() -> None:
    """R9: after the master key has changed, tokens of before are still out there; `found_by` looks under every key that is held."""
    flows = [path for path in python_files("src/sekisho/flows") if path.name != "found_by.py"]
    lines = [(shown(path), line.strip()) for path in flows for line in path.read_text(encoding="utf-8").splitlines()]
    assert [found for found in lines if re.search(r"(by_token|memory\.look)\(.*keyed_hash", found[1])] == []
    assert [found for found in lines if re.search(r"(==|same\().*keyed_hash\(", found[1])] == []
