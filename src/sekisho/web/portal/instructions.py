"""Is this yours? Instructions that wait for the customer: Yes by a proof made for it, No with one factor (P7; R4, R13, J08, J16)."""

from __future__ import annotations

from starlette.responses import Response

from sekisho.domain.accounts import Account
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.flows.checkpoint import Action
from sekisho.flows.confirm_instruction import act_of, confirm_instruction, instruction_to_confirm, own_instruction, see_instructions
from sekisho.flows.dispute_instruction import dispute_instruction
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.web.http.routes import Admission
from sekisho.web.portal.answers import go, page
from sekisho.web.portal.caller import PortalCaller, PortalVisit
from sekisho.web.portal.code_page import Asked, CodePage, asked_for, finished
from sekisho.web.portal.declared import portal
from sekisho.web.portal.interim import quarantine_end
from sekisho.web.portal.proof import CurrentPasswordForm, begin_proof, session_over, told_refusal

__all__: list[str] = []

HOME = "/instructions"
ONE = HOME + "/{instruction}"
YES, CODE, NO = ONE + "/yes", ONE + "/yes/code", ONE + "/no"
TITLE = N_("Confirm an instruction")
STATES = {
    InstructionState.ALLOWED: ("good", N_("allowed")),
    InstructionState.CHALLENGED: ("care", N_("waits for your answer")),
    InstructionState.HELD: ("care", N_("held by us")),
    InstructionState.REFUSED: ("bad", N_("refused")),
    InstructionState.EXECUTING: ("good", N_("being carried out")),
    InstructionState.DISPUTED: ("bad", N_("you said No")),
    InstructionState.EXPIRED: ("info", N_("expired")),
    InstructionState.CANCELLED: ("info", N_("cancelled")),
}
CLOSED = {
    InstructionKind.WITHDRAWAL: N_("A withdrawal"),
    InstructionKind.BANK_CHANGE: N_("A change of the bank account"),
    InstructionKind.ORDER: N_("An order"),
}
"""All that is told of it outside the account's list of networks (R5)."""
DONE = {
    "yes": N_("Confirmed. Your broker carries it out now."),
    "no": N_("Thank you. It is stopped, the account is frozen, and your other logins have ended. Please call us, so that we can help you."),
}
GONE = N_("It can no longer be confirmed: its time is over, or its state has changed.")
SETTLED = N_("It is settled already, so there is nothing left to stop. If it was not yours, call us.")
_GONE_BY = frozenset(
    {
        Reason.INSTRUCTION_EXPIRED,
        Reason.INSTRUCTION_NOT_ALLOWED,
        Reason.ACCOUNT_FROZEN,
        Reason.SESSION_ENDED,  # the one in which it was given
        Reason.QUARANTINED,
        Reason.ADDRESS_REFUSED,
        Reason.ADDRESS_UNKNOWN,
    }
)


@portal.get(HOME, admits=Admission.TRADER, action=Action.SEE_INSTRUCTIONS)
def show_instructions(visit: PortalVisit) -> Response:
    caller = visit.caller
    shown = [(one, account, _act(caller, one, account)) for one, account in see_instructions(caller.session, caller.deps)]
    done = DONE.get(visit.request.query_params.get("done", ""), "")
    return page(caller, "instructions.html", shown=shown, states=STATES, open=InstructionState, done=done)


@portal.get(ONE, admits=Admission.TRADER, action=Action.SEE_INSTRUCTIONS)
def show_instruction(visit: PortalVisit) -> Response:
    return _one_page(visit, 200)


@portal.post(YES, admits=Admission.TRADER, action=Action.CONFIRM_INSTRUCTION)
async def submit_yes(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    found, account = await caller.deps.run(_to_confirm, visit)
    if found.state is not InstructionState.CHALLENGED:
        raise SekishoError(Kind.CONFLICT, GONE, found.state)
    text = act_of(found, account, Language(caller.session.trader.language), caller.deps)
    onward = CODE.format(instruction=found.id)
    begun = await begin_proof(caller, Action.CONFIRM_INSTRUCTION, text, form.current_password, onward, found.id)
    return await caller.deps.run(_one_page, visit, 401, begun) if isinstance(begun, Refused) else begun


@portal.get(CODE, admits=Admission.TRADER, action=Action.CONFIRM_INSTRUCTION)
def show_code(visit: PortalVisit) -> Response:
    return _code_page(_to_confirm(visit)[0]).show(visit)


@portal.post(CODE, admits=Admission.TRADER, action=Action.CONFIRM_INSTRUCTION)
async def submit_code(visit: PortalVisit) -> Response:
    caller = visit.caller
    found, _ = await caller.deps.run(_to_confirm, visit)
    code_page = _code_page(found)
    outcome = await code_page.typed(visit, lambda token, code: confirm_instruction(token, code, caller.session, caller.caller, caller.deps))
    if isinstance(outcome, Response):
        return outcome
    if isinstance(outcome, Instruction):
        return finished(f"{HOME}?done=yes")
    if outcome.reason in _GONE_BY:
        raise SekishoError(Kind.CONFLICT, GONE, outcome.reason)
    return await code_page.refused(visit)


@portal.post(NO, admits=Admission.TRADER, action=Action.DISPUTE_INSTRUCTION)
async def submit_no(visit: PortalVisit) -> Response:
    caller, form = visit.caller, visit.form(CurrentPasswordForm)
    outcome = await dispute_instruction(visit.part("instruction"), form.current_password, caller.session, caller.caller, caller.deps)
    if isinstance(outcome, Instruction):
        return go(f"{HOME}?done=no")
    if outcome.reason is Reason.INSTRUCTION_NOT_ALLOWED:
        raise SekishoError(Kind.CONFLICT, SETTLED, outcome.reason)
    if (gone := await session_over(caller)) is not None:
        return gone
    return await caller.deps.run(_one_page, visit, 401, outcome)


def _to_confirm(visit: PortalVisit) -> tuple[Instruction, Account]:
    return instruction_to_confirm(visit.caller.session, visit.part("instruction"), visit.caller.deps)


def _act(caller: PortalCaller, found: Instruction, account: Account | None) -> str:
    language = Language(caller.exchange.language)
    return act_of(found, account, language, caller.deps) if account else translator(language).gettext(CLOSED[found.kind])


def _one_page(visit: PortalVisit, status: int, refused: Refused | None = None) -> Response:
    caller = visit.caller
    found, account = own_instruction(caller.session, visit.part("instruction"), caller.deps)
    return page(
        caller,
        "instruction.html",
        status,
        one=found,
        account=account,
        act=_act(caller, found, account),
        state=STATES[found.state],
        states=InstructionState,
        kinds=InstructionKind,
        may_dispute=not found.dispute_admits(caller.deps.clock()).refused,
        quarantined_until=quarantine_end(caller),
        **told_refusal(refused),
    )


def _code_page(one: Instruction) -> CodePage:
    """Only for the proof that was made for this very instruction."""

    def asked(visit: PortalVisit) -> Asked | None:
        found = asked_for(visit, Action.CONFIRM_INSTRUCTION)
        return Asked(found[0], TITLE) if found and found[1] == one.id else None

    return CodePage(ONE.format(instruction=one.id), CODE.format(instruction=one.id), asked)
