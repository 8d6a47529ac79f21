"""The second page of any act: it asks for the code of the proof that was made for this very act, or of a new address (R4, J08).

GET    code_page.show(visit)
POST   outcome = await code_page.typed(visit, the flow that spends the proof)
       a page as it is · done: finished(onward) · refused: await code_page.refused(visit)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from starlette.responses import Response

from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.flows.checkpoint import Action
from sekisho.flows.send_code import CodeStep, code_step
from sekisho.flows.step_up import proposal_of
from sekisho.kernel.secrets import Secret
from sekisho.web.portal.answers import go, page, with_headers
from sekisho.web.portal.caller import PortalVisit
from sekisho.web.portal.login import Do, code_facts, typed_code
from sekisho.web.portal.proof import DROPPED_PROOF, ProofForm, proof_step, proof_token, send_again, session_over

__all__ = ["Asked", "CodePage", "asked_for", "asked_of_contact", "finished"]

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page asks about. lines: what was typed on the first page. elsewhere: the code goes to a new address."""

    step: CodeStep
    title: str
    lines: list[str] | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class CodePage:
    """back: where the act begins. here: this page. asked: None where this session has no such proof under way."""

    back: str
    here: str
    asked: Callable[[PortalVisit], Asked | None]

    def show(self, visit: PortalVisit, status: int = 200) -> Response:
        asked = self.asked(visit)
        if asked is None:
            return go(self.back)
        return page(
            visit.caller,
            "approve.html",
            status,
            refused=status == 401,
            act=asked.step.ceremony.action_text,
            title=asked.title,
            lines=asked.lines,
            elsewhere=asked.elsewhere,
            back=self.back,
            here=self.here,
            sent=visit.request.query_params.get("sent") == "1",
            **code_facts(visit.caller, asked.step),
        )

    async def typed(self, visit: PortalVisit, finish: Callable[[Secret, Secret], Outcome]) -> Outcome | Response:
        """What `finish` makes of the proof's token and the code; a page where another code was asked for, or nothing is under way."""
        form, token, run = visit.form(ProofForm), proof_token(visit), visit.caller.deps.run
        if token is None:
            return go(self.back)
        if form.do is Do.RESEND:
            return await run(send_again, token, visit.caller, self.back, self.here)
        return await run(finish, token, typed_code(form.code))

    async def refused(self, visit: PortalVisit) -> Response:
        """The page again, or the end of the session after five failed proofs."""
        if (gone := await session_over(visit.caller)) is not None:
            return gone
        return await visit.caller.deps.run(self.show, visit, 401)


def asked_for(visit: PortalVisit, action: Action) -> tuple[CodeStep, str] | None:
    """The proof of this session for this act, with what it was made for."""
    caller, token = visit.caller, proof_token(visit)
    step = proof_step(token, action, caller)
    proposal = proposal_of(token, action, caller.session, caller.deps) if token is not None else None
    return None if step is None or proposal is None else (step, proposal)


def asked_of_contact(visit: PortalVisit) -> CodeStep | None:
    """The confirmation of a new address that this session began, and no other."""
    token, caller = proof_token(visit), visit.caller
    step = code_step(token, caller.deps) if token is not None else None
    if step is None or step.ceremony.purpose is not CeremonyPurpose.CONTACT:
        return None
    return step if step.ceremony.session == caller.session.session.id else None


def finished(onward: str) -> Response:
    """The proof is spent."""
    return with_headers(go(onward), DROPPED_PROOF)
