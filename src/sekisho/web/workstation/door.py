"""`/v1`: login for programs, the session, and the accounts it opens (DESIGN §6).

A refused credential, code or login in progress answers 401 with one and the same problem body.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from sekisho.domain.accounts import Account, Mandate
from sekisho.domain.sessions import Channel, EndReason
from sekisho.flows import auto_log_off, log_off, see_portal
from sekisho.flows.caller import Caller
from sekisho.flows.complete_login import submit_code
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.send_code import send_code
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from sekisho.web.http.errors import error_of
from sekisho.web.http.routes import Admission, Door, Reads, Visit
from sekisho.web.workstation.documents import (
    AccountDocument,
    Accounts,
    ActivityReport,
    CodeRequest,
    CodeSent,
    LoginCompleted,
    LoginRequest,
    LoginStartedDocument,
    SessionDocument,
    VerifyRequest,
)
from sekisho.web.workstation.gate import WorkstationGate

__all__ = ["build_workstation", "workstation"]

_SECOND = timedelta(seconds=1)
LoginVisit = Visit[Caller]
SessionVisit = Visit[LiveSession]


def _json(document: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json")


def _refuse(refused: Refused) -> NoReturn:
    raise error_of(refused)


def workstation(deps: Dependencies) -> Door:
    """The door with all its routes declared."""
    door = Door("workstation", reads=Reads.JSON)
    _login_routes(door, deps)
    _session_routes(door, deps)
    _account_routes(door, deps)
    return door


def build_workstation(deps: Dependencies) -> list[Route]:
    return workstation(deps).routes(WorkstationGate(deps))


def _login_routes(door: Door, deps: Dependencies) -> None:
    @door.post("/v1/login", admits=Admission.ANYONE)
    async def start_login(visit: LoginVisit) -> Response:
        """First step: username and password."""
        asked = visit.json(LoginRequest)
        client = Secret(asked.client_token) if asked.client_token else None
        caller = replace(visit.caller, channel=Channel(asked.channel), client_token=client)
        started = await submit_password(PasswordStep(asked.username, Secret(asked.password)), caller, deps)
        if isinstance(started, Refused):
            _refuse(started)
        return _json(LoginStartedDocument(started.token.reveal(), "second_factor", ["security_code"]))

    @door.post("/v1/login/{login}/security-code", admits=Admission.CEREMONY)
    def request_code(visit: LoginVisit) -> Response:
        """Send a security code to the registered phone."""
        visit.json(CodeRequest)
        step = send_code(_login(visit), visit.caller, deps)
        if isinstance(step, Refused):
            _refuse(step)
        left = step.expires - deps.clock() if step.expires else timedelta(0)
        return _json(CodeSent(step.masked, _seconds(left), step.tries_left), 202)

    @door.post("/v1/login/{login}/verify", admits=Admission.CEREMONY)
    def verify_code(visit: LoginVisit) -> Response:
        """Second step: the code. It completes the login once."""
        asked = visit.json(VerifyRequest)
        complete = submit_code(_login(visit), Secret(asked.code), visit.caller, deps)
        if isinstance(complete, Refused):
            _refuse(complete)
        return _json(LoginCompleted("complete", complete.session_token.reveal(), "Bearer", complete.client_token.reveal()))


def _login(visit: LoginVisit) -> Secret:
    """Hashed before it is looked up, so any text will do: one that names no login answers 401 like the rest."""
    return Secret(str(visit.request.path_params["login"])[:128])


def _session_routes(door: Door, deps: Dependencies) -> None:
    @door.get("/v1/session", admits=Admission.PROGRAM)
    async def check_session(visit: SessionVisit) -> Response:
        """The session and the time until automatic logoff. Asking is no input."""
        return _json(_session(visit.caller, deps.clock()))

    @door.post("/v1/session/activity", admits=Admission.PROGRAM, action="stay")
    def report_activity(visit: SessionVisit) -> Response:
        """The person at the program did something."""
        age = timedelta(seconds=visit.json(ActivityReport).seconds_since_input)
        booked = auto_log_off.record_input(visit.caller, age, deps)
        if isinstance(booked, Refused):
            _refuse(booked)
        return _json(_session(booked, deps.clock()))

    @door.delete("/v1/session", admits=Admission.PROGRAM, action="log_off")
    def end_session(visit: SessionVisit) -> Response:
        """Log off."""
        live = visit.caller
        log_off.end_session(live.session.id, EndReason.LOGGED_OFF, live.trader.id, deps)
        return Response(status_code=204)


def _account_routes(door: Door, deps: Dependencies) -> None:
    @door.get("/v1/accounts", admits=Admission.PROGRAM, action="see_overview")
    def list_accounts(visit: SessionVisit) -> Response:
        """The accounts on which this trader holds a mandate."""
        pairs = see_portal.see_overview(visit.caller, deps).accounts
        return _json(Accounts([_account(account, mandate) for account, mandate in pairs]))

    @door.get("/v1/accounts/{account}", admits=Admission.PROGRAM, action="see_account")
    def show_account(visit: SessionVisit) -> Response:
        """One account; without a mandate it is as if there were none."""
        page = see_portal.see_account(visit.caller, visit.part("account"), deps)
        return _json(_account(page.account, page.own))


def _account(account: Account, mandate: Mandate) -> AccountDocument:
    rights = sorted(right.value for right in mandate.role.rights)
    return AccountDocument(account.id, account.number, account.title, mandate.role.value, rights)


def _session(live: LiveSession, now: datetime) -> SessionDocument:
    session = live.session
    return SessionDocument(
        session=session.id,
        trader=live.trader.id,
        username=live.trader.username,
        channel=session.channel.value,
        started=session.started,
        last_input=session.last_input,
        ends=session.ends,
        idle_seconds=_seconds(session.idle),
        seconds_left=_seconds(session.over_at - now),
        password_change_needed=live.trader.password_change_needed,
        quarantined_until=session.quarantined_until if session.quarantined(now) else None,
    )


def _seconds(span: timedelta) -> int:
    return max(0, span // _SECOND)
