"""The security page: what protects the login, from where it is used, and how to change it (P5; R3, R4, R6)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.flows.checkpoint import Action
from sekisho.flows.drop_known_client import drop_known_client
from sekisho.flows.log_off import end_other_sessions
from sekisho.flows.see_portal import see_security
from sekisho.flows.set_logoff_time import set_logoff_time
from sekisho.flows.unlock_login import lift_own_restriction
from sekisho.kernel.decision import Reason, Refused
from sekisho.texts.catalogue import N_
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.overview import NoFields
from sekisho.web.portal.proof import CurrentPasswordForm, session_over

__all__: list[str] = []

END_OTHERS = "/security/sessions/end-others"
OFFERED_MINUTES = (1, 5, 10, 15, 30, 60)
CHANNELS = {"portal": N_("Client Portal"), "api": N_("Program"), "workstation": N_("Trading workstation")}
DONE = {
    "password": N_("Your password is changed. Every other session has ended, and other devices are no longer known."),
    "logoff-time": N_("Your logoff time is changed."),
    "client": N_("That device is forgotten. Its next login counts as one from an unknown device."),
    "sessions": N_("Every other session has ended."),
}


@dataclass(frozen=True, slots=True)
class LogoffTimeForm:
    minutes: int


@portal.get("/security", admits=Admission.TRADER, action=Action.SEE_SECURITY)
def show_security(visit: PortalVisit) -> Response:
    caller = visit.caller
    seen = see_security(caller.session, caller.deps)
    session = caller.session.session
    return page(
        caller,
        "security.html",
        trader=caller.session.trader,
        session=session,
        seen=seen,
        channels=CHANNELS,
        minutes_offered=_offered(caller),
        minutes_chosen=int(session.idle.total_seconds() // 60),
        quarantined_until=quarantine_end(caller),
        done=DONE.get(visit.request.query_params.get("done", ""), ""),
    )


@portal.post("/security/logoff-time", admits=Admission.TRADER, action=Action.CHANGE_LOGOFF_TIME)
def choose_logoff_time(visit: PortalVisit) -> Response:
    set_logoff_time(visit.caller.session, visit.form(LogoffTimeForm).minutes, visit.caller.deps)
    return go("/security?done=logoff-time")


@portal.post("/security/known-clients/{client}/drop", admits=Admission.TRADER, action=Action.DROP_KNOWN_CLIENT)
def forget_client(visit: PortalVisit) -> Response:
    visit.form(NoFields)
    drop_known_client(visit.caller.session, visit.part("client"), visit.caller.deps)
    return go("/security?done=client")


@portal.get(END_OTHERS, admits=Admission.TRADER, action=Action.END_SESSIONS)
def show_end_others(visit: PortalVisit) -> Response:
    """Ending others takes one factor: the current password (R6, V7.5.2)."""
    return page(visit.caller, "end_others.html", refused=False, restricted=False)


@portal.post(END_OTHERS, admits=Admission.TRADER, action=Action.END_SESSIONS)
async def end_others(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    ended = await end_other_sessions(form.current_password, caller.session, caller.caller, caller.deps)
    if not isinstance(ended, Refused):
        return go("/security?done=sessions")
    restricted = ended.reason is Reason.LOGIN_RESTRICTED
    gone = await session_over(caller)
    return gone or page(caller, "end_others.html", status=401, refused=not restricted, restricted=restricted)


@portal.post("/security/lift-restriction", admits=Admission.TRADER, action=Action.LIFT_RESTRICTION)
def lift_restriction(visit: PortalVisit) -> Response:
    """One press from a known client lets strangers try again (R3)."""
    visit.form(NoFields)
    lift_own_restriction(visit.caller.session, visit.caller.deps)
    return go("/?done=restriction")


def _offered(caller: PortalCaller) -> list[int]:
    """The times within the firm's bounds, and the one that holds now."""
    policy = caller.deps.policies.sessions
    shortest, longest = (int(bound.total_seconds() // 60) for bound in (policy.idle_shortest, policy.idle_longest))
    now = int(caller.session.session.idle.total_seconds() // 60)
    return sorted({now, *(minutes for minutes in OFFERED_MINUTES if shortest <= minutes <= longest)})
