"""`/v1/broker/events` and `/v1/broker/instructions`: judged, on disk, then answered (R13, R14; MONITORING.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import msgspec
from starlette.responses import Response

from sekisho.domain.instructions import Instruction, InstructionKind
from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.flows.claim_instruction import cancel_instruction, claim_instruction, see_instruction
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import KeptReasons, Outcome, Problem
from sekisho.flows.screen_instruction import GATE_REASONS, NewInstruction, screen_instruction
from sekisho.flows.take_events import KnownNames, Taken, id_of, take_events, tell_conflicts
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import Kind, SekishoError, unavailable
from sekisho.texts.catalogue import N_
from sekisho.web.broker import event_documents as d
from sekisho.web.broker.answers import BrokerVisit, answered, quietly
from sekisho.web.http.faults import refused_fields
from sekisho.web.http.json import as_shape
from sekisho.web.http.routes import Admission, Door

__all__ = ["event_routes", "instruction_routes"]

_FEW = 10  # events that are read without a thread of their own
PATIENCE = 5.0  # seconds that a commit may take
NEEDS: Mapping[str, tuple[str, ...]] = {
    "withdrawal": ("amount", "currency", "payee"),
    "bank_change": ("payee",),
    "order": ("symbol", "side", "quantity", "amount_jpy", "liquidity"),
}
_ABOUT = frozenset({"id", "kind", "account", "trader", "session", "address", "hash"})
NOT_NOW = N_("The instruction may not be carried out.")
IN_YEN = N_("In yen this is the same as the amount.")
OTHER_BODY = N_("An instruction of this id was sent before with another content.")
OTHER_EVENT = N_("An event of this id was sent before with another content.")
_reasons = msgspec.json.Decoder(KeptReasons).decode


def event_routes(door: Door, deps: Dependencies) -> None:
    names = KnownNames()

    @door.post("/v1/broker/events", admits=Admission.BROKER, action="events")
    async def send_events(visit: BrokerVisit) -> Response:
        """Send one event, or up to 1,000 at once; each is answered for itself, after the commit."""
        sent = visit.value()
        if _alone(sent):
            (outcome,) = await _taken([sent], visit, names, deps)
            return answered(_accepted(id_of(sent), outcome))
        events = as_shape(sent, d.EventBatch).events
        outcomes = await _taken(events, visit, names, deps)
        return answered(d.EventResults([_result(id_of(one), outcome) for one, outcome in zip(events, outcomes, strict=True)]))


def instruction_routes(door: Door, deps: Dependencies) -> None:
    @door.post("/v1/broker/instructions", admits=Admission.BROKER, action="instructions")
    async def ask_instruction(visit: BrokerVisit) -> Response:
        """Have a withdrawal, bank change or order judged before it is carried out."""
        asked, source = visit.json(d.InstructionRequest), visit.caller.key.client
        new = _new(asked, deps)
        with quietly():
            waiting = await deps.run(screen_instruction, new, source, deps.monitor, deps)
            (outcome,) = await settled(waiting)
        if isinstance(outcome, Problem):
            await deps.run(tell_conflicts, [outcome], visit.caller.actor, deps)
            raise SekishoError(Kind.CONFLICT, OTHER_BODY)
        assert outcome.instruction is not None  # the draft had one
        return answered(_answer(outcome.instruction, outcome.reasons))

    @door.get("/v1/broker/instructions/{instruction}", admits=Admission.BROKER, action="instructions")
    def show_instruction(visit: BrokerVisit) -> Response:
        """How an instruction stands."""
        with quietly():
            return answered(_answer(*see_instruction(visit.part("instruction"), visit.caller.key.client, deps)))

    @door.post("/v1/broker/instructions/{instruction}/execution", admits=Admission.BROKER, action="instructions")
    def claim(visit: BrokerVisit) -> Response:
        """Claim it, once, directly before it is carried out."""
        return _moved(claim_instruction(visit.part("instruction"), visit.json(d.ClaimRequest).hash, visit.caller.key.client, deps))

    @door.post("/v1/broker/instructions/{instruction}/cancellation", admits=Admission.BROKER, action="instructions")
    def give_up(visit: BrokerVisit) -> Response:
        """Give it up, before it is claimed."""
        why = visit.json(d.GivenUp).reason
        return _moved(cancel_instruction(visit.part("instruction"), visit.caller.key.client, why, deps))


def _alone(sent: object) -> bool:
    """One event by itself: a batch has neither."""
    return isinstance(sent, dict) and "events" not in sent and ("id" in sent or "kind" in sent)


async def _taken(events: list[dict[str, Any]], visit: BrokerVisit, names: KnownNames, deps: Dependencies) -> list[Outcome]:
    """What became of each, in their order, once it is on disk."""
    source = visit.caller.key.client
    with quietly():
        if len(events) <= _FEW and names.know(events):  # touches memory and the queue alone
            taken = take_events(events, source, names, deps)
        else:
            taken = await deps.run(take_events, events, source, names, deps)
        outcomes = await settled(taken.waiting) if taken.waiting is not None else []
    if any(isinstance(one, Problem) and one.conflict for one in outcomes):
        await deps.run(tell_conflicts, outcomes, visit.caller.actor, deps)
    return _in_order(taken, outcomes, len(events))


async def settled(waiting: Future[list[Outcome]]) -> list[Outcome]:
    """Once it is on disk. A commit that takes too long is answered 503; a repeat by the same id finds out what became of it."""
    try:
        return await asyncio.wait_for(asyncio.wrap_future(waiting), PATIENCE)
    except TimeoutError:
        raise unavailable("the event log takes too long") from None


def _in_order(taken: Taken, outcomes: list[Outcome], count: int) -> list[Outcome]:
    others = iter(outcomes)
    return [taken.problems[place] if place in taken.problems else next(others) for place in range(count)]


def _accepted(id_: str, outcome: Outcome) -> d.EventResult:
    """The answer to one event by itself, whose refusal is a problem of the request."""
    if isinstance(outcome, Problem):
        raise SekishoError(Kind.CONFLICT, OTHER_EVENT) if outcome.conflict else refused_fields({"event": outcome.detail}, "event")
    return _result(id_, outcome)


def _result(id_: str, outcome: Outcome) -> d.EventResult:
    """id_: exactly as it was sent; the sender knows no other."""
    if isinstance(outcome, Problem):
        return d.EventResult(id_, "refused", problem=outcome.detail)
    status = "duplicate" if outcome.again else "accepted"
    verdict = outcome.verdict.value if outcome.judged else ""
    return d.EventResult(id_, status, outcome.event.sequence, verdict, _whys(outcome.reasons))


def _whys(reasons: str) -> list[d.WhyCode]:
    return [d.WhyCode(one.code, one.en) for one in _reasons(reasons).reasons if one.counts]


def _answer(found: Instruction, reasons: str) -> d.InstructionAnswer:
    said = {one.code: one.text for one in _whys(reasons)}
    whys = [d.WhyCode(code, said.get(code) or GATE_REASONS.get(code, "")) for code in found.reasons]
    return d.InstructionAnswer(found.id, found.verdict, found.state.value, whys, found.expires)


def _moved(outcome: Instruction | Refused) -> Response:
    if isinstance(outcome, Refused):
        raise SekishoError(Kind.CONFLICT, NOT_NOW, outcome.reason)
    return answered(_answer(outcome, "{}"))


def _new(asked: d.InstructionRequest, deps: Dependencies) -> NewInstruction:
    told: dict[str, Any] = {name: getattr(asked, name) for name in asked.__struct_fields__ if name not in _ABOUT}
    details = {name: value for name, value in told.items() if value is not None}
    absent = [name for name in NEEDS[asked.kind] if one_spelling(str(details.get(name, ""))) == ""]
    if asked.kind == "withdrawal" and asked.currency != "JPY" and "amount_jpy" not in details:
        absent.append("amount_jpy")
    if absent:
        raise refused_fields({name: N_("This field is missing.") for name in absent}, asked.kind)
    if asked.currency == "JPY" and asked.amount is not None and asked.amount_jpy not in (None, asked.amount):
        raise refused_fields({"amount_jpy": IN_YEN}, asked.kind)
    kind = InstructionKind(asked.kind)
    return NewInstruction(asked.id, kind, asked.account, asked.trader, asked.session, details, asked.hash, deps.clock(), asked.address)
