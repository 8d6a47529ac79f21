"""Allowed networks: who may log in from where, changed with a dry run and a proof (P3, R4, R5; I20-I25)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response

from sekisho.domain.ip_restrictions import Change, written_entries
from sekisho.flows.address_lists import ListKind
from sekisho.flows.cancel_restriction import cancel_change, take_back
from sekisho.flows.checkpoint import Action
from sekisho.flows.restrict_addresses import DryRun, Proposal, act_text, dry_run, finish_restricting, guarded_list, see_lists
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import N_
from sekisho.web.http.forms import Lines
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page, refusal_page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.code_page import Asked, CodePage, asked_for, finished
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.login import NOTHING_TYPED
from sekisho.web.portal.proof import CurrentPasswordForm, begin_proof, session_over, told_refusal

__all__: list[str] = []

HOME = "/security/networks"
LIST = HOME + "/{owner}"
CONFIRM, CANCEL, TAKE_BACK = LIST + "/confirm", LIST + "/cancel", LIST + "/take-back"
TITLE = N_("Allowed networks")
NO_LINES = Lines("")
MOST_SHOWN = 20  # logins of a dry run
DONE = {
    "changed": N_("The list is changed."),
    "waiting": N_("The list is changed. What it newly allows takes effect when the waiting time is over."),
    "cancelled": N_("The waiting change is cancelled."),
    "taken-back": N_("The restriction is taken back."),
}
CHANGED_MEANWHILE = N_("Somebody else has changed this list meanwhile. Look at it as it is now, and begin again.")


class Step(StrEnum):
    """The button pressed on the page of a list."""

    TRY = ""
    BEGIN = "begin"


@dataclass(frozen=True, slots=True)
class ListForm:
    """version: of the list that the page showed. current_password: only with the last button."""

    version: int
    networks: Lines = NO_LINES
    current_password: Secret = NOTHING_TYPED
    do: Step = Step.TRY


@portal.get(HOME, admits=Admission.TRADER, action=Action.SEE_ADDRESS_LISTS)
def show_lists(visit: PortalVisit) -> Response:
    caller = visit.caller
    lists = see_lists(caller.session, caller.deps)
    return page(
        caller,
        "networks.html",
        lists=lists,
        own=caller.session.addresses,
        own_listed=any(guarded.id == caller.session.trader.id for guarded, _ in lists),
        present=caller.session.address,
        kinds=ListKind,
        delay=caller.deps.policies.ip_restrictions.delay,
        quarantined_until=quarantine_end(caller),
        done=DONE.get(visit.request.query_params.get("done", ""), ""),
    )


@portal.get(LIST, admits=Admission.TRADER, action=Action.RESTRICT_ADDRESSES)
def show_list(visit: PortalVisit) -> Response:
    caller = visit.caller
    guarded, kept = guarded_list(caller.session, visit.part("owner"), caller.deps)
    stands = kept.entries if kept.pending is None else kept.pending
    text = written_entries(stands, caller.deps.policies.firm.time_zone)
    return _list_page(caller, Proposal(guarded.id, kept.version, text), 200)


@portal.post(LIST, admits=Admission.TRADER, action=Action.RESTRICT_ADDRESSES)
async def submit_list(visit: PortalVisit) -> Response:
    """First the dry run, on the same page; then, with the password, the proof begins."""
    caller, form = visit.caller, visit.form(ListForm)
    proposal = Proposal(visit.part("owner"), form.version, str(form.networks))
    if form.do is Step.TRY or not form.current_password:
        return await caller.deps.run(_tried_page, caller, proposal)
    try:
        text = await caller.deps.run(act_text, caller.session, proposal, caller.deps)
    except SekishoError as error:
        if error.kind not in (Kind.INVALID, Kind.CONFLICT):
            raise
        return await caller.deps.run(_tried_page, caller, proposal)
    if isinstance(text, Refused):
        return refusal_page(caller, text)
    onward = CONFIRM.format(owner=proposal.owner)
    begun = await begin_proof(caller, Action.RESTRICT_ADDRESSES, text, form.current_password, onward, proposal.packed())
    if isinstance(begun, Refused):
        return await caller.deps.run(_tried_page, caller, proposal, begun)
    return begun


@portal.get(CONFIRM, admits=Admission.TRADER, action=Action.RESTRICT_ADDRESSES)
def show_confirm(visit: PortalVisit) -> Response:
    return _code_page(_owner(visit)).show(visit)


@portal.post(CONFIRM, admits=Admission.TRADER, action=Action.RESTRICT_ADDRESSES)
async def submit_confirm(visit: PortalVisit) -> Response:
    caller = visit.caller
    code_page = _code_page(await caller.deps.run(_owner, visit))
    outcome = await code_page.typed(visit, lambda token, code: finish_restricting(token, code, caller.session, caller.caller, caller.deps))
    if isinstance(outcome, Response):
        return outcome
    if isinstance(outcome, Change):
        return finished(f"{HOME}?done={'waiting' if outcome.allows else 'changed'}")
    if outcome.reason in (Reason.STATE_CHANGED, Reason.MANDATE_MISSING):
        raise SekishoError(Kind.CONFLICT, CHANGED_MEANWHILE)
    return await code_page.refused(visit)


def _owner(visit: PortalVisit) -> str:
    """Whose list it is; raises MISSING where it is not his to change."""
    owner = visit.part("owner")
    guarded_list(visit.caller.session, owner, visit.caller.deps)
    return owner


@portal.get(CANCEL, admits=Admission.TRADER, action=Action.CANCEL_RESTRICTION)
def show_cancel(visit: PortalVisit) -> Response:
    return _undo_page(visit, "cancel", 200)


@portal.post(CANCEL, admits=Admission.TRADER, action=Action.CANCEL_RESTRICTION)
async def submit_cancel(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    outcome = await cancel_change(visit.part("owner"), form.current_password, caller.session, caller.caller, caller.deps)
    return await _undone(visit, outcome, "cancel", "cancelled")


@portal.get(TAKE_BACK, admits=Admission.TRADER, action=Action.TAKE_BACK_RESTRICTION)
def show_take_back(visit: PortalVisit) -> Response:
    return _undo_page(visit, "take-back", 200)


@portal.post(TAKE_BACK, admits=Admission.TRADER, action=Action.TAKE_BACK_RESTRICTION)
async def submit_take_back(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    outcome = await take_back(visit.part("owner"), form.current_password, caller.session, caller.caller, caller.deps)
    return await _undone(visit, outcome, "take-back", "taken-back")


async def _undone(visit: PortalVisit, outcome: object, act: str, done: str) -> Response:
    if not isinstance(outcome, Refused):
        return go(f"{HOME}?done={done}")
    if outcome.reason in (Reason.STATE_CHANGED, Reason.MANDATE_MISSING):
        raise SekishoError(Kind.CONFLICT, CHANGED_MEANWHILE)
    if (gone := await session_over(visit.caller)) is not None:
        return gone
    return await visit.caller.deps.run(_undo_page, visit, act, 401, outcome)


def _undo_page(visit: PortalVisit, act: str, status: int, refused: Refused | None = None) -> Response:
    guarded, kept = guarded_list(visit.caller.session, visit.part("owner"), visit.caller.deps)
    return page(visit.caller, "networks_undo.html", status, guarded=guarded, kept=kept, act=act, **told_refusal(refused))


def _tried_page(caller: PortalCaller, proposal: Proposal, refused: Refused | None = None) -> Response:
    """What the change would do; 422 where a line cannot be read, 409 where the list has moved on."""
    try:
        tried = dry_run(caller.session, proposal, caller.deps)
    except SekishoError as error:
        if error.kind is not Kind.INVALID:
            raise
        return _list_page(caller, proposal, 422, problem=error.public_message)
    status = 422 if tried.reading.problems else 401 if refused else 200
    return _list_page(caller, proposal, status, tried=tried, refused=refused)


def _list_page(
    caller: PortalCaller,
    proposal: Proposal,
    status: int,
    *,
    tried: DryRun | None = None,
    problem: str = "",
    refused: Refused | None = None,
) -> Response:
    guarded, kept = guarded_list(caller.session, proposal.owner, caller.deps)
    moved = kept.version != proposal.version
    return page(
        caller,
        "networks_list.html",
        409 if moved else status,
        guarded=guarded,
        kept=kept,
        text=proposal.text,
        version=kept.version,
        moved=moved,
        tried=tried,
        most_shown=MOST_SHOWN,
        problem=problem,
        **told_refusal(refused),
        present=caller.session.address,
        own=guarded.id == caller.session.trader.id,
        kinds=ListKind,
        policy=caller.deps.policies.ip_restrictions,
        quarantined_until=quarantine_end(caller),
    )


def _code_page(owner: str) -> CodePage:
    """Only for the proof that was made for this very list."""

    def asked(visit: PortalVisit) -> Asked | None:
        found = asked_for(visit, Action.RESTRICT_ADDRESSES)
        proposal = Proposal.unpacked(found[1]) if found else None
        if found is None or proposal is None or proposal.owner != owner:
            return None
        return Asked(found[0], TITLE, proposal.text.splitlines())

    return CodePage(LIST.format(owner=owner), CONFIRM.format(owner=owner), asked)
