"""Is this message from us? Answered to who is logged in, of his own messages alone (R10; see `flows.check_message`)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.domain.notifications import Channel
from sekisho.flows.check_message import KnownMessage, check_message
from sekisho.flows.checkpoint import Action
from sekisho.flows.ports.delivery import MessageState
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.texts.catalogue import N_
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal

__all__: list[str] = []

WAYS = {Channel.SMS: N_("by SMS"), Channel.EMAIL: N_("by e-mail")}
STATES = {
    MessageState.WAITING: N_("still on its way"),
    MessageState.SENT: N_("sent"),
    MessageState.DEAD: N_("could not be delivered"),
}
assert set(WAYS) == set(Channel) - {Channel.INBOX} and set(STATES) == set(MessageState)


@dataclass(frozen=True, slots=True)
class ReferenceForm:
    reference: str


@portal.get("/messages/check", admits=Admission.TRADER, action=Action.SEE_MESSAGES)
def show_check(visit: PortalVisit) -> Response:
    return _page(visit.caller, "")


@portal.post("/messages/check", admits=Admission.TRADER, action=Action.SEE_MESSAGES)
def submit_check(visit: PortalVisit) -> Response:
    caller, typed = visit.caller, visit.form(ReferenceForm).reference
    try:
        found = check_message(typed, caller.session, caller.deps)
    except SekishoError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _page(caller, typed, 422, problem=error.public_message)
    return _page(caller, typed, found=found, asked=True)


def _page(
    caller: PortalCaller, typed: str, status: int = 200, problem: str = "", found: KnownMessage | None = None, asked: bool = False
) -> Response:
    shown = {"problem": problem, "found": found, "asked": asked, "ways": WAYS, "states": STATES}
    return page(caller, "messages_check.html", status, typed=typed[:20], **shown)
