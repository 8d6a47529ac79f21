"""Changing the password: the current one and a code made for this act, then the new one (R3, R4)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.sessions import Channel
from sekisho.flows.change_password import PasswordChanged, PasswordRefused, change_password
from sekisho.flows.checkpoint import Action, live_session
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_
from sekisho.web.http.cookies import cookie, dropped_cookie, read_cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.activation import NewPasswordForm
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.login import Do, code_facts, typed_code
from sekisho.web.portal.passwords import judged, problem_texts

__all__: list[str] = []

ACT = N_("change the password")  # on the page, in the message and in the proof: the same words (J08)
BEGIN, FINISH = "/security/password", "/security/password/new"


@dataclass(frozen=True, slots=True)
class CurrentPasswordForm:
    current_password: Secret


@portal.get(BEGIN, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
def show_current_password(visit: PortalVisit) -> Response:
    return _begin_page(visit.caller, 200)


@portal.post(BEGIN, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
async def submit_current_password(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    started = await begin_step_up(Action.CHANGE_PASSWORD, ACT, form.current_password, caller.session, caller.caller, caller.deps)
    if isinstance(started, Refused):
        restricted = started.reason is Reason.LOGIN_RESTRICTED
        return await session_over(caller) or _begin_page(caller, 401, refused=not restricted, restricted=restricted)
    await caller.deps.run(send_code, started.token, caller.caller, caller.deps)
    return go(FINISH, cookie("step", started.token, same_site="Strict"))


@portal.get(FINISH, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
def show_new_password(visit: PortalVisit) -> Response:
    token = _proof(visit)
    step = _step(token, visit.caller) if token else None
    if step is None:
        return go(BEGIN)
    return _new_page(visit.caller, step, 200, sent=visit.request.query_params.get("sent") == "1")


@portal.post(FINISH, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
async def submit_new_password(visit: PortalVisit) -> Response:
    caller, form, token = visit.caller, visit.form(NewPasswordForm), _proof(visit)
    if token is None:
        return go(BEGIN)
    if form.do is Do.RESEND:
        sent = await caller.deps.run(send_code, token, caller.caller, caller.deps)
        return go(BEGIN if isinstance(sent, Refused) else f"{FINISH}?sent=1")
    outcome = await change_password(token, typed_code(form.code), form.new_password, caller.session, caller.caller, caller.deps)
    if isinstance(outcome, PasswordChanged):
        return go("/security?done=password", cookie("session", outcome.session_token), dropped_cookie("step"))
    step = await caller.deps.run(_step, token, caller)
    if step is None:
        return go(BEGIN)
    strength = judged(form.new_password, (), caller).text
    if isinstance(outcome, PasswordRefused):
        return _new_page(caller, step, 422, problems=problem_texts(outcome.problems, caller))
    return await session_over(caller) or _new_page(caller, step, 401, refused=True, strength=strength)


def _proof(visit: PortalVisit) -> Secret | None:
    return read_cookie(visit.request.scope["headers"], "step")


def _step(token: Secret, caller: PortalCaller) -> CodeStep | None:
    """The proof of this session for this act, and no other."""
    step = code_step(token, caller.deps)
    if step is None or step.ceremony.purpose is not CeremonyPurpose.STEP_UP:
        return None
    return step if (step.ceremony.session, step.ceremony.action) == (caller.session.session.id, Action.CHANGE_PASSWORD) else None


async def session_over(caller: PortalCaller) -> Response | None:
    """Five failed proofs end the session (R4): then the next page says so at once."""
    assert caller.session_token is not None  # the session was opened with it
    still = await live_session(caller.session_token, Channel.PORTAL, caller.deps)
    return go("/logged-off?why=proof") if isinstance(still, Refused) else None


def _begin_page(caller: PortalCaller, status: int, *, refused: bool = False, restricted: bool = False) -> Response:
    forced = caller.session.trader.password_change_needed
    return page(caller, "password.html", status, forced=forced, refused=refused, restricted=restricted)


def _new_page(
    caller: PortalCaller,
    step: CodeStep,
    status: int,
    *,
    refused: bool = False,
    sent: bool = False,
    problems: tuple[str, ...] = (),
    strength: str = "",
) -> Response:
    shortest = caller.deps.policies.passwords.shortest
    told = {"refused": refused, "sent": sent, "problems": problems, "strength": strength, "shortest": shortest, "act": ACT}
    return page(caller, "password_new.html", status, **told, **code_facts(caller, step))
