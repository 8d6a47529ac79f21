"""Ending other sessions, one or all of them, with the current password (P5, R6, V7.5.2)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.domain.sessions import Session
from sekisho.flows.checkpoint import Action
from sekisho.flows.log_off import end_one_session, end_other_sessions, other_session
from sekisho.kernel.decision import Refused
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.proof import CurrentPasswordForm, session_over, told_refusal
from sekisho.web.portal.shown import CHANNELS, METHODS

__all__: list[str] = []

END_OTHERS, END_ONE = "/security/sessions/end-others", "/security/sessions/{session}/end"


@portal.get(END_OTHERS, admits=Admission.TRADER, action=Action.END_SESSIONS)
def show_end_others(visit: PortalVisit) -> Response:
    return page(visit.caller, "end_others.html", refused=False, restricted=False)


@portal.post(END_OTHERS, admits=Admission.TRADER, action=Action.END_SESSIONS)
async def end_others(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    ended = await end_other_sessions(form.current_password, caller.session, caller.caller, caller.deps)
    if not isinstance(ended, Refused):
        return go("/security?done=sessions")
    return await session_over(caller) or page(caller, "end_others.html", status=401, **told_refusal(ended))


@portal.get(END_ONE, admits=Admission.TRADER, action=Action.END_SESSIONS)
def show_end_one(visit: PortalVisit) -> Response:
    return _end_page(visit.caller, other_session(visit.caller.session, visit.part("session"), visit.caller.deps), 200)


@portal.post(END_ONE, admits=Admission.TRADER, action=Action.END_SESSIONS)
async def end_one(visit: PortalVisit) -> Response:
    caller, form, named = visit.caller, visit.form(CurrentPasswordForm), visit.part("session")
    ended = await end_one_session(named, form.current_password, caller.session, caller.caller, caller.deps)
    if not isinstance(ended, Refused):
        return go("/security?done=session")
    if (gone := await session_over(caller)) is not None:
        return gone
    return _end_page(caller, await caller.deps.run(other_session, caller.session, named, caller.deps), 401, ended)


def _end_page(caller: PortalCaller, other: Session, status: int, refused: Refused | None = None) -> Response:
    return page(caller, "session_end.html", status, other=other, channels=CHANNELS, methods=METHODS, **told_refusal(refused))
