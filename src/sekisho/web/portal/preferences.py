"""How the trader is told: language, notices of known logins, his phrase (R10); and what he has read of relayed codes (R4, J06)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.flows.checkpoint import Action
from sekisho.flows.set_preferences import Preferences, acknowledge_relay, see_preferences, set_preferences
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.texts.catalogue import N_, Language
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.overview import NoFields

__all__: list[str] = []

HOME = "/security/notices"
DONE = {"changed": N_("Your choice is kept.")}
LANGUAGES = {Language.EN: "English", Language.JA: "日本語"}  # each in its own words


@dataclass(frozen=True, slots=True)
class PreferencesForm:
    language: Language
    notify_known_logins: bool
    phrase: str = ""


@portal.get(HOME, admits=Admission.TRADER, action=Action.SEE_SECURITY)
def show_preferences(visit: PortalVisit) -> Response:
    caller = visit.caller
    done = DONE.get(visit.request.query_params.get("done", ""), "")
    return _page(caller, see_preferences(caller.session, caller.deps), 200, done=done)


@portal.post(HOME, admits=Admission.TRADER, action=Action.CHANGE_PREFERENCES)
def submit_preferences(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(PreferencesForm)
    wanted = Preferences(form.language, form.notify_known_logins, form.phrase)
    try:
        set_preferences(caller.session, wanted, caller.deps)
    except SekishoError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _page(caller, wanted, 422, problem=error.public_message)
    return go(f"{HOME}?done=changed")


@portal.post("/security/relay/acknowledge", admits=Admission.TRADER, action=Action.ACKNOWLEDGE_RELAY)
def acknowledge(visit: PortalVisit) -> Response:
    visit.form(NoFields)
    acknowledge_relay(visit.caller.session, visit.caller.deps)
    return go("/security?done=relay")


def _page(caller: PortalCaller, chosen: Preferences, status: int, *, done: str = "", problem: str = "") -> Response:
    told = {"done": done, "problem": problem, "quarantined_until": quarantine_end(caller)}
    return page(caller, "preferences.html", status, chosen=chosen, languages=LANGUAGES, **told)
