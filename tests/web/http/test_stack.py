"""The whole HTTP floor around a small app: headers on every answer, errors in one look, limits, gate before endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError, unavailable
from sekisho.texts.catalogue import Language
from sekisho.web.http.errors import Errors, error_of
from sekisho.web.http.exchange import Exchange, exchange_of
from sekisho.web.http.routes import Admission, Door, DoorRoute, Reads, Visit
from sekisho.web.http.stack import HttpSettings, behind
from tests.web.http.asgi import Answer, ask

FORM = ("content-type", "application/x-www-form-urlencoded")
HOST = ("host", "portal.example")
door: Door = Door("portal")
api: Door = Door("v1", Reads.JSON)


@door.get("/", admits=Admission.ANYONE)
async def home(visit: Visit[str]) -> Response:
    return HTMLResponse(f"<p>{visit.caller} {exchange_of(visit.request.scope).nonce}")


@door.get("/thing/{thing}", admits=Admission.TRADER, action="see_thing")
def thing(visit: Visit[str]) -> Response:
    return JSONResponse(
        {"thing": visit.part("thing")}, headers={"cache-control": "private", "server": "x", "referrer-policy": "unsafe-url"}
    )


@door.post("/thing/{thing}", admits=Admission.TRADER)
def change(visit: Visit[str]) -> Response:
    return JSONResponse(dict(visit.fields))


@door.get("/fails/{how}", admits=Admission.ANYONE)
def fails(visit: Visit[str]) -> Response:
    match visit.part("how"):
        case "busy":
            raise unavailable("the queue is full", timedelta(seconds=7))
        case "conflict":
            raise SekishoError(Kind.CONFLICT, "The state has moved on.")
        case "stream":
            return StreamingResponse(_breaking())
        case "login":
            raise error_of(Refused(Reason.WRONG_PASSWORD))
        case _:
            raise RuntimeError("secret detail")


@api.post("/v1/fails", admits=Admission.ANYONE)
def fails_for_programs(visit: Visit[str]) -> Response:
    raise RuntimeError("secret detail") if visit.body == b"{}" else error_of(Refused(Reason.LOGIN_RESTRICTED))


@api.get("/v1/thing", admits=Admission.PROGRAM)
def thing_for_programs(visit: Visit[str]) -> Response:
    return JSONResponse({})


async def _breaking() -> AsyncIterator[bytes]:
    yield b"half"
    raise RuntimeError("cut")


class OneGate:
    async def admit(self, request: Request, route: DoorRoute) -> str | Response:
        if route.admits is Admission.ANYONE:
            return "anyone"
        if request.headers.get("x-session") == "live":
            return "trader"
        if request.headers.get("x-session") == "old":
            return RedirectResponse("/logged-off", 303)
        raise error_of(Refused(Reason.SESSION_UNKNOWN))


def draw(exchange: Exchange, status: int, text: str, fields: Mapping[str, str], request_id: str) -> Response:
    return HTMLResponse(f"<h1>{status} {text} {request_id}</h1>", status)


ERRORS = Errors(draw)
ROUTER = Starlette(exception_handlers=ERRORS.handlers(), routes=[*door.routes(OneGate()), *api.routes(OneGate())])
APP = behind(ROUTER, HttpSettings(["portal.example"]), ERRORS, lambda headers: Language.EN)


def answer(*args: Any, **kwargs: Any) -> Answer:
    return ask(APP, *args, **kwargs)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/", [HOST], b"", 200),
        ("HEAD", "/", [HOST], b"", 200),
        ("GET", "/thing/1", [HOST, ("x-session", "live")], b"", 200),
        ("GET", "/thing/1", [HOST, ("x-session", "old")], b"", 303),
        ("GET", "/thing/1", [HOST], b"", 401),
        ("POST", "/thing/1", [HOST, ("content-type", "text/plain")], b"\xff", 401),  # no session: the body is not looked at
        ("POST", "/thing/1", [HOST, FORM, ("x-session", "live")], b"a=1", 200),
        ("POST", "/thing/1", [HOST, FORM, ("x-session", "live")], b"a=1&a=2", 422),
        ("POST", "/thing/1", [HOST, FORM, ("x-session", "live")], b"a=%ff", 400),
        ("POST", "/thing/1", [HOST, ("x-session", "live")], b"a=1", 415),
        ("POST", "/thing/1", [HOST, FORM, ("x-session", "live")], b"a=" + b"x" * 70_000, 413),
        ("POST", "/", [HOST, ("content-length", "70000")], b"", 413),
        ("POST", "/", [HOST, ("content-length", "-1")], b"", 400),
        ("POST", "/", [HOST], b"", 405),
        ("TRACE", "/", [HOST], b"", 405),
        ("GET", "/nothing", [HOST], b"", 404),
        ("GET", "/", [("host", "evil.example")], b"", 421),
        ("GET", "/", [], b"", 421),
        ("GET", "/", [HOST, ("x", "y" * 17_000)], b"", 431),
        ("GET", "/", [HOST, *[("x", "y")] * 100], b"", 431),
        ("GET", "/" + "a" * 5000, [HOST], b"", 414),
        ("GET", "/fails/busy", [HOST], b"", 503),
        ("GET", "/fails/conflict", [HOST], b"", 409),
        ("GET", "/fails/login", [HOST], b"", 401),
        ("GET", "/fails/bug", [HOST], b"", 500),
        ("GET", "/v1/thing", [HOST], b"", 401),
        ("GET", "/v1/nothing", [HOST], b"", 404),
        ("POST", "/v1/fails", [HOST], b"{}", 415),
        ("POST", "/v1/fails", [HOST, ("content-type", "application/json")], b"{}", 500),
        ("POST", "/v1/fails", [HOST, ("content-type", "application/json")], b"{}" * 40_000, 413),
    ],
)  # fmt: skip
def test_every_answer_carries_the_headers(method: str, path: str, headers: list[tuple[str, str]], body: bytes, status: int) -> None:
    found = answer(method, path, headers, body)
    assert found.status == status
    assert found.header("strict-transport-security") == "max-age=63072000; includeSubDomains"
    assert found.header("x-content-type-options") == "nosniff"
    assert found.header("cross-origin-opener-policy") == found.header("cross-origin-resource-policy") == "same-origin"
    assert found.header("referrer-policy") == "same-origin"
    assert found.header("server") == ""
    assert "geolocation=()" in (found.header("permissions-policy") or "")
    assert "frame-ancestors 'none'" in (found.header("content-security-policy") or "")
    assert found.header("cache-control") == ("private" if path == "/thing/1" and method == "GET" and status == 200 else "no-store")
    assert b"secret detail" not in found.body
    if path.startswith("/v1"):
        document = json.loads(found.body)
        assert found.header("content-type") == "application/problem+json" and document["status"] == status
        assert found.header("www-authenticate") == ("Bearer" if status == 401 else None)


def test_a_page_carries_the_nonce_of_its_policy() -> None:
    first, second = answer(), answer()
    nonce = first.body.decode().split()[-1]
    policy = first.header("content-security-policy") or ""
    assert (
        f"script-src 'nonce-{nonce}' 'strict-dynamic';" in policy and "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    )
    assert "unsafe" not in policy and first.body != second.body


def test_a_refusal_of_login_and_of_session_are_one_problem() -> None:
    session = answer(path="/v1/thing")
    login = answer("POST", "/v1/fails", [HOST, ("content-type", "application/json")], b"[]")
    assert login == session
    assert json.loads(login.body) == {
        "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "The login or session was not accepted.",
    }  # fmt: skip


def test_busy_says_when_to_come_back_and_a_wrong_method_what_would_do() -> None:
    assert answer(path="/fails/busy").header("retry-after") == "7"
    assert answer("DELETE", "/thing/1").header("allow") == "GET, HEAD, POST"


def test_an_unexpected_error_is_logged_once_under_the_id_that_the_page_shows() -> None:
    with structlog.testing.capture_logs() as lines:
        found = answer(path="/fails/bug")
    told = re.search(r"[0-9a-f]{16}", found.body.decode())
    errors = [line for line in lines if line["log_level"] == "error"]
    assert told and [line["request_id"] for line in errors] == [told.group()]


def test_half_an_answer_is_cut_and_not_called_whole() -> None:
    with pytest.raises(RuntimeError):
        answer(path="/fails/stream")


def test_the_access_log_knows_routes_and_no_values() -> None:
    with structlog.testing.capture_logs() as lines:
        answer("GET", "/thing/ins_secret", [HOST, ("x-session", "live"), ("cookie", "secret")], query_string=b"secret=1")
        answer("SECRET", "/secret", [HOST])
    assert [(line["method"], line["route"], line["status"]) for line in lines if line["event"] == "request"] == [
        ("GET", "/thing/{thing}", 200),
        ("?", "-", 404),
    ]
    assert "secret" not in str(lines)


def test_no_route_is_declared_without_whom_it_admits_nor_twice() -> None:
    with pytest.raises(TypeError):
        door.get("/other")  # type: ignore[call-arg]
    with pytest.raises(ValueError):
        door.get("/", admits=Admission.ANYONE)
    assert {(route.method, route.path, route.admits) for route in door.declared} >= {("POST", "/thing/{thing}", Admission.TRADER)}
