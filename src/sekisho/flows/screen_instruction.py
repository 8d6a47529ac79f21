"""An instruction is judged before it is executed: by the gate, then by the rules; the sterner counts (R4, R13, J02, J03, J16)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.accounts import Trader
from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import Detail, hash_of
from sekisho.domain.monitoring.event import KINDS, MonitoredEvent
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.spelling import spelt
from sekisho.domain.monitoring.verdict import Verdict, sternest
from sekisho.flows.checkpoint import address_admits
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.instruction_gate import party_admits, quarantine_admits
from sekisho.flows.own_events import placed
from sekisho.flows.ports.monitoring import Draft, Judged, Monitor, Outcome
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.addresses import parse_address
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import invalid
from sekisho.kernel.ids import new_id
from sekisho.kernel.times import to_ms
from sekisho.texts.catalogue import N_

__all__ = ["GATE_REASONS", "NewInstruction", "judged_instruction", "life_of", "screen_instruction"]

STATES = {
    Verdict.ALLOW: InstructionState.ALLOWED,
    Verdict.CHALLENGE: InstructionState.CHALLENGED,
    Verdict.HOLD: InstructionState.HELD,
    Verdict.REFUSE: InstructionState.REFUSED,
}
EVENT_KINDS = {
    InstructionKind.WITHDRAWAL: "withdrawal.requested",
    InstructionKind.BANK_CHANGE: "bank_account.change_requested",
    InstructionKind.ORDER: "order.placed",
}
STEP_UP = "step_up_needed"  # withdrawals and bank changes always need a proof made for them (R4, J02, J03)
ANSWER_TIME = timedelta(minutes=15)  # a challenged one waits so long for the trader
HOLD_TIME = timedelta(hours=72)  # a held one for people

GATE_REASONS = {
    STEP_UP: N_("Withdrawals and changes of the bank account need a confirmation by the customer."),
    "account_frozen": N_("The account is frozen."),
    "trader_stopped": N_("The trader's login is suspended, frozen or not activated."),
    "password_change_needed": N_("The trader has to change the password first: somebody else may know it."),
    "mandate_missing": N_("The trader has no mandate for this on that account."),
    "session_over": N_("The session is over, or is not this trader's."),
    "address_refused": N_("The session comes from a network that is not on the account's list."),
    "address_unknown": N_("The account has a list of allowed networks: name the customer's session or address, and ask anew."),
    "quarantined": N_("The login is new: for its first day nothing may leave the account."),
}
"""What the gate's reasons mean, for the broker's people."""

_TRADER_STOPPED = dict.fromkeys((Reason.TRADER_FROZEN, Reason.TRADER_SUSPENDED, Reason.NOT_ACTIVATED), "trader_stopped")
_COLUMNS = frozenset({"amount", "currency", "amount_jpy", "symbol", "liquidity", "side", "quantity", "payee"})


@dataclass(frozen=True, slots=True)
class NewInstruction:
    """As the broker sends it. reference: his own name of it. account: its number. trader: the username. hash: what he computed himself.

    address: from where the customer gave it, where the broker knows; a session may have moved since its login.
    """

    reference: str
    kind: InstructionKind
    account: str
    trader: str
    session: str | None
    details: Mapping[str, Detail]
    hash: str
    time: datetime
    address: str | None = None


def screen_instruction(new: NewInstruction, source: str, monitor: Monitor, deps: Dependencies) -> Future[list[Outcome]]:
    """Answered when it is judged and on disk. source: the key that sent it, part of what makes a repeat one.

    Raises INVALID for an unknown account or trader, or a hash that is not that of the instruction; UNAVAILABLE and BUSY as `Monitor`.
    """
    if hash_of(new.kind, new.account, new.trader, new.details) != new.hash:
        raise invalid("The hash is not that of this instruction.", "hash", hash="The hash is not that of this instruction.")
    if new.address is not None and parse_address(new.address) is None:
        raise invalid("This is no IP address.", "address", address="This is no IP address.")
    now = deps.clock()
    with deps.storage.reading() as tx:
        account, record = tx.accounts.by_number(new.account), tx.traders.by_username(new.trader)
        if account is None:
            raise invalid("There is no account of that number.", "account", account="There is no account of that number.")
        if record is None:
            raise invalid("There is no trader of that name.", "trader", trader="There is no trader of that name.")
        gate = _gate(new, account.id, record.trader, now, tx)
        origin = _origin(new, tx)
    event = _event(new, source, account.id, record.trader.id, origin)
    instruction = Instruction(
        id=new_id("ins", now),
        reference=f"{source}:{new.reference}",
        kind=new.kind,
        account=account.id,
        trader=record.trader.id,
        session=new.session,
        hash=new.hash,
        details=dict(new.details),
        state=InstructionState.REFUSED,  # until the rules have spoken
        verdict=gate[0].value,
        reasons=gate[1],
        event=event.id,
        received=now,
        expires=now,
    )
    return monitor.submit([Draft(placed(spelt(event), deps.geodata), _body_hash(new), instruction)])


def _body_hash(new: NewInstruction) -> str:
    """What makes a repeat the same. No name holds a line's end, so no session and address read as another session and address."""
    return "\n".join((new.hash, new.session or "", new.address or ""))


