"""Events enter the log: each once, in one order, judged before anybody is answered (R13, R14).

The owner of the log calls this in its own transaction, which holds the lease; nothing is answered before that has committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from sekisho.domain.instructions import Instruction
from sekisho.domain.monitoring.event import OWN_KINDS, MonitoredEvent
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.dispute_execution import EXECUTIONS
from sekisho.flows.ports.monitoring import Accepted, Draft, Judge, Judged, LoggedEvent, Outcome, Problem
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.screen_instruction import judged_instruction
from sekisho.kernel.times import to_ms

__all__ = ["Place", "as_accepted", "record_batch"]

FROM_THE_FUTURE = "its time lies in the future"
OTHER_BODY = "an event of this id was sent before with another body"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log ends. sequence: of its newest event. at: the newest `at`, in ms."""

    sequence: int
    at: int


def record_batch(
    drafts: Sequence[Draft], place: Place, judge: Judge, policy: MonitoringPolicy, zone: ZoneInfo, now: datetime, tx: Transaction
) -> tuple[list[Outcome], Place]:
    """What became of each draft, in their order, and where the log ends then."""
    if not drafts:
        return [], place
    known = tx.events.known([draft.event.id for draft in drafts])
    outlived = _outlived(drafts, known, tx)
    outcomes: list[Outcome] = []
    rows: list[LoggedEvent] = []
    for draft in _unless_frozen(drafts, tx):
        event = draft.event
        if (before := known.get(event.id)) is not None:
            outcomes.append(_again(before, draft, tx))
            continue
        if (kept := outlived.get(event.id)) is not None:
            outcomes.append(_after_its_event(kept, draft))
            continue
        if event.own_time > (latest := to_ms(now + policy.ahead)):
            if event.kind not in OWN_KINDS:
                outcomes.append(Problem(event.id, FROM_THE_FUTURE))
                continue
            event = msgspec.structs.replace(event, own_time=latest)  # it has happened; the clock of the node that saw it goes ahead
        event, place = as_accepted(event, place, zone, to_ms(now))
        accepted, row = _judge(draft, event, judge, policy, now, tx)
        known[event.id] = row
        rows.append(row)
        outcomes.append(accepted)
    tx.events.append(rows)
    return outcomes, place


def _unless_frozen(drafts: Sequence[Draft], tx: Transaction) -> list[Draft]:
    """Instructions of accounts that were frozen since their gate was asked are refused. The lock puts a freeze before them, or behind:
    then it finds them open, and cancels and tells them; never between (R13). So do executions lock: a No finds those that were told before
    it, and `dispute_late_executions` those behind it (R14)."""
    accounts = {draft.instruction.account for draft in drafts if draft.instruction is not None}
    told = {draft.event.account for draft in drafts if draft.event.account is not None and draft.event.kind in EXECUTIONS}
    locked = tx.accounts.lock_all(accounts | told) if accounts or told else []
    unfrozen = {account.id for account in locked if not account.frozen}
    return [_refused(draft) if draft.instruction is not None and draft.instruction.account not in unfrozen else draft for draft in drafts]


def _refused(draft: Draft) -> Draft:
    assert draft.instruction is not None
    reasons = dict.fromkeys(("account_frozen", *draft.instruction.reasons))
    return replace(draft, instruction=replace(draft.instruction, verdict=Verdict.REFUSE.value, reasons=tuple(reasons)))


def as_accepted(event: MonitoredEvent, place: Place, zone: ZoneInfo, now: int) -> tuple[MonitoredEvent, Place]:
    """With `at` and its number; and hour and weekday of its own time where the firm is. now: in ms; how late it is by the clock."""
    at, sequence = max(event.own_time, place.at), place.sequence + 1
    local = datetime.fromtimestamp(event.own_time / 1000, zone)
    accepted = msgspec.structs.replace(
        event, at=at, sequence=sequence, hour=local.hour, weekday=local.weekday(), lateness=max(0, max(at, now) - event.own_time) // 1000
    )
    return accepted, Place(sequence, at)


def _judge(
    draft: Draft, event: MonitoredEvent, judge: Judge, policy: MonitoringPolicy, now: datetime, tx: Transaction
) -> tuple[Accepted, LoggedEvent]:
    """An event that is too late is logged and not judged, and moves no window: the engine knows it by its lateness (R14)."""
    late = event.lateness > policy.latest.total_seconds()
    judged = judge.weigh(event)
    if late:
        judged = _NOT_JUDGED
    verdict, reasons, kept = judged.verdict, judged.reasons, None
    if draft.instruction is not None:
        kept = judged_instruction(draft.instruction, judged, event, policy, now)
        tx.instructions.add(kept)
        verdict = Verdict(kept.verdict)
    row = LoggedEvent(
        event=event,
        hash=draft.hash,
        rules=None if late else judge.rules,
        verdict=judged.verdict,
        points=judged.points,
        features=judged.row or None,
        reasons=reasons,
    )
    return Accepted(event, verdict, judged.points, reasons, not late, kept), row


_NOT_JUDGED = Judged(Verdict.ALLOW, 0, "{}", b"")


def _outlived(drafts: Sequence[Draft], known: Mapping[str, LoggedEvent], tx: Transaction) -> Mapping[str, Instruction]:
    """Instructions by event that are asked again when the log has forgotten their events: they are kept for longer."""
    asked = {one.instruction.reference: one.event.id for one in drafts if one.instruction is not None and one.event.id not in known}
    if not asked:
        return {}
    return {asked[reference]: kept for reference, kept in tx.instructions.by_reference(asked).items()}


def _after_its_event(kept: Instruction, draft: Draft) -> Outcome:
    """Its session is compared as its content is; the address went with the event, so the repeat is believed in that."""
    if draft.instruction is None or (kept.hash, kept.session) != (draft.instruction.hash, draft.instruction.session):
        return Problem(draft.event.id, OTHER_BODY, conflict=True)
    return Accepted(draft.event, Verdict(kept.verdict), 0, "{}", True, kept, again=True)


def _again(before: LoggedEvent, draft: Draft, tx: Transaction) -> Outcome:
    """The same id: the first answer if it was the same event, else a conflict (R14)."""
    if before.hash != draft.hash:
        return Problem(draft.event.id, OTHER_BODY, conflict=True)
    kept: Instruction | None = None
    if draft.instruction is not None:
        kept = tx.instructions.by_reference([draft.instruction.reference]).get(draft.instruction.reference)
    answer = Accepted(before.event, before.verdict, before.points, before.reasons, before.rules is not None, kept, again=True)
    return answer if kept is None else replace(answer, verdict=Verdict(kept.verdict))
