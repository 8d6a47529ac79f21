"""The checkpoint: every door passes here (DESIGN §2).

Is the trader frozen or suspended, the login restricted, the address allowed, the session alive, the assurance enough for this action on
this object? It answers Allowed or Refused(reason). A session is issued by `flows.complete_login` alone, which asks here first (R7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import NoReturn

from sekisho.domain.accounts import Account, Mandate, Right, Trader
from sekisho.domain.ip_restrictions import AddressList
from sekisho.domain.sessions import Channel, Session
from sekisho.flows.auto_log_off import end_when_over
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.tell_refused import ADDRESS_REASONS, tell_refused_account, tell_refused_address
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.errors import missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["Action", "account_for", "address_admits", "admits", "live_session", "login_admits", "note_refused_object", "quarantined"]
__all__ += ["refuse_object"]

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class _Demands:
    """quarantine: open to a session quarantined by interim mode (R4). forced: open while a password change is forced (R3)."""

    quarantine: bool = True
    forced: bool = False


class Action(StrEnum):
    """What a session may be used for. A new one needs a line in `_DEMANDS`, or the import fails."""

    SEE_OVERVIEW = "see_overview"
    SEE_ACCOUNT = "see_account"
    SEE_MESSAGES = "see_messages"
    READ_MESSAGE = "read_message"
    SEE_SECURITY = "see_security"
    SEE_HISTORY = "see_history"
    CHANGE_CONTACT = "change_contact"
    CANCEL_CONTACT = "cancel_contact"  # it only keeps the old one, so any session may
    CHANGE_PREFERENCES = "change_preferences"
    ACKNOWLEDGE_RELAY = "acknowledge_relay"
    CHANGE_PASSWORD = "change_password"
    CHANGE_LOGOFF_TIME = "change_logoff_time"
    DROP_KNOWN_CLIENT = "drop_known_client"
    LIFT_RESTRICTION = "lift_restriction"
    SEE_ADDRESS_LISTS = "see_address_lists"
    RESTRICT_ADDRESSES = "restrict_addresses"  # what it newly allows is refused in a quarantined session by the flow itself (R4)
    CANCEL_RESTRICTION = "cancel_restriction"
    TAKE_BACK_RESTRICTION = "take_back_restriction"
    SEE_INSTRUCTIONS = "see_instructions"
    CONFIRM_INSTRUCTION = "confirm_instruction"
    DISPUTE_INSTRUCTION = "dispute_instruction"  # a No is open to any session (R4)
    END_SESSIONS = "end_sessions"
    STAY = "stay"
    LOG_OFF = "log_off"


_DEMANDS: dict[Action, _Demands] = {
    Action.SEE_OVERVIEW: _Demands(),
    Action.SEE_ACCOUNT: _Demands(),
    Action.SEE_MESSAGES: _Demands(),
    Action.READ_MESSAGE: _Demands(),
    Action.SEE_SECURITY: _Demands(),
    Action.SEE_HISTORY: _Demands(),
    Action.CHANGE_CONTACT: _Demands(quarantine=False),
    Action.CANCEL_CONTACT: _Demands(),
    Action.CHANGE_PREFERENCES: _Demands(quarantine=False),
    Action.ACKNOWLEDGE_RELAY: _Demands(),
    Action.CHANGE_PASSWORD: _Demands(quarantine=False, forced=True),
    Action.CHANGE_LOGOFF_TIME: _Demands(),
    Action.DROP_KNOWN_CLIENT: _Demands(quarantine=False),
    Action.LIFT_RESTRICTION: _Demands(quarantine=False),
    Action.SEE_ADDRESS_LISTS: _Demands(),
    Action.RESTRICT_ADDRESSES: _Demands(),
    Action.CANCEL_RESTRICTION: _Demands(),
    Action.TAKE_BACK_RESTRICTION: _Demands(quarantine=False),
    Action.SEE_INSTRUCTIONS: _Demands(),
    Action.CONFIRM_INSTRUCTION: _Demands(quarantine=False),
    Action.DISPUTE_INSTRUCTION: _Demands(),
    Action.END_SESSIONS: _Demands(),
    Action.STAY: _Demands(forced=True),
    Action.LOG_OFF: _Demands(forced=True),
}
assert set(_DEMANDS) == set(Action)


def login_admits(record: LoginRecord | None, address: Address | None, now: datetime) -> Decision:
    """Whether a login of this trader may go on from there; asked at reservation, at settling, at every code and at completion."""
    if record is None:
        return Refused(Reason.UNKNOWN_NAME)
    if record.password is None or not record.password.usable:
        return Refused(Reason.NOT_ACTIVATED)
    decision = record.trader.admits()
    return decision if decision.refused else address_admits(record.addresses, record.trader.id, address, now)


def address_admits(kept: AddressList | None, trader: str, address: Address | None, now: datetime) -> Decision:
    """Whether that list lets this trader come from there (R5). Without a list he may come from anywhere."""
    return Allowed() if kept is None else kept.admits(trader, address, now)


def admits(action: Action, live: LiveSession, now: datetime) -> Decision:
    """Whether this session may do this now. The trader and session are those of the latest read (R6)."""
    trader, session, demands = live.trader, live.session, _DEMANDS[action]
    for decision in (trader.admits(), session.admits(now)):
        if decision.refused:
            return decision
    if trader.password_change_needed and not demands.forced:
        return Refused(Reason.PASSWORD_CHANGE_NEEDED)
    if quarantined(trader, session, now) and not demands.quarantine and not trader.password_change_needed:
        return Refused(Reason.QUARANTINED, until=_latest(trader.quarantined_until, session.quarantined_until))
    return Allowed()


def quarantined(trader: Trader, session: Session | None, now: datetime) -> bool:
    """Interim mode: a login from an unknown client, or any after a reset, for 24 h (R4, R16)."""
    return (session is not None and session.quarantined(now)) or (trader.quarantined_until is not None and now < trader.quarantined_until)


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


async def live_session(token: Secret, channel: Channel, address: Address | None, deps: Dependencies) -> LiveSession | Refused:
    """The session that this token opens at this door from there; from memory where memory is fresh, else from its row."""
    live, now = found_by(token, deps.memory.look, deps.keyring), deps.clock()
    if live is None or live.session.admits(now).refused:
        found = await deps.run(_read_session, token, deps)
        if isinstance(found, Refused):
            return found
        live, now = found, deps.clock()
    live = LiveSession(live.session, live.trader, live.addresses, address)
    decision = _fits_door(live, channel, now)
    if isinstance(decision, Refused):
        await deps.run(_audit_refused_session, live, decision, deps)
        return decision
    if live.address is not None and live.session.address != str(live.address) and deps.memory.first_seen(live.session.id, live.address):
        try:
            await deps.run(_note_network, live, deps)
        except BaseException:
            deps.memory.unsee(live.session.id, live.address)  # the next request tells it
            raise
    return live


def _fits_door(live: LiveSession, channel: Channel, now: datetime) -> Decision:
    if live.session.channel.is_program is not channel.is_program:
        return Refused(Reason.WRONG_DOOR)
    decision = live.trader.admits()
    return decision if decision.refused else address_admits(live.addresses, live.trader.id, live.address, now)


def _audit_refused_session(live: LiveSession, refused: Refused, deps: Dependencies) -> None:
    """A live session at another door, from an address not on the list, or of a trader who was stopped, is worth knowing (R5, R7)."""
    now, trader = deps.clock(), live.trader.id
    where: dict[str, Fact] = {"address": None if live.address is None else str(live.address)}
    with deps.storage.transaction() as tx:
        facts: dict[str, Fact] = {"session": live.session.id}
        event = Event(EventKind.SESSION_REFUSED, actor=trader, trader=trader, reason=refused.reason, facts=facts, personal=where)
        tx.audit.append(event, now)
        record = tx.traders.get(trader) if refused.reason in ADDRESS_REASONS else None
        if record is not None:
            tell_refused_address(record, live.session.program, now, tx, deps)
    if record is not None:
        deps.outbox_ready()


def _note_network(live: LiveSession, deps: Dependencies) -> None:
    """A session that moves to another network is told to audit and monitoring, once per network (P7: theft of sessions)."""
    now, trader = deps.clock(), live.trader.id
    facts: dict[str, Fact] = {"session": live.session.id, "client": live.session.client, "channel": live.session.channel}
    where: dict[str, Fact] = {"address": str(live.address), "login_address": live.session.address}
    with deps.storage.transaction() as tx:
        tx.audit.append(Event(EventKind.SESSION_SEEN, actor=trader, trader=trader, facts=facts, personal=where), now)


def _read_session(token: Secret, deps: Dependencies) -> LiveSession | Refused:
    """The row itself: another node may have booked input since. One that is over by the clock is ended here."""
    mark = deps.memory.mark()
    with deps.storage.reading() as tx:
        session = found_by(token, tx.sessions.by_token, deps.keyring)
        record = tx.traders.get(session.trader) if session else None
    if session is None or record is None:
        return Refused(Reason.SESSION_UNKNOWN)
    if session.ended is not None:
        return Refused(Reason.SESSION_ENDED)
    decision = session.admits(deps.clock())
    if isinstance(decision, Refused):
        if (saved := end_when_over(session.id, deps)) is None:
            return decision
        session = saved
    live = LiveSession(session, record.trader, record.addresses)
    deps.memory.keep(live, mark)
    return live


def account_for(live: LiveSession, account: str, right: Right, now: datetime, tx: Transaction) -> tuple[Account, Mandate] | Refused:
    """The account, if this trader's mandate of now gives that right and the account's list his address (R5, R7).

    Refused, the caller answers by `refuse_object` as if there were no such account.
    """
    seen = tx.accounts.seen_by(live.trader.id, account, now)
    if seen is None or not seen[1].allows(right, now):
        return Refused(Reason.MANDATE_MISSING)
    decision = address_admits(tx.address_lists.get(account), live.trader.id, live.address, now)
    return decision if isinstance(decision, Refused) else seen


def refuse_object(live: LiveSession, what: str, object_id: str, deps: Dependencies, refused: Refused | None = None) -> NoReturn:
    """Somebody reached for an object which is not his, or not his from there; it answers as a missing one (R5, R7)."""
    note_refused_object(live, what, object_id, deps, refused)
    raise missing(what)


def note_refused_object(live: LiveSession, what: str, object_id: str, deps: Dependencies, refused: Refused | None = None) -> None:
    """In the audit; and its holder learns where an account's list of addresses refused it (R5)."""
    now, trader = deps.clock(), live.trader.id
    reason = refused.reason if refused else None
    with deps.storage.transaction() as tx:
        facts: dict[str, Fact] = {"what": what, "object": object_id[:40]}
        where: dict[str, Fact] = {"address": None if live.address is None else str(live.address)}
        event = Event(EventKind.OBJECT_REFUSED, actor=trader, trader=trader, reason=reason, facts=facts, personal=where)
        tx.audit.append(event, now)
        record = tx.traders.get(trader) if reason in ADDRESS_REASONS else None
        if record is not None:
            tell_refused_account(record, object_id, live.session.program, now, tx, deps)
    deps.outbox_ready()
