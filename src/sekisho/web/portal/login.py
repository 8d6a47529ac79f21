"""Login: username and password, then the security code (P1, R1, R4). Every refusal of a step is the same page."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response

from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.authentication.known_client import KNOWN_CLIENT_LIFE
from sekisho.flows.complete_login import Complete, submit_code
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from sekisho.web.http.cookies import cookie, dropped_cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import entry_page, go, page, seconds_until
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal

__all__ = ["LONGEST_SHOWN_NAME", "NOTHING_TYPED", "Do", "code_facts", "typed_code"]

LONGEST_SHOWN_NAME = 64
NOTHING_TYPED = Secret("")  # the button "send again" leaves the fields alone


class Do(StrEnum):
    """The button that was pressed on a page with a code."""

    SUBMIT = ""
    RESEND = "resend"


@dataclass(frozen=True, slots=True)
class PasswordForm:
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class CodeForm:
    code: Secret = NOTHING_TYPED
    do: Do = Do.SUBMIT


@portal.get("/login", admits=Admission.ANYONE)
def show_login(visit: PortalVisit) -> Response:
    activated = visit.request.query_params.get("activated") == "1"
    return entry_page(visit.caller, "login.html", username="", refused=False, activated=activated)


@portal.post("/login", admits=Admission.ANYONE)
async def submit_login(visit: PortalVisit) -> Response:
    """On success the ceremony's token replaces the cookie that was there before: nobody can have planted it (fixation, R4)."""
    caller, form = visit.caller, visit.form(PasswordForm)
    outcome = await submit_password(PasswordStep(form.username, form.password), caller.caller, caller.deps)
    if isinstance(outcome, Refused):
        return page(caller, "login.html", 401, username=form.username[:LONGEST_SHOWN_NAME], refused=True, activated=False)
    await caller.deps.run(send_code, outcome.token, caller.caller, caller.deps)
    return go("/login/code", cookie("gate", outcome.token))


@portal.get("/login/code", admits=Admission.CEREMONY)
def show_code(visit: PortalVisit) -> Response:
    step = _step(visit.caller)
    if step is None:
        return go("/login")
    sent = visit.request.query_params.get("sent") == "1"
    return _code_page(visit.caller, step, 200, refused=False, sent=sent)


@portal.post("/login/code", admits=Admission.CEREMONY)
def submit_login_code(visit: PortalVisit) -> Response:
    """A right code opens the session. A dead login answers like a wrong code (R1)."""
    caller, form = visit.caller, visit.form(CodeForm)
    if form.do is Do.RESEND:
        sent = send_code(caller.gate, caller.caller, caller.deps)
        return go("/login" if isinstance(sent, Refused) else "/login/code?sent=1")
    outcome = submit_code(caller.gate, typed_code(form.code), caller.caller, caller.deps)
    if isinstance(outcome, Refused):
        step = _step(caller)
        return go("/login") if step is None else _code_page(caller, step, 401, refused=True, sent=False)
    return _logged_in(outcome)


def _logged_in(complete: Complete) -> Response:
    """Only the cookie of the known client is kept past the browser's end: a known client that every restart turned into a stranger
    would leave the owner locked out with the strangers (R3). It opens nothing (N49), and the server ends it after 90 days by itself."""
    return go(
        "/",
        cookie("session", complete.session_token),
        cookie("client", complete.client_token, keep=KNOWN_CLIENT_LIFE),
        dropped_cookie("gate"),
    )


def _step(caller: PortalCaller) -> CodeStep | None:
    step = code_step(caller.gate, caller.deps)
    return step if step is not None and step.ceremony.purpose is CeremonyPurpose.LOGIN else None


def _code_page(caller: PortalCaller, step: CodeStep, status: int, *, refused: bool, sent: bool) -> Response:
    return page(caller, "login_code.html", status, refused=refused, sent=sent, **code_facts(caller, step))


def code_facts(caller: PortalCaller, step: CodeStep) -> dict[str, object]:
    """What a page with a code shows of it. A code that was withheld shows as one sent when its ceremony began (R1)."""
    codes = caller.deps.policies.codes
    life = codes.proof_life if step.ceremony.purpose is CeremonyPurpose.STEP_UP else codes.life
    expires = step.expires or step.ceremony.started + life
    return {
        "masked": step.masked,
        "code_seconds": seconds_until(expires, caller.deps),
        "code_life": life,
        "tries_left": step.tries_left,
        "delayed": step.delayed,
        "withheld": step.withheld,
    }


def typed_code(code: Secret) -> Secret:
    """The digits as people type them: full-width ones, blanks and hyphens included."""
    text = unicodedata.normalize("NFKC", code.reveal())
    return Secret("".join(letter for letter in text if letter not in " -"))
