"""The OpenAPI 3.1 document of `/v1`, drawn from the declared routes and their documents, so that it cannot drift from what is served."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sekisho import __version__
from sekisho.web.http.documents import Problem
from sekisho.web.http.routes import Admission, Door, DoorRoute, Reads

__all__ = ["READING", "Alone", "Talk", "Talks", "openapi_document"]

READING = (400, 413, 415, 422)
"""What a route that reads a body may answer to one that it does not like."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What an operation takes and gives; problems: the statuses answered by a problem document, besides 503.

    sent, answered: an example of each. kinds: further examples of what is sent, by name. once: it takes an Idempotency-Key.
    alone: what else it takes, one thing instead of several, and gives then.
    """

    takes: type[msgspec.Struct] | None
    status: int
    gives: type[msgspec.Struct] | None
    problems: tuple[int, ...]
    sent: Mapping[str, Any] = field(default_factory=dict)
    answered: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    once: bool = False
    alone: Alone | None = None


@dataclass(frozen=True, slots=True)
class Alone:
    """A second form of a request, and of its answer with an example."""

    takes: type[msgspec.Struct]
    gives: type[msgspec.Struct]
    answered: Mapping[str, Any]


Talks = Mapping[tuple[str, str], Talk]

_WORDS = {
    400: "Malformed.", 401: "The credential, code, login, session or key was not accepted.", 403: "Not open to this session or key.",
    404: "There is nothing here.", 409: "The state has moved on, or the name is taken.", 413: "Too large.",
    415: "Not a media type that is read.", 422: "A field is not possible here.", 429: "Too many; see Retry-After.",
    503: "Busy, or the database cannot be reached; nobody was let in. Try again later.",
}  # fmt: skip
_SCHEMES = {
    "session": {"type": "http", "scheme": "bearer", "description": "The session token of a complete login."},
    "broker_key": {"type": "http", "scheme": "bearer", "description": "A key of the broker's systems, made by `sekisho broker-key add`."},
}
_NEEDS = {Admission.PROGRAM: "session", Admission.BROKER: "broker_key"}
_ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "New for each request, the same when it is sent again: it then acts once, and the answer is given again for a day.",
    "schema": {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[!-~]{8,64}$"},
    "example": "7f3c1a52-0a4e-4b1e-9a8e-2f7c9d1f6b11",
}


def openapi_document(doors: Sequence[tuple[Door, Talks]], firm: str) -> bytes:
    """The whole document as JSON. KeyError when a route was declared without saying in its door's table what it takes and gives."""
    talks = {key: talk for _, table in doors for key, talk in table.items()}
    shapes = sorted({s for t in talks.values() for s in _shapes(t) if s} | {Problem}, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for door, _ in doors:
        for route in door.declared:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, talks[route.method, route.path])
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"Sekisho of {firm}", "version": __version__, "description": "For programs, and for the broker's own systems."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": _SCHEMES},
    }
    return msgspec.json.encode(document)


def _operation(route: DoorRoute, talk: Talk) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": getattr(route.endpoint, "__name__", "operation"),
        "summary": (route.endpoint.__doc__ or "").strip().partition("\n")[0],
        "responses": {str(talk.status): _answer(talk), **{str(status): _problem(status) for status in (*talk.problems, 503)}},
    }
    parameters = [_parameter(name) for name in re.findall(r"\{(\w+)\}", route.path)] + ([_ONCE] if talk.once else [])
    if parameters:
        operation["parameters"] = parameters
    if route.admits in _NEEDS:
        operation["security"] = [{_NEEDS[route.admits]: []}]
    if route.admits is Admission.BROKER:
        operation["description"] = f"Needs a key with the scope `{route.action}`."
    if route.reads is Reads.JSON and talk.takes is not None:
        examples = {"several" if talk.alone else "example": talk.sent, **talk.kinds}
        content = _content([talk.takes] + ([talk.alone.takes] if talk.alone else []), examples)
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _shapes(talk: Talk) -> tuple[type[msgspec.Struct] | None, ...]:
    return (talk.takes, talk.gives, *((talk.alone.takes, talk.alone.gives) if talk.alone else ()))


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 128}}


def _answer(talk: Talk) -> dict[str, Any]:
    if talk.gives is None:
        return {"description": "Done."}
    summary = (talk.gives.__doc__ or "The answer.").strip().partition("\n")[0]
    if talk.alone is not None:
        content = _content([talk.gives, talk.alone.gives], {"several": talk.answered, "alone": talk.alone.answered})
    else:
        content = _content([talk.gives], {"example": talk.answered})
    return {"description": summary, "content": {"application/json": content}}


def _problem(status: int) -> dict[str, Any]:
    return {"description": _WORDS[status], "content": {"application/problem+json": {"schema": _reference(Problem)}}}


def _content(shapes: Sequence[type[msgspec.Struct]], examples: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """shapes: one of which it has. examples: by name; where there is one alone it needs none."""
    schema = _reference(shapes[0]) if len(shapes) == 1 else {"oneOf": [_reference(shape) for shape in shapes]}
    told = {name: dict(example) for name, example in examples.items() if example}
    if len(told) == 1:
        return {"schema": schema, "example": next(iter(told.values()))}
    return {"schema": schema, **({"examples": {name: {"value": value} for name, value in told.items()}} if told else {})}


def _reference(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
