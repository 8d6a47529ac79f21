"""The OpenAPI 3.1 document of `/v1`, drawn from the declared routes and their documents, so that it cannot drift from what is served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from sekisho import __version__
from sekisho.web.http.routes import Admission, Door, DoorRoute, Reads
from sekisho.web.workstation import documents as d

__all__ = ["openapi_document"]


@dataclass(frozen=True, slots=True)
class _Talk:
    """What an operation takes and gives; problems: the statuses answered by a problem document."""

    takes: type[msgspec.Struct] | None
    status: int
    gives: type[msgspec.Struct] | None
    problems: tuple[int, ...]


_READING = (400, 413, 415, 422)
_TALKS: dict[tuple[str, str], _Talk] = {
    ("POST", "/v1/login"): _Talk(d.LoginRequest, 200, d.LoginStartedDocument, (401, *_READING)),
    ("POST", "/v1/login/{login}/security-code"): _Talk(d.CodeRequest, 202, d.CodeSent, (401, *_READING)),
    ("POST", "/v1/login/{login}/verify"): _Talk(d.VerifyRequest, 200, d.LoginCompleted, (401, *_READING)),
    ("GET", "/v1/session"): _Talk(None, 200, d.SessionDocument, (400, 401)),
    ("POST", "/v1/session/activity"): _Talk(d.ActivityReport, 200, d.SessionDocument, (401, *_READING)),
    ("DELETE", "/v1/session"): _Talk(None, 204, None, (400, 401)),
    ("GET", "/v1/accounts"): _Talk(None, 200, d.Accounts, (400, 401, 403)),
    ("GET", "/v1/accounts/{account}"): _Talk(None, 200, d.AccountDocument, (400, 401, 403, 404)),
}
_WORDS = {
    400: "Malformed.", 401: "The credential, code, login or session was not accepted.", 403: "Not open to this session.",
    404: "There is nothing here.", 413: "Too large.", 415: "Not a media type that is read.", 422: "A field is not possible here.",
    503: "Busy, or the database cannot be reached; nobody was let in. Try again later.",
}  # fmt: skip


def openapi_document(door: Door, firm: str) -> bytes:
    """The whole document as JSON. KeyError when a route was declared without saying here what it takes and gives."""
    shapes = sorted({s for t in _TALKS.values() for s in (t.takes, t.gives) if s} | {d.Problem}, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for route in door.declared:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    document = {
        "openapi": "3.1.0",
        "info": {"title": f"Sekisho of {firm}", "version": __version__, "description": "Login and session for programs."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}}},
    }
    return msgspec.json.encode(document)


def _operation(route: DoorRoute) -> dict[str, Any]:
    talk = _TALKS[route.method, route.path]
    operation: dict[str, Any] = {
        "operationId": getattr(route.endpoint, "__name__", "operation"),
        "summary": (route.endpoint.__doc__ or "").strip().partition("\n")[0],
        "responses": {str(talk.status): _answer(talk), **{str(status): _problem(status) for status in (*talk.problems, 503)}},
    }
    if names := re.findall(r"\{(\w+)\}", route.path):
        operation["parameters"] = [_parameter(name) for name in names]
    if route.admits is Admission.PROGRAM:
        operation["security"] = [{"session": []}]
    if route.reads is Reads.JSON and talk.takes is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(talk.takes)}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 128}}


def _answer(talk: _Talk) -> dict[str, Any]:
    if talk.gives is None:
        return {"description": "Done."}
    summary = (talk.gives.__doc__ or "The answer.").strip().partition("\n")[0]
    return {"description": summary, "content": {"application/json": {"schema": _reference(talk.gives)}}}


def _problem(status: int) -> dict[str, Any]:
    return {"description": _WORDS[status], "content": {"application/problem+json": {"schema": _reference(d.Problem)}}}


def _reference(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}