def judged_instruction(
    instruction: Instruction, judged: Judged, event: MonitoredEvent, policy: MonitoringPolicy, now: datetime
) -> Instruction:
    """With the sterner of what gate and rules say, its state, and until when that holds."""
    verdict = sternest((Verdict(instruction.verdict), judged.verdict))
    waits = {Verdict.CHALLENGE: ANSWER_TIME, Verdict.HOLD: HOLD_TIME}.get(verdict, life_of(instruction.kind, policy))
    return replace(
        instruction,
        verdict=verdict.value,
        state=STATES[verdict],
        reasons=tuple(dict.fromkeys((*instruction.reasons, *judged.codes))),
        event=event.id,
        expires=now + waits,
    )


def life_of(kind: InstructionKind, policy: MonitoringPolicy) -> timedelta:
    """How long a clear yes holds, by the rules or by the customer (R13)."""
    return policy.order_life if kind is InstructionKind.ORDER else policy.instruction_life


def _gate(new: NewInstruction, account_id: str, trader: Trader, now: datetime, tx: Transaction) -> tuple[Verdict, tuple[str, ...]]:
    """What the checkpoint says before any rule: freeze, mandate, lists and quarantine refuse, whatever the proof (R4, R5, R11)."""
    decision = party_admits(new.kind, account_id, trader.id, now, tx)
    if isinstance(decision, Refused):
        return Verdict.REFUSE, (_TRADER_STOPPED.get(decision.reason, decision.reason.value),)
    session = tx.sessions.get(new.session) if new.session else None
    if new.session and (session is None or session.trader != trader.id or session.admits(now).refused):
        return Verdict.REFUSE, ("session_over",)
    places = ([session.address] if session else []) + ([new.address] if new.address else [])
    lists = tx.address_lists.get(account_id)
    if any(address_admits(lists, trader.id, parse_address(place) if place else None, now).refused for place in places):
        return Verdict.REFUSE, ("address_refused",)
    if quarantine_admits(new.kind, trader, session, now).refused:
        return Verdict.REFUSE, ("quarantined",)
    if not places and address_admits(lists, trader.id, None, now).refused:
        return Verdict.REFUSE, ("address_unknown",)  # no claim could be allowed later: the broker learns at once what to send (R5, R13)
    return (Verdict.ALLOW, ()) if new.kind is InstructionKind.ORDER else (Verdict.CHALLENGE, (STEP_UP,))


def _event(new: NewInstruction, source: str, account: str, trader: str, origin: _Origin) -> MonitoredEvent:
    columns = {name: value for name, value in new.details.items() if name in _COLUMNS}
    if new.kind is InstructionKind.WITHDRAWAL and columns.get("currency") == "JPY":
        columns.setdefault("amount_jpy", columns["amount"])
    declared = KINDS[EVENT_KINDS[new.kind]].extra
    extra = {name: value for name, value in new.details.items() if name in declared}
    return MonitoredEvent(
        id=f"{source}:{new.reference}",
        kind=EVENT_KINDS[new.kind],
        own_time=to_ms(new.time),
        account=account,
        trader=trader,
        device=origin.device,
        session=new.session,
        channel=origin.channel,
        address=origin.address,
        extra=extra or None,
        **columns,  # type: ignore[arg-type]  # the door has checked their types by kind
    )


@dataclass(frozen=True, slots=True)
class _Origin:
    """From where the instruction came: as the broker says, else from where its session was opened, as far as that is ours."""

    address: str | None = None
    device: str | None = None
    channel: str | None = None


def _origin(new: NewInstruction, tx: Transaction) -> _Origin:
    session = tx.sessions.get(new.session) if new.session else None
    if session is None:
        return _Origin(new.address)
    return _Origin(new.address or session.address, session.client, session.channel.value)
