"""Where the trader's messages go, and changing it: password, a code to the registered phone, a code to the new address (R4, R10; J14)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.flows.change_contact import NewContact, confirm_contact, name_contact, wanted_contact
from sekisho.flows.checkpoint import Action
from sekisho.flows.see_contacts import see_contacts
from sekisho.flows.send_code import CodeStep, code_step, send_code
from sekisho.flows.settle_contact import cancel_contact, waiting_contact
from sekisho.flows.step_up import proposal_of
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_
from sekisho.web.http.cookies import cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page, with_headers
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
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

HOME = "/security/contacts"
APPROVE, CONFIRM, CANCEL = HOME + "/approve", HOME + "/confirm", HOME + "/{contact}/cancel"
TITLES = {ContactKind.EMAIL: N_("Change the e-mail address"), ContactKind.PHONE: N_("Change the registered phone")}
CONFIRM_TITLE = N_("Confirm the new address")
DONE = {
    "waiting": N_("The new address is confirmed. It takes effect when the waiting time is over; the old one is told of it."),
    "cancelled": N_("The change is cancelled."),
}


@dataclass(frozen=True, slots=True)
class ContactForm:
    kind: ContactKind
    address: str
    current_password: Secret


@portal.get(HOME, admits=Admission.TRADER, action=Action.SEE_SECURITY)
def show_contacts(visit: PortalVisit) -> Response:
    return _home_page(visit.caller, 200, done=DONE.get(visit.request.query_params.get("done", ""), ""))


@portal.post(HOME, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
async def submit_contact(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(ContactForm)
    try:
        wanted = wanted_contact(form.kind, form.address, caller.session, caller.deps)
    except SekishoError as error:
        if error.kind is not Kind.INVALID:
            raise
        return await caller.deps.run(_wrong_page, caller, form, error.public_message)
    begun = await begin_proof(caller, Action.CHANGE_CONTACT, wanted.text, form.current_password, APPROVE, wanted.packed())
    if not isinstance(begun, Refused):
        return begun
    return await caller.deps.run(_refused_page, caller, form, is_restricted(begun))


@portal.get(APPROVE, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
def show_approve(visit: PortalVisit) -> Response:
    return _approve_page(visit, 200)


@portal.post(APPROVE, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
async def submit_approve(visit: PortalVisit) -> Response:
    """The step-up is spent; from now on the cookie holds the ceremony whose code goes to the new address."""
    caller, form, token = visit.caller, visit.form(ProofForm), proof_token(visit)
    if token is None:
        return go(HOME)
    if form.do is Do.RESEND:
        return await caller.deps.run(send_again, token, caller, HOME, APPROVE)
    outcome = await caller.deps.run(name_contact, token, typed_code(form.code), caller.session, caller.caller, caller.deps)
    if isinstance(outcome, Refused):
        if (gone := await session_over(caller)) is not None:
            return gone
        return await caller.deps.run(_approve_page, visit, 401)
    await caller.deps.run(send_code, outcome.token, caller.caller, caller.deps)
    return go(CONFIRM, cookie("step", outcome.token, same_site="Strict"))


@portal.get(CONFIRM, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
def show_confirm(visit: PortalVisit) -> Response:
    return _confirm_page(visit, 200)


@portal.post(CONFIRM, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
async def submit_confirm(visit: PortalVisit) -> Response:
    caller, form, token = visit.caller, visit.form(ProofForm), proof_token(visit)
    if token is None:
        return go(HOME)
    if form.do is Do.RESEND:
        return await caller.deps.run(send_again, token, caller, HOME, CONFIRM)
    outcome = await caller.deps.run(confirm_contact, token, typed_code(form.code), caller.session, caller.caller, caller.deps)
    if isinstance(outcome, Contact):
        return with_headers(go(f"{HOME}?done=waiting"), DROPPED_PROOF)
    if (gone := await session_over(caller)) is not None:
        return gone
    return await caller.deps.run(_confirm_page, visit, 401)


@portal.get(CANCEL, admits=Admission.TRADER, action=Action.CANCEL_CONTACT)
def show_cancel(visit: PortalVisit) -> Response:
    return _cancel_page(visit, 200)


@portal.post(CANCEL, admits=Admission.TRADER, action=Action.CANCEL_CONTACT)
async def submit_cancel(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    outcome = await cancel_contact(visit.part("contact"), form.current_password, caller.session, caller.caller, caller.deps)
    if isinstance(outcome, Contact):
        return go(f"{HOME}?done=cancelled")
    if (gone := await session_over(caller)) is not None:
        return gone
    return await caller.deps.run(_cancel_page, visit, 401, outcome)


def _home_page(caller: PortalCaller, status: int, **told: object) -> Response:
    return page(
        caller,
        "contacts.html",
        status,
        seen=see_contacts(caller.session, caller.deps),
        kinds=ContactKind,
        states=ContactState,
        mail=caller.deps.policies.mail,
        delay=caller.deps.policies.contacts.delay,
        quarantined_until=quarantine_end(caller),
        **({"typed": {}, "problem": {}, "done": "", "refused": False, "restricted": False} | told),
    )


def _wrong_page(caller: PortalCaller, form: ContactForm, problem: str) -> Response:
    return _home_page(caller, 422, typed={form.kind: form.address}, problem={form.kind: problem})


def _refused_page(caller: PortalCaller, form: ContactForm, restricted: bool) -> Response:
    return _home_page(caller, 401, typed={form.kind: form.address}, refused=not restricted, restricted=restricted)


def _approve_page(visit: PortalVisit, status: int) -> Response:
    caller, token = visit.caller, proof_token(visit)
    step = proof_step(token, Action.CHANGE_CONTACT, caller)
    packed = proposal_of(token, Action.CHANGE_CONTACT, caller.session, caller.deps) if token else None
    if step is None or not packed:
        return go(HOME)
    wanted = NewContact.unpacked(packed)
    shown = {"title": TITLES[wanted.kind], "back": HOME, "here": APPROVE, "sent": visit.request.query_params.get("sent") == "1"}
    return approve_page(caller, step, status, refused=status == 401, lines=[wanted.address], **shown)


def _confirm_page(visit: PortalVisit, status: int) -> Response:
    step = _contact_step(visit)
    if step is None:
        return go(HOME)
    shown = {"title": CONFIRM_TITLE, "back": HOME, "here": CONFIRM, "sent": visit.request.query_params.get("sent") == "1"}
    return approve_page(visit.caller, step, status, refused=status == 401, elsewhere=True, **shown)


def _contact_step(visit: PortalVisit) -> CodeStep | None:
    """The confirmation that this session began, and no other."""
    token, caller = proof_token(visit), visit.caller
    step = code_step(token, caller.deps) if token is not None else None
    if step is None or step.ceremony.purpose is not CeremonyPurpose.CONTACT:
        return None
    return step if step.ceremony.session == caller.session.session.id else None


def _cancel_page(visit: PortalVisit, status: int, refused: Refused | None = None) -> Response:
    caller = visit.caller
    contact = waiting_contact(caller.session, visit.part("contact"), caller.deps)
    masked = next((shown for one, shown in see_contacts(caller.session, caller.deps).waiting if one.id == contact.id), "")
    restricted = refused is not None and is_restricted(refused)
    told = {"refused": refused is not None and not restricted, "restricted": restricted}
    return page(caller, "contact_cancel.html", status, contact=contact, masked=masked, **told)
