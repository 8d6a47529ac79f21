"""How the broker's door answers: what was done once is told again, and no number of an account reaches a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from starlette.responses import Response

from sekisho.flows.admit_broker import BrokerCaller
from sekisho.flows.answer_once import Asked, Told, answer_once
from sekisho.flows.dependencies import Dependencies
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.web.http.exchange import single_header
from sekisho.web.http.faults import HttpFault
from sekisho.web.http.routes import Visit

__all__ = ["BrokerVisit", "answered", "answered_once", "quietly"]

BrokerVisit = Visit[BrokerCaller]
Act = Callable[[Dependencies], msgspec.Struct]


def answered(document: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")


def answered_once(visit: BrokerVisit, status: int, act: Act, deps: Dependencies) -> Response:
    """What `act` answers, which runs once for each Idempotency-Key of this system."""
    request = visit.request
    key = single_header(request.scope["headers"], b"idempotency-key")
    asked = Asked(visit.caller.key.client, key, f"{request.method} {request.url.path}", visit.body)

    def told(joined: Dependencies) -> Told:
        return Told(status, msgspec.json.encode(act(joined)).decode())

    with quietly():
        answer = answer_once(asked, told, deps)
    headers = {"idempotency-replayed": "true"} if answer.again else None
    return Response(answer.body, answer.status, headers, media_type="application/json")


@contextmanager
def quietly() -> Iterator[None]:
    """Details of an error are written for the command line, and name accounts; here they would go to the log."""
    try:
        yield
    except HttpFault:
        raise
    except SekishoError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        raise SekishoError(error.kind, error.public_message, retry_after=error.retry_after, fields=error.fields) from None
