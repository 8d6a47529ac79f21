"""The portal's gate: every route passes it, and through it the checkpoint (DESIGN §2, R4, R6, R7).

Who is admitted, and what he passes:

    ANYONE    a form needs the token drawn for this browser's `__Host-gate` (login CSRF, R4)
    CEREMONY  the same, and the cookie must be there; whether its ceremony lives is the flow's question
    TRADER    session cookie ─ alive? ─ form token ─ checkpoint ─ human input booked ─▶ endpoint
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from sekisho.domain.sessions import Channel
from sekisho.flows import checkpoint
from sekisho.flows.auto_log_off import record_input
from sekisho.flows.caller import Caller
from sekisho.flows.checkpoint import Action
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.see_device import see_device
from sekisho.flows.see_presence import end_of_session, waiting_for
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret, new_token
from sekisho.texts.catalogue import N_
from sekisho.web.http.cookies import dropped_cookie, holds_cookie, read_cookie
from sekisho.web.http.csrf import CSRF_FIELD, from_own_pages
from sekisho.web.http.errors import error_of
from sekisho.web.http.exchange import exchange_of, header_values
from sekisho.web.http.faults import malformed
from sekisho.web.http.forms import form_fields
from sekisho.web.http.human_input import is_human_input
from sekisho.web.http.programs import browser_of
from sekisho.web.http.routes import Admission, DoorRoute
from sekisho.web.portal.answers import go, refusal_page
from sekisho.web.portal.caller import House, PortalCaller
from sekisho.web.portal.why import NO_SESSION, logged_off_path

__all__ = ["PortalGate"]

ANY_ORIGIN_OF_OURS = frozenset({"/language"})  # changes nothing but words and stands on pages without a cookie
EITHER_COOKIE = frozenset({"/password-strength"})  # asked by scripts, before and after login


class PortalGate:
    def __init__(self, house: House) -> None:
        self.house = house

    async def admit(self, request: Request, route: DoorRoute) -> PortalCaller | Response:
        headers = request.scope["headers"]
        token = read_cookie(headers, "session")
        if holds_cookie(headers, "session") and header_values(headers, b"authorization"):
            raise malformed("a bearer token together with a portal session")
        if route.admits is Admission.TRADER:
            return await self._trader(request, route, token)
        visitor = self._visitor(request, token)
        if route.admits is Admission.CEREMONY and visitor.fresh:
            return go("/activate" if route.path.startswith("/activate") else "/login")
        if route.method == "POST":
            await self._check_form(request, route, visitor)
        return visitor

    def _visitor(self, request: Request, token: Secret | None) -> PortalCaller:
        headers = request.scope["headers"]
        exchange = exchange_of(request.scope)
        gate = read_cookie(headers, "gate")
        caller = Caller(
            address=exchange.address,
            program=browser_of(headers),
            channel=Channel.PORTAL,
            language=exchange.language,
            host=self.house.deps.policies.portal_host,
            client_token=read_cookie(headers, "client"),
        )
        return PortalCaller(self.house, exchange, caller, gate or new_token(), gate is None, token)

    async def _check_form(self, request: Request, route: DoorRoute, visitor: PortalCaller) -> None:
        headers = request.scope["headers"]
        csrf = self.house.csrf
        if route.path in ANY_ORIGIN_OF_OURS:
            if not from_own_pages(headers, csrf.origins):
                raise SekishoError(Kind.FORBIDDEN, N_("This form is out of date. Please reload the page and try again."), "origin")
            return
        submitted = (await form_fields(request)).get(CSRF_FIELD, "")
        if route.path in EITHER_COOKIE and csrf.valid(headers, submitted, visitor.session_token):
            return
        csrf.check(headers, submitted, None if visitor.fresh else visitor.gate)

    async def _trader(self, request: Request, route: DoorRoute, token: Secret | None) -> PortalCaller | Response:
        if token is None:
            return go("/login")
        deps, headers = self.house.deps, request.scope["headers"]
        live = await checkpoint.live_session(token, Channel.PORTAL, exchange_of(request.scope).address, deps)
        if isinstance(live, Refused):
            return await self._turned_away(token, live)
        await see_device(live, browser_of(headers), deps)
        if route.method == "POST":
            self.house.csrf.check(headers, (await form_fields(request)).get(CSRF_FIELD, ""), token)
        decision = checkpoint.admits(Action(str(route.action)), live, deps.clock())
        if isinstance(decision, Refused):
            return await self._refused(request, token, live, decision)
        if is_human_input(request.method, headers, csrf_valid=route.method == "POST"):
            booked = await deps.run(record_input, live, timedelta(0), deps)
            if isinstance(booked, Refused):
                return await self._turned_away(token, booked)
            live = booked
        return await self._with(request, token, live)

    async def _with(self, request: Request, token: Secret, live: LiveSession) -> PortalCaller:
        visitor = self._visitor(request, token)
        waiting = await self.house.deps.run(waiting_for, live, self.house.deps)
        return PortalCaller(self.house, visitor.exchange, visitor.caller, visitor.gate, visitor.fresh, token, live, waiting)

    async def _refused(self, request: Request, token: Secret, live: LiveSession, refused: Refused) -> Response:
        """The session lives, but may not do this: said in words, with what to do instead."""
        if refused.reason is Reason.PASSWORD_CHANGE_NEEDED:
            return go("/security/password")
        if refused.reason is Reason.QUARANTINED:
            return refusal_page(await self._with(request, token, live), refused)
        if live.trader.admits().refused or live.session.admits(self.house.deps.clock()).refused:
            return await self._turned_away(token, refused)
        raise error_of(refused)

    async def _turned_away(self, token: Secret, refused: Refused) -> Response:
        """To the page that says what happened; a cookie that never was a session of this door goes to the login."""
        if refused.reason in NO_SESSION:
            return go("/login", dropped_cookie("session"))
        ended = await self.house.deps.run(end_of_session, token, self.house.deps)
        return go(logged_off_path(refused.reason, ended))
