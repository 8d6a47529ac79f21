"""The only place where an error or a refusal becomes an HTTP answer: a page, or a problem document (RFC 9457) for programs.

Answers to one kind are byte for byte alike, whatever the cause (R1); details go to the log only.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError, missing
from sekisho.texts.catalogue import N_
from sekisho.web.http.exchange import Exchange, exchange_of, is_program_path, route_template
from sekisho.web.http.faults import HttpFault, malformed, method_not_allowed, too_large, unsupported

__all__ = ["ErrorBoundary", "ErrorPage", "Errors", "error_of"]

_STATUS = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.BUSY: 429,
    Kind.UNAVAILABLE: 503,
}
_HIDDEN = frozenset({Reason.MANDATE_MISSING, Reason.ACCOUNT_FROZEN})
_FORBIDDEN = {
    Reason.QUARANTINED: N_("This is not possible from a newly logged-in device yet."),
    Reason.STEP_UP_NEEDED: N_("Please confirm first that it is you."),
    Reason.SCOPE_MISSING: N_("This key does not open that."),
    Reason.PASSWORD_CHANGE_NEEDED: N_("Please change your password first."),
}
_NOT_ADMITTED = N_("The login or session was not accepted.")
_UNEXPECTED = N_("Something went wrong on our side. Nothing was changed. Please try again later.")
_RETRY = timedelta(seconds=2)


class ErrorPage(Protocol):
    """Draws a page for an error. text and the values of fields are catalogue strings, to be shown in the exchange's language."""

    def __call__(self, exchange: Exchange, status: int, text: str, fields: Mapping[str, str], request_id: str) -> Response: ...


def error_of(refused: Refused) -> SekishoError:
    """A refusal as an error, for doors that have no page of their own for it. All refusals of a login are one (R1); objects hide (R7)."""
    if refused.reason in _HIDDEN:
        return missing(refused.reason)
    if refused.reason in _FORBIDDEN:
        return SekishoError(Kind.FORBIDDEN, _FORBIDDEN[refused.reason], refused.reason)
    return SekishoError(Kind.UNAUTHENTICATED, _NOT_ADMITTED, refused.reason)


class Errors:
    """Turns whatever was raised into an answer."""

    def __init__(self, page: ErrorPage) -> None:
        self.page = page
        self.log = structlog.get_logger("sekisho.web")

    def answer(self, error: Exception, scope: Scope) -> Response:
        """The answer to an error of this request; an unexpected one is logged with the request's id and told without any detail."""
        known = _translated(error)
        exchange = exchange_of(scope)
        if known is None:
            exchange.failed = True
            trace = "".join(traceback.format_exception(error))  # text, so that no renderer adds local variables and their secrets
            self.log.error("unexpected error", request_id=exchange.request_id, route=route_template(scope), trace=trace)
            return self._told(scope, 500, _UNEXPECTED, {}, {}, exchange.request_id)
        status = known.status if isinstance(known, HttpFault) else _STATUS[known.kind]
        headers = dict(known.headers) if isinstance(known, HttpFault) else {}
        if known.kind in (Kind.UNAVAILABLE, Kind.BUSY):
            headers["retry-after"] = str(max(1, round((known.retry_after or _RETRY).total_seconds())))
            self.log.warning("unavailable", request_id=exchange.request_id, route=route_template(scope), detail=known.detail)
        else:
            self.log.debug("request refused", request_id=exchange.request_id, kind=known.kind.value, detail=known.detail)
        text = _NOT_ADMITTED if known.kind is Kind.UNAUTHENTICATED else known.public_message
        return self._told(scope, status, text, known.fields, headers, "")

    def handlers(self) -> dict[Any, Any]:
        """`exception_handlers` for Starlette."""

        async def handle(request: Request, error: Exception) -> Response:
            return self.answer(error, request.scope)

        return dict.fromkeys((SekishoError, HTTPException, Exception), handle)

    def _told(
        self, scope: Scope, status: int, text: str, fields: Mapping[str, str], headers: Mapping[str, str], request_id: str
    ) -> Response:
        if is_program_path(scope["path"]):
            response = _problem(status, text, fields, request_id)
        else:
            response = self.page(exchange_of(scope), status, text, fields, request_id)
        response.headers.update(headers)
        return response


class ErrorBoundary:
    """Answers what middlewares raise, and keeps an error that was already answered from reaching the server."""

    def __init__(self, app: ASGIApp, errors: Errors) -> None:
        self.app = app
        self.errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = complete = False

        async def watch(message: Message) -> None:
            nonlocal begun, complete
            begun = begun or message["type"] == "http.response.start"
            complete = complete or (message["type"] == "http.response.body" and not message.get("more_body", False))
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            response = None if begun and exchange_of(scope).failed else self.errors.answer(error, scope)
            if begun and not complete:
                raise  # half an answer is out: the server must cut the connection
            if response is not None and not begun:
                await response(scope, receive, send)


def _problem(status: int, text: str, fields: Mapping[str, str], request_id: str) -> Response:
    document: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": text}
    if fields:
        document["errors"] = [{"field": name, "detail": why} for name, why in fields.items()]
    if request_id:
        document["request_id"] = request_id
    headers = {"www-authenticate": "Bearer"} if status == 401 else None  # RFC 9110 §11.6.1
    return Response(msgspec.json.encode(document), status, headers, media_type="application/problem+json")


def _translated(error: Exception) -> SekishoError | None:
    if isinstance(error, SekishoError):
        return error
    if isinstance(error, HTTPException):
        return _of_starlette(error)
    return None


def _of_starlette(error: HTTPException) -> SekishoError | None:
    match error.status_code:
        case 404:
            return missing("no route")
        case 405:
            allowed = (error.headers or {}).get("Allow", "")
            return method_not_allowed(", ".join(sorted(part.strip() for part in allowed.split(",") if part.strip())))
        case 413:
            return too_large("framework")
        case 415:
            return unsupported("framework")
        case 401 | 403:
            return SekishoError(Kind.UNAUTHENTICATED, _NOT_ADMITTED, "framework")
        case status if 400 <= status < 500:
            return malformed("framework")
    return None
