"""How a door declares its routes. No route can be declared without saying whom it admits, and none is reached but through the gate.

    portal = Door("portal")

    @portal.post("/login", admits=Admission.ANYONE, action="log_in")
    def submit_password(visit: Visit[Caller]) -> Response:
        form = visit.form(PasswordForm)

`tests/architecture` walks `Door.declared` and proves that every route of the app is one of them (DESIGN §2, R7).
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sekisho.kernel.errors import missing
from sekisho.web.http.body import LARGEST_BODY, read_body, require_media_type
from sekisho.web.http.exchange import exchange_of
from sekisho.web.http.forms import form_fields, into
from sekisho.web.http.json import parse_json, read_value

__all__ = ["Admission", "Door", "DoorRoute", "Gate", "Reads", "Visit"]

LONGEST_PART = 128
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
Shape = TypeVar("Shape")
Document = TypeVar("Document", bound=msgspec.Struct)
Handler = Callable[[Any], Response | Awaitable[Response]]
Named = TypeVar("Named", bound=Callable[..., Any])


class Admission(StrEnum):
    """Whom a route admits."""

    ANYONE = "anyone"
    CEREMONY = "ceremony"  # a login or an activation in progress
    TRADER = "trader"  # a live session of this door
    PROGRAM = "program"  # a live bearer session
    BROKER = "broker"  # a key of the broker's systems; the action is the scope it needs


class Reads(StrEnum):
    """What a route's body is."""

    NOTHING = "nothing"
    FORM = "form"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class DoorRoute:
    """One declared route. action: what the checkpoint is asked about; None where the admission says all.

    largest: bytes of its body.
    """

    door: str
    path: str
    method: str
    admits: Admission
    reads: Reads
    endpoint: Handler
    action: str | None = None
    largest: int = LARGEST_BODY


@dataclass(frozen=True, slots=True)
class Visit(Generic[C]):
    """A request that the gate let in, with what it knows of the caller and the body as it was read."""

    request: Request
    caller: C
    fields: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def form(self, shape: type[Shape]) -> Shape:
        """The form as a declared dataclass; SekishoError INVALID names what is wrong."""
        return into(shape, self.fields)

    def json(self, shape: type[Document]) -> Document:
        """The JSON body as a declared Struct; SekishoError as in `json.py`."""
        return parse_json(self.body, shape)

    def value(self) -> Any:
        """The JSON body as it was sent, for a route that takes more than one form."""
        return read_value(self.body)

    def part(self, name: str) -> str:
        """A part of the path, such as `login` in `/v1/login/{login}`. What cannot be the name of anything is missing like any other."""
        text = str(self.request.path_params[name])
        if len(text) > LONGEST_PART or not text.isprintable():
            raise missing(f"no {name} is named like that")
        return text


class Gate(Protocol[C_co]):
    """Asked before every endpoint. It answers with the caller, or with the response that turns him away (SekishoError works too)."""

    async def admit(self, request: Request, route: DoorRoute) -> C_co | Response: ...


class Door:
    """A door's routes. The decorators only collect; `routes(gate)` builds what is served."""

    def __init__(self, name: str, reads: Reads = Reads.FORM, largest: int = LARGEST_BODY) -> None:
        self.name = name
        self.reads = reads
        self.largest = largest
        self.declared: list[DoorRoute] = []

    def get(self, path: str, *, admits: Admission, action: str | None = None) -> Callable[[Named], Named]:
        return self._declare("GET", path, admits, Reads.NOTHING, action)

    def post(self, path: str, *, admits: Admission, action: str | None = None, reads: Reads | None = None) -> Callable[[Named], Named]:
        return self._declare("POST", path, admits, reads or self.reads, action)

    def delete(self, path: str, *, admits: Admission, action: str | None = None) -> Callable[[Named], Named]:
        return self._declare("DELETE", path, admits, Reads.NOTHING, action)

    def routes(self, gate: Gate[Any]) -> list[Route]:
        """One Starlette route per path, so that a wrong method is told all the right ones. Whole paths are looked at before templates."""
        by_path: dict[str, dict[str, DoorRoute]] = {}
        for route in self.declared:
            by_path.setdefault(route.path, {})[route.method] = route
        paths = sorted(by_path, key=lambda path: "{" in path)
        return [Route(path, _served(by_path[path], gate), methods=list(by_path[path]), name=f"{self.name}:{path}") for path in paths]

    def _declare(self, method: str, path: str, admits: Admission, reads: Reads, action: str | None) -> Callable[[Named], Named]:
        if any((route.method, route.path) == (method, path) for route in self.declared):
            raise ValueError(f"{method} {path} is declared twice at the door {self.name}")

        def collect(endpoint: Named) -> Named:
            self.declared.append(DoorRoute(self.name, path, method, Admission(admits), reads, endpoint, action, self.largest))
            return endpoint

        return collect


def _served(methods: Mapping[str, DoorRoute], gate: Gate[Any]) -> Callable[[Request], Awaitable[Response]]:
    calls = {method: inspect.iscoroutinefunction(route.endpoint) for method, route in methods.items()}

    async def serve(request: Request) -> Response:
        asked: str = request.scope["method"]
        method = "GET" if asked == "HEAD" else asked
        route = methods[method]
        exchange_of(request.scope).route = route.path
        admitted = await gate.admit(request, route)
        if isinstance(admitted, Response):
            return admitted
        visit = await _visit(request, route, admitted)
        if calls[method]:
            answer: Response = await route.endpoint(visit)  # type: ignore[misc]  # known to be a coroutine function
            return answer
        return await run_in_threadpool(route.endpoint, visit)  # type: ignore[arg-type]  # known to be a plain function

    return serve


async def _visit(request: Request, route: DoorRoute, caller: C) -> Visit[C]:
    """The body is read only now: a caller without a session learns nothing of what his fields were worth (DESIGN §6)."""
    if route.reads is Reads.FORM:
        return Visit(request, caller, fields=await form_fields(request))
    if route.reads is Reads.JSON:
        require_media_type(request, "application/json")
        return Visit(request, caller, body=await read_body(request, route.largest))
    return Visit(request, caller)
