"""Sending a security code for a ceremony: a login, a step-up, an activation or a new address (P1, R3, R4; N22-N27).

Whatever stands against it (a dead ceremony, a restricted lane, too many sends, a country not served), the answer is as ever and nothing
is sent; the reason is in the audit entry. A code that cannot leave because the gateway is down stays in the outbox and burns no try.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.domain.authentication.codes import SecurityCode
from sekisho.domain.sessions import Channel
from sekisho.flows import checkpoint
from sekisho.flows.caller import Caller
from sekisho.flows.count_attempt import lane_admits
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.destinations import Destination, destination_of, shown_destination
from sekisho.flows.found_by import found_by
from sekisho.flows.notify import queue_code
from sekisho.flows.ports.delivery import MessageState, Posting
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.kernel.decision import Decision, Reason, Refused
from sekisho.kernel.events import Event, EventKind
from sekisho.kernel.secrets import Secret, new_digits, same_as_any

__all__ = ["CodeStep", "ceremony_of", "code_step", "own_door", "restricted_since", "send_code"]

PROMPT = timedelta(seconds=5)
_TOO_MANY = frozenset({Reason.SENDS_EXHAUSTED, Reason.FIRM_SENDS_EXHAUSTED})  # the code sent before stays good


@dataclass(frozen=True, slots=True)
class CodeStep:
    """What the page of the second step shows. tries_left and expires: of the code last asked for, as if it had been sent.

    masked: where the code goes, as pages show it. delayed: it did not leave yet; it is tried again by itself, and no try is burnt.
    withheld: none was sent, told to who is logged in alone; at a login the answer is as ever (R1).
    """

    ceremony: Ceremony
    masked: str
    expires: datetime | None
    tries_left: int
    delayed: bool = False
    withheld: bool = False


def send_code(token: Secret, caller: Caller, deps: Dependencies) -> CodeStep | Refused:
    """A fresh code to the phone or the new address, and the one before is void; unless it is one too many, then that stays good.

    Refused only when there is no such ceremony.
    """
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = ceremony_of(token, tx, deps)
        record = tx.traders.lock(ceremony.trader) if ceremony else None  # sends are counted one by one
        if ceremony is None or record is None or not own_door(ceremony, caller):
            return Refused(Reason.LOGIN_DEAD)
        destination = destination_of(ceremony, record, now, tx, deps.keyring)
        decision = _may_send(ceremony, record, destination, caller, now, tx, deps)
        digits = new_digits(deps.policies.codes.digits)
        stands = ceremony.code is not None and isinstance(decision, Refused) and decision.reason in _TOO_MANY
        ceremony = ceremony.with_code(_code(ceremony, digits, now, deps))
        if not stands:  # a withheld code is kept like one that was sent, so that the page drawn again looks alike; nobody knows it
            tx.ceremonies.save(ceremony)
        kind, reason = EventKind.CODE_SENT, None
        if isinstance(decision, Refused):
            kind, reason = EventKind.CODE_WITHHELD, decision.reason
        elif destination is not None:
            tx.sends.record(ceremony.trader, ceremony.lane, now)
            queue_code(ceremony, record.trader, destination, digits, caller.host, now, tx, deps)
        facts = {"ceremony": ceremony.id, "purpose": ceremony.purpose.value, "lane": ceremony.lane}
        tx.audit.append(Event(kind, trader=ceremony.trader, reason=reason, facts=dict(facts)), now)
        step = _step(ceremony, record, tx, deps)
    deps.outbox_ready()
    deps.observer.code(reason or "sent")
    return step


def code_step(token: Secret, deps: Dependencies) -> CodeStep | None:
    """What the page shows when it is drawn again; None when there is no such ceremony."""
    with deps.storage.reading() as tx:
        ceremony = found_by(token, tx.ceremonies.by_token, deps.keyring)
        record = tx.traders.get(ceremony.trader) if ceremony else None
        if ceremony is None or record is None:
            return None
        posting = tx.outbox.newest(ceremony.trader, f"code.{ceremony.purpose.value}")
        carries = posting is not None and ceremony.code is not None and posting.created == ceremony.code.sent
        delayed = carries and posting is not None and _is_delayed(posting, deps.clock())
        withheld = ceremony.session is not None and ceremony.code is not None and ceremony.code.used is None and not carries
        return replace(_step(ceremony, record, tx, deps), delayed=delayed, withheld=withheld)


def _is_delayed(posting: Posting, now: datetime) -> bool:
    """A try failed, or nobody has taken the message for some seconds."""
    waiting = posting.state is MessageState.WAITING
    return posting.state is MessageState.DEAD or (waiting and (posting.reason != "" or now - posting.created > PROMPT))


def ceremony_of(token: Secret, tx: Transaction, deps: Dependencies) -> Ceremony | None:
    return found_by(token, tx.ceremonies.lock_by_token, deps.keyring)


def own_door(ceremony: Ceremony, caller: Caller) -> bool:
    """A ceremony goes on at the door where it began: the portal's by cookie, a program's by its token (R4)."""
    return Channel(ceremony.channel).is_program is caller.channel.is_program


def restricted_since(ceremony: Ceremony, tx: Transaction) -> bool:
    """A ceremony dies for good when its own trader × authenticator × lane is restricted after it began (R1)."""
    attempts, _ = tx.lockouts.read(ceremony.phone, ceremony.lane)
    return attempts.restriction is not None and attempts.restriction.since >= ceremony.started


def _may_send(
    ceremony: Ceremony,
    record: LoginRecord,
    destination: Destination | None,
    caller: Caller,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
) -> Decision:
    activating = ceremony.purpose is CeremonyPurpose.ACTIVATION
    for decision in (
        ceremony.admits(record.trader.gate_version, now),
        _from_there(record, caller, now) if activating else checkpoint.login_admits(record, caller.address, now),
    ):
        if decision.refused:
            return decision
    if destination is None:
        return Refused(Reason.AUTHENTICATOR_DISABLED)
    if restricted_since(ceremony, tx):
        return Refused(Reason.LOGIN_DEAD)
    restricted = lane_admits(ceremony.phone, ceremony.lane, now, tx, deps)
    if restricted.refused:
        return restricted
    sends = tx.sends.times(ceremony.trader, ceremony.lane, now - timedelta(hours=24))
    firm = tx.sends.firm_count(now - timedelta(hours=1))
    return deps.policies.sends.admits(sends, firm, destination.country, now)


def _from_there(record: LoginRecord, caller: Caller, now: datetime) -> Decision:
    return checkpoint.address_admits(record.addresses, record.trader.id, caller.address, now)


def _code(ceremony: Ceremony, digits: Secret, now: datetime, deps: Dependencies) -> SecurityCode:
    policy = deps.policies.codes
    life = policy.proof_life if ceremony.purpose is CeremonyPurpose.STEP_UP else policy.life
    return SecurityCode(deps.keyring.keyed_hash(Purpose.CODES, _bound(ceremony, digits)), now, now + life, policy.tries)


def is_code(code: SecurityCode, ceremony: Ceremony, digits: Secret, deps: Dependencies) -> bool:
    return same_as_any(code.hash, deps.keyring.keyed_hashes(Purpose.CODES, _bound(ceremony, digits)))


def _bound(ceremony: Ceremony, digits: Secret) -> str:
    """To the ceremony, its purpose and the text of its action: no other one takes this code."""
    return f"{ceremony.code_context()}|{digits.reveal()}"


def _step(ceremony: Ceremony, record: LoginRecord, tx: Transaction, deps: Dependencies) -> CodeStep:
    """The same for a living and a dead ceremony, and for a phone that works and one that does not."""
    masked = shown_destination(ceremony, record, tx, deps.keyring)
    code = ceremony.code
    tries = code.tries_left if code else deps.policies.codes.tries
    return CodeStep(ceremony, masked, code.expires if code else None, tries)
