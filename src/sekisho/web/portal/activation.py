"""Activation: the code that was handed over, then a code to the phone and the trader's own password (R16, J32)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.sessions import Channel
from sekisho.flows.activate_trader import begin_activation, finish_activation, tell_refused_activation
from sekisho.flows.change_password import PasswordRefused, password_problems
from sekisho.flows.checkpoint import live_session
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import missing
from sekisho.kernel.secrets import Secret
from sekisho.web.http.cookies import cookie, dropped_cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import entry_page, go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.login import LONGEST_SHOWN_NAME, NOTHING_TYPED, Do, code_facts, typed_code
from sekisho.web.portal.passwords import judged, problem_texts

__all__ = ["NewPasswordForm"]


@dataclass(frozen=True, slots=True)
class ActivationForm:
    username: str
    activation_code: Secret


@dataclass(frozen=True, slots=True)
class NewPasswordForm:
    code: Secret = NOTHING_TYPED
    new_password: Secret = NOTHING_TYPED
    do: Do = Do.SUBMIT


@dataclass(frozen=True, slots=True)
class StrengthForm:
    password: Secret


@portal.get("/activate", admits=Admission.ANYONE)
def show_activation(visit: PortalVisit) -> Response:
    return entry_page(visit.caller, "activate.html", username="", refused=False)


@portal.post("/activate", admits=Admission.ANYONE)
def submit_activation(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(ActivationForm)
    begun = begin_activation(form.username, form.activation_code, caller.caller, caller.deps)
    if isinstance(begun, Refused):
        if caller.house.worth_telling(caller.caller.source):  # by source alone: no name answers more slowly than another
            tell_refused_activation(form.username, begun, caller.caller, caller.deps)
        return page(caller, "activate.html", 401, username=form.username[:LONGEST_SHOWN_NAME], refused=True)
    send_code(begun.token, caller.caller, caller.deps)
    return go("/activate/password", cookie("gate", begun.token))


@portal.get("/activate/password", admits=Admission.CEREMONY)
def show_activation_password(visit: PortalVisit) -> Response:
    step = _step(visit.caller)
    if step is None:
        return go("/activate")
    return _password_page(visit.caller, step, 200, sent=visit.request.query_params.get("sent") == "1")


@portal.post("/activate/password", admits=Admission.CEREMONY)
async def submit_activation_password(visit: PortalVisit) -> Response:
    """Code and password in one form; a password that is not taken burns no try of the code."""
    caller, form = visit.caller, visit.form(NewPasswordForm)
    if form.do is Do.RESEND:
        sent = await caller.deps.run(send_code, caller.gate, caller.caller, caller.deps)
        return go("/activate" if isinstance(sent, Refused) else "/activate/password?sent=1")
    outcome = await finish_activation(caller.gate, typed_code(form.code), form.new_password, caller.caller, caller.deps)
    if not isinstance(outcome, Refused | PasswordRefused):
        return go("/login?activated=1", dropped_cookie("gate"))
    step = await caller.deps.run(_step, caller)
    if step is None:
        return go("/activate")
    strength = judged(form.new_password, (), caller).text
    if isinstance(outcome, PasswordRefused):
        return _password_page(caller, step, 422, problems=problem_texts(outcome.problems, caller))
    return _password_page(caller, step, 401, refused=True, strength=strength)


@portal.post("/password-strength", admits=Admission.ANYONE)
async def judge_password(visit: PortalVisit) -> Response:
    """For the meter while typing: a hint, judged as on submit but for the name, which no script sends. Nothing is kept.

    The estimate is too dear to be given to everybody: a session or an open activation asks for it.
    """
    caller, form = visit.caller, visit.form(StrengthForm)
    if not await _is_choosing(caller):
        raise missing("no session and no activation")
    problems = await caller.deps.run(password_problems, form.password, "", caller.deps)
    answer = await caller.deps.run(judged, form.password, problems, caller)
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def _is_choosing(caller: PortalCaller) -> bool:
    token = caller.session_token
    if token is not None and not isinstance(await live_session(token, Channel.PORTAL, caller.caller.address, caller.deps), Refused):
        return True
    return await caller.deps.run(_step, caller) is not None


def _step(caller: PortalCaller) -> CodeStep | None:
    step = code_step(caller.gate, caller.deps)
    return step if step is not None and step.ceremony.purpose is CeremonyPurpose.ACTIVATION else None


def _password_page(
    caller: PortalCaller,
    step: CodeStep,
    status: int,
    *,
    refused: bool = False,
    sent: bool = False,
    problems: tuple[str, ...] = (),
    strength: str = "",
) -> Response:
    facts = code_facts(caller, step)
    shortest = caller.deps.policies.passwords.shortest
    return page(
        caller,
        "activate_password.html",
        status,
        refused=refused,
        sent=sent,
        problems=problems,
        strength=strength,
        shortest=shortest,
        **facts,
    )
