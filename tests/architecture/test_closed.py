"""R9: while the house is closed every route answers 503, with good keys as without; only its health can be asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekisho.web.http.routes import Admission, DoorRoute
from tests.architecture.matrix import declared_routes, title
from tests.architecture.matrix_world import HOST, Keys, World
from tests.web.http.asgi import ask

ROUTES = declared_routes()
WHY = "an older copy stands there"


@pytest.fixture
def closed(world: World) -> Iterator[World]:
    world.why_closed = WHY
    yield world
    world.why_closed = ""


@pytest.mark.parametrize("route", ROUTES, ids=title)
def test_every_route_answers_503(route: DoorRoute, closed: World) -> None:
    cast = closed.cast
    keys = Keys(session=cast.portal["owner"]) if route.admits is not Admission.PROGRAM else Keys(bearer=cast.program["owner"])
    for held in (keys, Keys()):
        assert closed.send(route, held).status == 503


def test_health_says_why_and_the_doors_do_not(closed: World) -> None:
    host = [("host", HOST)]
    assert ask(closed.app, "GET", "/-/health/live", host).status == 200
    ready = ask(closed.app, "GET", "/-/health/ready", host)
    assert ready.status == 503 and WHY.encode() in ready.body
    page = ask(closed.app, "GET", "/login", host)
    assert page.status == 503 and WHY.encode() not in page.body and page.header("retry-after")
    assert ask(closed.app, "GET", "/openapi.json", host).status == 503
