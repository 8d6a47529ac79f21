"""The security page: what protects the login, from where it is used, and how to change it (P5; R3, R4, R6)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.flows.checkpoint import Action
from sekisho.flows.see_portal import see_security
from sekisho.flows.set_logoff_time import set_logoff_time
from sekisho.flows.unlock_login import lift_own_restriction
from sekisho.texts.catalogue import N_
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.overview import NoFields
from sekisho.web.portal.shown import CHANNELS, METHODS, why_refused

__all__: list[str] = []

OFFERED_MINUTES = (1, 5, 10, 15, 30, 60)
DONE = {
    "password": N_("Your password is changed. Every other session has ended, and other devices are no longer known."),
    "logoff-time": N_("Your logoff time is changed."),
    "client": N_("That device is forgotten. Its next login counts as one from an unknown device."),
    "session": N_("That session has ended."),
    "relay": N_("Thank you. It is noted that you have read this."),
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
        methods=METHODS,
        why_refused=why_refused,
        addresses=caller.session.addresses,
        minutes_offered=_offered(caller),
        minutes_chosen=int(session.idle.total_seconds() // 60),
        quarantined_until=quarantine_end(caller),
        done=DONE.get(visit.request.query_params.get("done", ""), ""),
    )


@portal.post("/security/logoff-time", admits=Admission.TRADER, action=Action.CHANGE_LOGOFF_TIME)
def choose_logoff_time(visit: PortalVisit) -> Response:
    set_logoff_time(visit.caller.session, visit.form(LogoffTimeForm).minutes, visit.caller.deps)
    return go("/security?done=logoff-time")


@portal.post("/security/lift-restriction", admits=Admission.TRADER, action=Action.LIFT_RESTRICTION)
def lift_restriction(visit: PortalVisit) -> Response:
    """One press from a known client lets strangers try again, where they are restricted (R3)."""
    visit.form(NoFields)
    lifted = lift_own_restriction(visit.caller.session, visit.caller.deps)
    return go("/?done=restriction" if lifted else "/")


def _offered(caller: PortalCaller) -> list[int]:
    """The times within the firm's bounds, and the one that holds now."""
    policy = caller.deps.policies.sessions
    shortest, longest = (int(bound.total_seconds() // 60) for bound in (policy.idle_shortest, policy.idle_longest))
    now = int(caller.session.session.idle.total_seconds() // 60)
    return sorted({now, *(minutes for minutes in OFFERED_MINUTES if shortest <= minutes <= longest)})
