"""Forgetting a known client: the current password, then a code made for it (R3, R4)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.domain.authentication.known_client import KnownClient
from sekisho.flows.checkpoint import Action
from sekisho.flows.drop_known_client import drop_known_client, drop_text, own_client
from sekisho.flows.step_up import proposal_of
from sekisho.kernel.decision import Refused
from sekisho.texts.catalogue import N_
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page, with_headers
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.login import Do, typed_code
from sekisho.web.portal.proof import (
    DROPPED_PROOF,
    CurrentPasswordForm,
    ProofForm,
    approve_page,
    begin_proof,
    is_restricted,
    proof_step,
    proof_token,
    send_again,
    session_over,
)

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
    return _confirm_page(visit, _named(visit), 200)


@portal.post(CONFIRM, admits=Admission.TRADER, action=ACTION)
async def submit_confirm(visit: PortalVisit) -> Response:
    caller, form, token = visit.caller, visit.form(ProofForm), proof_token(visit)
    client = await caller.deps.run(_named, visit)
    back, here = DROP.format(client=client.id), CONFIRM.format(client=client.id)
    if token is None:
        return go(back)
    if form.do is Do.RESEND:
        return await caller.deps.run(send_again, token, caller, back, here)
    outcome = await caller.deps.run(drop_known_client, token, typed_code(form.code), caller.session, caller.deps)
    if not outcome.refused:
        return with_headers(go("/security?done=client"), DROPPED_PROOF)
    if (gone := await session_over(caller)) is not None:
        return gone
    return await caller.deps.run(_confirm_page, visit, client, 401)


def _named(visit: PortalVisit) -> KnownClient:
    return own_client(visit.caller.session, visit.part("client"), visit.caller.deps)


def _drop_page(caller: PortalCaller, client: KnownClient, status: int, refused: Refused | None = None) -> Response:
    restricted = refused is not None and is_restricted(refused)
    told = {"refused": refused is not None and not restricted, "restricted": restricted}
    return page(caller, "known_client_drop.html", status, client=client, own=client.id == caller.session.session.client, **told)


def _confirm_page(visit: PortalVisit, client: KnownClient, status: int) -> Response:
    """Only for the proof that was made for this very client."""
    caller, token = visit.caller, proof_token(visit)
    step = proof_step(token, ACTION, caller)
    back = DROP.format(client=client.id)
    if step is None or token is None or proposal_of(token, ACTION, caller.session, caller.deps) != client.id:
        return go(back)
    shown = {"title": TITLE, "back": back, "here": CONFIRM.format(client=client.id), "sent": visit.request.query_params.get("sent") == "1"}
    return approve_page(caller, step, status, refused=status == 401, **shown)
