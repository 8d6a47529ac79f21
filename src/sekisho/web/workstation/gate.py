"""The gate of programs: who calls, and whether his bearer session is alive (R4: program sessions only by bearer)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from sekisho.domain.sessions import Channel
from sekisho.flows import checkpoint
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from sekisho.web.http.cookies import holds_cookie
from sekisho.web.http.errors import error_of
from sekisho.web.http.exchange import exchange_of, header_values
from sekisho.web.http.faults import malformed
from sekisho.web.http.programs import program_of
from sekisho.web.http.routes import Admission, DoorRoute

__all__ = ["WorkstationGate"]

_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_-]{20,128})")


class WorkstationGate:
    """Answers with the live session on routes that admit programs with one, else with the caller."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps

    async def admit(self, request: Request, route: DoorRoute) -> Caller | LiveSession | Response:
        headers = request.scope["headers"]
        authorization = header_values(headers, b"authorization")
        if authorization and holds_cookie(headers, "session"):
            raise malformed("a bearer token together with a portal session")
        if route.admits is not Admission.PROGRAM:
            return self._caller(request)
        live = await self._live(request, authorization)
        if isinstance(live, Refused):
            raise error_of(live)
        if route.action is not None:
            decision = checkpoint.admits(Action(route.action), live, self.deps.clock())
            if isinstance(decision, Refused):
                raise error_of(decision)
        return live

    async def _live(self, request: Request, authorization: list[str]) -> LiveSession | Refused:
        bearer = _BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
        if bearer is None:
            return Refused(Reason.SESSION_UNKNOWN)
        address = exchange_of(request.scope).address
        return await checkpoint.live_session(Secret(bearer.group(1)), Channel.API, address, self.deps)

    def _caller(self, request: Request) -> Caller:
        exchange = exchange_of(request.scope)
        program = program_of(request.scope["headers"])
        return Caller(exchange.address, program, Channel.API, exchange.language, self.deps.policies.portal_host)
