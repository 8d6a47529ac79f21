"""A fresh proof for one act, on two pages: the current password, then a code made for it (R4, J08).

The page, the message and the audit name the act in the same words; `read_cookie("step")` holds the proof in between.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.sessions import Channel
from sekisho.flows.checkpoint import Action, live_session
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from sekisho.web.http.cookies import cookie, dropped_cookie, read_cookie
from sekisho.web.portal.answers import go
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.login import NOTHING_TYPED, Do

__all__ = ["DROPPED_PROOF", "CurrentPasswordForm", "ProofForm"]
__all__ += ["begin_proof", "proof_step", "proof_token", "send_again", "session_over", "told_refusal"]

DROPPED_PROOF = dropped_cookie("step")


@dataclass(frozen=True, slots=True)
class CurrentPasswordForm:
    current_password: Secret


@dataclass(frozen=True, slots=True)
class ProofForm:
    """The second page: the code, or the button that sends another one."""

    code: Secret = NOTHING_TYPED
    do: Do = Do.SUBMIT


async def begin_proof(
    caller: PortalCaller, action: Action, text: str, password: Secret, onward: str, proposal: str = ""
) -> Response | Refused:
    """The password is checked and a code sent; `onward` is the page that asks for it."""
    started = await begin_step_up(action, text, password, caller.session, caller.caller, caller.deps, proposal)
    if isinstance(started, Refused):
        return await session_over(caller) or started
    await caller.deps.run(send_code, started.token, caller.caller, caller.deps)
    return go(onward, cookie("step", started.token, same_site="Strict"))


def proof_token(visit: PortalVisit) -> Secret | None:
    return read_cookie(visit.request.scope["headers"], "step")


def proof_step(token: Secret | None, action: Action, caller: PortalCaller) -> CodeStep | None:
    """The proof of this session for this act, and no other."""
    step = code_step(token, caller.deps) if token is not None else None
    if step is None or step.ceremony.purpose is not CeremonyPurpose.STEP_UP:
        return None
    return step if (step.ceremony.session, step.ceremony.action) == (caller.session.session.id, action) else None


def send_again(token: Secret, caller: PortalCaller, back: str, here: str) -> Response:
    sent = send_code(token, caller.caller, caller.deps)
    return go(back if isinstance(sent, Refused) else f"{here}?sent=1")


async def session_over(caller: PortalCaller) -> Response | None:
    """Five failed proofs end the session (R4): then the next page says so at once."""
    assert caller.session_token is not None  # the session was opened with it
    still = await live_session(caller.session_token, Channel.PORTAL, caller.caller.address, caller.deps)
    return go("/logged-off?why=proof") if isinstance(still, Refused) else None


def told_refusal(refused: Refused | None) -> dict[str, bool]:
    """What a page with a password says of it: that it was wrong, that the login is restricted, or nothing."""
    restricted = refused is not None and refused.reason is Reason.LOGIN_RESTRICTED
    return {"refused": refused is not None and not restricted, "restricted": restricted}
