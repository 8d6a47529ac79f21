"""Changing the password: the current one and a code made for this act, then the new one (R3, R4)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.domain.authentication.passwords import PasswordProblem
from sekisho.flows.change_password import PasswordChanged, PasswordRefused, change_password
from sekisho.flows.checkpoint import Action
from sekisho.flows.send_code import CodeStep
from sekisho.kernel.decision import Refused
from sekisho.texts.catalogue import N_
from sekisho.web.http.cookies import cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.activation import NewPasswordForm
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.login import Do, code_facts, typed_code
from sekisho.web.portal.passwords import judged, problem_texts
from sekisho.web.portal.proof import (
    DROPPED_PROOF,
    CurrentPasswordForm,
    begin_proof,
    proof_step,
    proof_token,
    send_again,
    session_over,
    told_refusal,
)

__all__: list[str] = []

ACT = N_("change the password")  # on the page, in the message and in the proof: the same words (J08)
BEGIN, FINISH = "/security/password", "/security/password/new"


@portal.get(BEGIN, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
def show_current_password(visit: PortalVisit) -> Response:
    return _begin_page(visit.caller, 200)


@portal.post(BEGIN, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
async def submit_current_password(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    started = await begin_proof(caller, Action.CHANGE_PASSWORD, ACT, form.current_password, FINISH)
    if isinstance(started, Refused):
        return _begin_page(caller, 401, started)
    return started


@portal.get(FINISH, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
def show_new_password(visit: PortalVisit) -> Response:
    step = proof_step(proof_token(visit), Action.CHANGE_PASSWORD, visit.caller)
    if step is None:
        return go(BEGIN)
    return _new_page(visit.caller, step, 200, sent=visit.request.query_params.get("sent") == "1")


@portal.post(FINISH, admits=Admission.TRADER, action=Action.CHANGE_PASSWORD)
async def submit_new_password(visit: PortalVisit) -> Response:
    caller, form, token = visit.caller, visit.form(NewPasswordForm), proof_token(visit)
    if token is None:
        return go(BEGIN)
    if form.do is Do.RESEND:
        return await caller.deps.run(send_again, token, caller, BEGIN, FINISH)
    outcome = await change_password(token, typed_code(form.code), form.new_password, caller.session, caller.caller, caller.deps)
    if isinstance(outcome, PasswordChanged):
        return go("/security?done=password", cookie("session", outcome.session_token), DROPPED_PROOF)
    if isinstance(outcome, PasswordRefused) and PasswordProblem.SAME in outcome.problems:
        return _begin_page(caller, 422, problems=problem_texts(outcome.problems, caller))  # the proof is spent
    step = await caller.deps.run(proof_step, token, Action.CHANGE_PASSWORD, caller)
    if step is None:
        return go(BEGIN)
    strength = judged(form.new_password, (), caller).text
    if isinstance(outcome, PasswordRefused):
        return _new_page(caller, step, 422, problems=problem_texts(outcome.problems, caller))
    return await session_over(caller) or _new_page(caller, step, 401, refused=True, strength=strength)


def _begin_page(caller: PortalCaller, status: int, refused: Refused | None = None, problems: tuple[str, ...] = ()) -> Response:
    forced = caller.session.trader.password_change_needed
    return page(caller, "password.html", status, forced=forced, problems=problems, **told_refusal(refused))


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
