"""Forgetting a known client: the current password, then a code made for it (R3, R4)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.domain.authentication.known_client import KnownClient
from sekisho.flows.checkpoint import Action
from sekisho.flows.drop_known_client import drop_known_client, drop_text, own_client
from sekisho.kernel.decision import Refused
from sekisho.texts.catalogue import N_
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.code_page import Asked, CodePage, asked_for, finished
from sekisho.web.portal.declared import portal
from sekisho.web.portal.proof import CurrentPasswordForm, begin_proof, told_refusal

__all__: list[str] = []

DROP = "/security/known-clients/{client}/drop"
CONFIRM = DROP + "/confirm"
TITLE = N_("Forget a device")
ACTION = Action.DROP_KNOWN_CLIENT


@portal.get(DROP, admits=Admission.TRADER, action=ACTION)
def show_drop(visit: PortalVisit) -> Response:
    return _drop_page(visit.caller, _named(visit), 200)


@portal.post(DROP, admits=Admission.TRADER, action=ACTION)
async def submit_drop(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    client = await caller.deps.run(_named, visit)
    text = drop_text(client, caller.session, caller.deps)
    begun = await begin_proof(caller, ACTION, text, form.current_password, CONFIRM.format(client=client.id), client.id)
    return _drop_page(caller, client, 401, begun) if isinstance(begun, Refused) else begun


@portal.get(CONFIRM, admits=Admission.TRADER, action=ACTION)
def show_confirm(visit: PortalVisit) -> Response:
    return _code_page(_named(visit)).show(visit)


@portal.post(CONFIRM, admits=Admission.TRADER, action=ACTION)
async def submit_confirm(visit: PortalVisit) -> Response:
    caller = visit.caller
    code_page = _code_page(await caller.deps.run(_named, visit))
    outcome = await code_page.typed(visit, lambda token, code: drop_known_client(token, code, caller.session, caller.deps))
    if isinstance(outcome, Response):
        return outcome
    return await code_page.refused(visit) if outcome.refused else finished("/security?done=client")


def _named(visit: PortalVisit) -> KnownClient:
    return own_client(visit.caller.session, visit.part("client"), visit.caller.deps)


def _drop_page(caller: PortalCaller, client: KnownClient, status: int, refused: Refused | None = None) -> Response:
    return page(
        caller, "known_client_drop.html", status, client=client, own=client.id == caller.session.session.client, **told_refusal(refused)
    )


def _code_page(client: KnownClient) -> CodePage:
    """Only for the proof that was made for this very client."""

    def asked(visit: PortalVisit) -> Asked | None:
        found = asked_for(visit, ACTION)
        return Asked(found[0], TITLE) if found and found[1] == client.id else None

    return CodePage(DROP.format(client=client.id), CONFIRM.format(client=client.id), asked)
