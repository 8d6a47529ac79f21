"""A fresh proof for one action: the password and a code made for it (R4, J04, J08, V7.5).

The ceremony carries the action and its text as the page and the message show it; the code is bound to both. The login's own code never
serves. Five failed proofs end the session. The proof is spent by the action, in the action's own commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.flows.begin_ceremony import Approval, Begun, begin_ceremony
from sekisho.flows.caller import Caller
from sekisho.flows.check_code import check_code, may_check
from sekisho.flows.checkpoint import Action
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.prove_password import fail_proof, lane_of, prove_password, session_admits
from sekisho.flows.send_code import ceremony_of
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["Approval", "Proven", "begin_step_up", "proposal_of", "refuse_early", "spend_proof"]


@dataclass(frozen=True, slots=True)
class Proven:
    """record: the trader's locked row, for the action to change. proposal: what he approved, for the action to carry out."""

    record: LoginRecord
    proposal: str


async def begin_step_up(
    action: Action, text: str, password: Secret, live: LiveSession, caller: Caller, deps: Dependencies, proposal: str = ""
) -> Begun | Refused:
    """First half of the proof: the password. text: what is being approved, in words; proposal: the same in full (see Approval)."""

    def start(record: LoginRecord, now: datetime, tx: Transaction) -> Begun:
        life = deps.policies.codes.proof_life  # so a proof is never older than that when its action runs (R4: 5 min)
        approval = Approval(action.value, text, live.session.id, proposal)
        lane = lane_of(live.session)
        begun = begin_ceremony(CeremonyPurpose.STEP_UP, record, lane, life, caller, now, tx, deps, approval)
        facts: dict[str, Fact] = {"ceremony": begun.ceremony.id, "action": action, "session": live.session.id}
        tx.audit.append(Event(EventKind.STEP_UP_STARTED, actor=record.trader.id, trader=record.trader.id, facts=facts), now)
        return begun

    return await prove_password(action, password, live, caller, deps, start)


def spend_proof(
    token: Secret, digits: Secret, action: Action, live: LiveSession, now: datetime, tx: Transaction, deps: Dependencies
) -> Proven | Refused:
    """Second half: the code. On success the proof is spent: it allows what follows in this commit, once."""
    ceremony = ceremony_of(token, tx, deps)
    record = tx.traders.lock(live.trader.id)
    if ceremony is None or record is None:
        return Refused(Reason.STEP_UP_NEEDED)
    decision = _fits(ceremony, action, live)
    if not decision.refused:
        decision = session_admits(action, live, record, now, tx)
    if not decision.refused:
        decision = check_code(ceremony, record, digits, live.address, now, tx, deps)
    if isinstance(decision, Refused):
        fail_proof(action, decision, live, now, tx)
        return decision
    tx.ceremonies.save(ceremony.completed(now))
    facts: dict[str, Fact] = {"ceremony": ceremony.id, "action": action, "text": ceremony.action_text}
    tx.audit.append(Event(EventKind.STEP_UP_COMPLETED, actor=record.trader.id, trader=record.trader.id, facts=facts), now)
    return Proven(record, _opened(ceremony, deps))


def refuse_early(token: Secret, digits: Secret, action: Action, live: LiveSession, deps: Dependencies) -> Refused | None:
    """Before anything slow is done for a proof: refused, as by `spend_proof`, when no code could complete it (R1).

    Else a stolen session alone could have passwords compared, without a living proof that pays for each.
    """
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = ceremony_of(token, tx, deps)
        record = tx.traders.lock(live.trader.id)
        fits = ceremony is not None and record is not None and not _fits(ceremony, action, live).refused
        if fits and ceremony and record and not may_check(ceremony, record, live.address, now, tx, deps).refused:
            return None
        outcome = spend_proof(token, digits, action, live, now, tx, deps)
        assert isinstance(outcome, Refused)  # the rows are locked: what could not be checked a line above is not now
        return outcome


def proposal_of(token: Secret, action: Action, live: LiveSession, deps: Dependencies) -> str | None:
    """What this session asked to have approved, for the page that shows it again; None without such a ceremony."""
    with deps.storage.reading() as tx:
        ceremony = found_by(token, tx.ceremonies.by_token, deps.keyring)
    return None if ceremony is None or _fits(ceremony, action, live).refused else _opened(ceremony, deps)


def _opened(ceremony: Ceremony, deps: Dependencies) -> str:
    return deps.keyring.open(Purpose.FIELDS, ceremony.proposal, ceremony.id) if ceremony.proposal else ""


def _fits(ceremony: Ceremony, action: Action, live: LiveSession) -> Decision:
    """Made for this action, by this session; no other proof will do."""
    fits = ceremony.purpose is CeremonyPurpose.STEP_UP and ceremony.action == action and ceremony.session == live.session.id
    return Allowed() if fits else Refused(Reason.STEP_UP_NEEDED)
