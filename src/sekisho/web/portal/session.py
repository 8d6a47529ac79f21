"""Staying and leaving: the time that is left, one press to stay, log off, and the page that says what happened (P5, R6)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from starlette.responses import Response

from sekisho.domain.sessions import Channel
from sekisho.flows.checkpoint import Action, live_session
from sekisho.flows.log_off import log_off
from sekisho.flows.see_presence import end_of_session
from sekisho.kernel.decision import Refused
from sekisho.web.http.cookies import dropped_cookie
from sekisho.web.http.exchange import header_values, single_header
from sekisho.web.http.headers import CLEAR_SITE_DATA
from sekisho.web.http.routes import Admission
from sekisho.web.kit.language import LanguageForm, remember_language
from sekisho.web.portal.answers import go, page, seconds_until, with_headers
from sekisho.web.portal.caller import PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.overview import NoFields
from sekisho.web.portal.paths import own_page
from sekisho.web.portal.why import NO_SESSION, Why, why_of, why_over

__all__: list[str] = []


@dataclass(frozen=True, slots=True)
class StayForm:
    next: str = "/"


@portal.get("/session/state", admits=Admission.ANYONE)
async def session_state(visit: PortalVisit) -> Response:
    """For the countdown: asking is no activity (R6), so it neither passes as a trader's visit nor books anything. why: once it is over,
    for who holds its token; the page that says so drops the cookie, and the other windows' pages would have to guess.
    """
    caller, token = visit.caller, visit.caller.session_token
    live = await live_session(token, Channel.PORTAL, caller.caller.address, caller.deps) if token else None
    left = 0 if live is None or isinstance(live, Refused) else seconds_until(live.session.over_at, caller.deps)
    warn_before = int(caller.deps.policies.sessions.warn_before.total_seconds())
    state: dict[str, object] = {"over": left == 0, "seconds_left": left, "warn_before": warn_before}
    if token is not None and isinstance(live, Refused) and live.reason not in NO_SESSION:
        state["why"] = why_over(live.reason, await caller.deps.run(end_of_session, token, caller.deps))
    return Response(msgspec.json.encode(state), media_type="application/json")


@portal.post("/stay", admits=Admission.TRADER, action=Action.STAY)
def stay(visit: PortalVisit) -> Response:
    """The gate has booked the press already."""
    return go(own_page(visit.form(StayForm).next))


@portal.post("/logoff", admits=Admission.TRADER, action=Action.LOG_OFF)
def submit_logoff(visit: PortalVisit) -> Response:
    visit.form(NoFields)
    log_off(visit.caller.session, visit.caller.deps)
    return go(f"/logged-off?why={Why.SELF}", dropped_cookie("session"), *CLEAR_SITE_DATA.items())


@portal.get("/logged-off", admits=Admission.ANYONE)
async def show_logged_off(visit: PortalVisit) -> Response:
    """What happened, why, what to do. Where the session lives on, because another window kept it, nothing is dropped."""
    caller, asked = visit.caller, visit.request.query_params.get("why", "")
    why = Why(asked) if asked in set(Why) else Why.ENDED
    if caller.session_token is not None:
        live = await live_session(caller.session_token, Channel.PORTAL, caller.caller.address, caller.deps)
        if not isinstance(live, Refused):
            return _back(visit)
        why = why_of(await caller.deps.run(end_of_session, caller.session_token, caller.deps)) or why
    drawn = page(caller, "logged_off.html", why=why)
    return with_headers(drawn, dropped_cookie("session"), *CLEAR_SITE_DATA.items())


def _back(visit: PortalVisit) -> Response:
    """A page's own Refresh led here while another window kept the session. Browsers that tell a refresh from a press are led back, which
    books no input; the others get a page to press on, since in them every page drawn counts as input (R6)."""
    headers = visit.request.scope["headers"]
    if not header_values(headers, b"sec-fetch-dest"):
        return page(visit.caller, "still_logged_in.html")
    came_from = single_header(headers, b"referer") or ""
    return go(own_page(urlsplit(came_from).path) if came_from.startswith(f"{visit.caller.house.origin}/") else "/")


@portal.post("/language", admits=Admission.ANYONE)
def choose_language(visit: PortalVisit) -> Response:
    form = visit.form(LanguageForm)
    return remember_language(LanguageForm(form.language, own_page(form.next)))
