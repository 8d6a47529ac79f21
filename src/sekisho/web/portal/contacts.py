"""Where the trader's messages go, and changing it: password, a code to the registered phone, a code to the new address (R4, R10; J14)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.flows.change_contact import NewContact, confirm_contact, name_contact, wanted_contact
from sekisho.flows.checkpoint import Action
from sekisho.flows.see_contacts import see_contacts
from sekisho.flows.send_code import send_code
from sekisho.flows.settle_contact import cancel_contact, waiting_contact
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_
from sekisho.web.http.cookies import cookie
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.code_page import Asked, CodePage, asked_for, asked_of_contact, finished
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.proof import CurrentPasswordForm, begin_proof, session_over, told_refusal

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
    return await caller.deps.run(_refused_page, caller, form, begun)


@portal.get(APPROVE, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
def show_approve(visit: PortalVisit) -> Response:
    return APPROVAL.show(visit)


@portal.post(APPROVE, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
async def submit_approve(visit: PortalVisit) -> Response:
    """The step-up is spent; from now on the cookie holds the ceremony whose code goes to the new address."""
    caller = visit.caller
    outcome = await APPROVAL.typed(visit, lambda token, code: name_contact(token, code, caller.session, caller.caller, caller.deps))
    if isinstance(outcome, Response):
        return outcome
    if isinstance(outcome, Refused):
        return await APPROVAL.refused(visit)
    await caller.deps.run(send_code, outcome.token, caller.caller, caller.deps)
    return go(CONFIRM, cookie("step", outcome.token, same_site="Strict"))


@portal.get(CONFIRM, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
def show_confirm(visit: PortalVisit) -> Response:
    return CONFIRMATION.show(visit)


@portal.post(CONFIRM, admits=Admission.TRADER, action=Action.CHANGE_CONTACT)
async def submit_confirm(visit: PortalVisit) -> Response:
    caller = visit.caller
    outcome = await CONFIRMATION.typed(visit, lambda token, code: confirm_contact(token, code, caller.session, caller.caller, caller.deps))
    if isinstance(outcome, Response):
        return outcome
    return finished(f"{HOME}?done=waiting") if isinstance(outcome, Contact) else await CONFIRMATION.refused(visit)


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


def _refused_page(caller: PortalCaller, form: ContactForm, refused: Refused) -> Response:
    return _home_page(caller, 401, typed={form.kind: form.address}, **told_refusal(refused))


def _approval(visit: PortalVisit) -> Asked | None:
    found = asked_for(visit, Action.CHANGE_CONTACT)
    if found is None or not found[1]:
        return None
    wanted = NewContact.unpacked(found[1])
    return Asked(found[0], TITLES[wanted.kind], [wanted.address])


def _confirmation(visit: PortalVisit) -> Asked | None:
    step = asked_of_contact(visit)
    return None if step is None else Asked(step, CONFIRM_TITLE, elsewhere=True)


def _cancel_page(visit: PortalVisit, status: int, refused: Refused | None = None) -> Response:
    caller = visit.caller
    contact = waiting_contact(caller.session, visit.part("contact"), caller.deps)
    masked = next((shown for one, shown in see_contacts(caller.session, caller.deps).waiting if one.id == contact.id), "")
    return page(caller, "contact_cancel.html", status, contact=contact, masked=masked, **told_refusal(refused))


APPROVAL = CodePage(HOME, APPROVE, _approval)
CONFIRMATION = CodePage(HOME, CONFIRM, _confirmation)
