"""Second step of a login: the security code. The one place where a session is issued (P1, P5, R3, R4, R6, R7).

Before it is handed out, the rules of monitoring judge the login (P7, N51): what they refuse is refused like any other login, what they
doubt is quarantined from its first request on. That wait is bounded; a login does not hang on monitoring.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.domain.authentication.known_client import KNOWN_CLIENT_LIFE, KNOWN_CLIENTS_PER_TRADER, KnownClient
from sekisho.domain.sessions import Channel, EndReason, Session, idle_of
from sekisho.flows.caller import Caller
from sekisho.flows.check_code import check_code, look_tried
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import ChangeKind, LoginRecord, Transaction
from sekisho.flows.record_login import record_completed, record_refused
from sekisho.flows.send_code import ceremony_of, own_door
from sekisho.flows.tell_refused import ADDRESS_REASONS, tell_refused_address
from sekisho.flows.watch_logins import two_unfinished_sources
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["QUARANTINE", "Complete", "submit_code"]

QUARANTINE = timedelta(hours=24)  # interim mode (R4)
METHODS = "password+security_code"


@dataclass(frozen=True, slots=True)
class Complete:
    """The session with the secrets that open it and that make this a known client; each leaves the house only now.

    event: the id by which monitoring knows this login.
    """

    session: Session
    session_token: Secret
    client_token: Secret
    event: str | None = None


def submit_code(token: Secret, digits: Secret, caller: Caller, deps: Dependencies) -> Complete | Refused:
    """A right code completes the login once; of 100 parallel right ones, one gets the session."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = ceremony_of(token, tx, deps)
        record = tx.traders.lock(ceremony.trader) if ceremony else None
        if ceremony is None or record is None or not _is_login(ceremony, caller):
            return Refused(Reason.LOGIN_DEAD)
        decision = check_code(ceremony, record, digits, caller.address, now, tx, deps)
        if isinstance(decision, Refused):
            tx.audit.append(_refusal(ceremony, decision, caller), now)
            record_refused(record.trader.id, decision.reason, caller, now, tx, deps)
            if decision.reason in ADDRESS_REASONS:
                tell_refused_address(record, caller.program, now, tx, deps)
            outcome: Complete | Refused = decision
        else:
            outcome = _complete(ceremony, record, caller, now, tx, deps)
    deps.memory.forget_trader(ceremony.trader)  # sessions over the limit ended; a change of password may be forced
    if isinstance(outcome, Complete):
        outcome = _judged(outcome, token, deps)
    deps.observer.login(outcome.reason if isinstance(outcome, Refused) else "complete")
    deps.outbox_ready()
    return outcome


def _judged(done: Complete, token: Secret, deps: Dependencies) -> Complete | Refused:
    """As it stands once the rules have spoken. Where they are too late, their verdict acts on the session when it comes."""
    patience = deps.policies.monitoring.login_wait
    if done.event is None or not patience:
        return done
    if not deps.monitor.judged(done.event, patience):
        deps.observer.login("not_judged_in_time")
        return done
    with deps.storage.reading() as tx:
        session = tx.sessions.get(done.session.id)
    if session is not None and session.ended is None:
        return replace(done, session=session)
    with deps.storage.transaction() as tx:
        if (ceremony := ceremony_of(token, tx, deps)) is not None:
            look_tried(ceremony, tx)
    return Refused(Reason.SUSPICIOUS)


def _is_login(ceremony: Ceremony, caller: Caller) -> bool:
    return ceremony.purpose is CeremonyPurpose.LOGIN and own_door(ceremony, caller)


def _refusal(ceremony: Ceremony, refused: Refused, caller: Caller) -> Event:
    return Event(
        EventKind.LOGIN_REFUSED,
        trader=ceremony.trader,
        reason=refused.reason,
        facts={"step": "security_code", "lane": ceremony.lane, "ceremony": ceremony.id},
        personal={"address": caller.shown_address, "program": caller.program},
    )


def _complete(ceremony: Ceremony, record: LoginRecord, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies) -> Complete:
    tx.ceremonies.save(ceremony.completed(now))
    client, client_token = _know_client(ceremony, record, caller, now, tx, deps)
    session, session_token = _open_session(ceremony, record, client, caller, now, tx, deps)
    _end_surplus(record.trader.id, now, tx, deps)
    _force_change_on_evidence(ceremony, record, now, tx, deps)
    facts: dict[str, Fact] = {
        "session": session.id, "channel": session.channel, "client": client.id,
        "known_client": client.id == ceremony.lane, "methods": METHODS,
    }  # fmt: skip
    where: dict[str, Fact] = {"address": caller.shown_address, "program": caller.program}
    completed = Event(EventKind.LOGIN_COMPLETED, actor=record.trader.id, trader=record.trader.id, facts=facts, personal=where)
    event = tx.audit.append(completed, now)
    record_completed(session, caller, client.id == ceremony.lane, now, tx)
    kind = NoticeKind.LOGIN_KNOWN_CLIENT if client.id == ceremony.lane else NoticeKind.LOGIN_UNKNOWN_CLIENT
    notify(kind, record, {"program": caller.program}, now, tx, deps)
    return Complete(session, session_token, client_token, event)


def _know_client(
    ceremony: Ceremony, record: LoginRecord, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies
) -> tuple[KnownClient, Secret]:
    """Its token rotates at every complete login; its id, and so its lane, stays (R3). One dropped since step one is a new one."""
    token = new_token()
    token_hash = deps.keyring.keyed_hash(Purpose.TOKENS, token.reveal())
    known = tx.known_clients.of(record.trader.id, now)
    for client in known:
        if client.id == ceremony.lane:
            rotated = client.rotated(token_hash, caller.program, now)
            tx.known_clients.save(rotated)
            return rotated, token
    for surplus in known[KNOWN_CLIENTS_PER_TRADER - 1 :]:
        tx.known_clients.drop(record.trader.id, surplus.id)
    name_hash = deps.keyring.keyed_hash(Purpose.NAMES, record.trader.username)
    expires = now + KNOWN_CLIENT_LIFE
    client = KnownClient(new_id("kcl", now), record.trader.id, token_hash, name_hash, now, now, expires, caller.program)
    tx.known_clients.add(client)
    return client, token


def _open_session(
    ceremony: Ceremony, record: LoginRecord, client: KnownClient, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies
) -> tuple[Session, Secret]:
    """A client stays quarantined for its first 24 h, so that logging in twice does not lift it (R4)."""
    token = new_token()
    channel, policy = Channel(ceremony.channel), deps.policies.sessions
    released = client.added + QUARANTINE
    origin = deps.geodata.look(caller.address)
    session = Session(
        id=new_id("ses", now),
        trader=record.trader.id,
        channel=channel,
        token_hash=deps.keyring.keyed_hash(Purpose.TOKENS, token.reveal()),
        started=now,
        last_input=now,
        idle=idle_of(channel, record.trader.logoff_after, policy),
        ends=now + (policy.absolute_program if channel.is_program else policy.absolute),
        client=client.id,
        methods=METHODS,
        quarantined_until=released if released > now else None,
        address=caller.shown_address,
        program=caller.program,
        country=origin.country,
        network=origin.network,
    )
    tx.sessions.add(session)
    return session, token


def _end_surplus(trader: str, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """At most so many sessions per trader: the oldest go (R6)."""
    live = [session for session in tx.sessions.live_of(trader) if not session.admits(now).refused]
    surplus = live[: max(0, len(live) - deps.policies.sessions.per_trader)]
    for session in sorted(surplus, key=lambda one: one.id):
        tx.sessions.save(session.end(EndReason.REPLACED, now))
    for session in surplus:  # behind all locks (ports.storage)
        tx.changes.append(ChangeKind.SESSION, session.id, now)
        facts: dict[str, Fact] = {"session": session.id}
        tx.audit.append(Event(EventKind.SESSION_ENDED, trader=trader, reason=EndReason.REPLACED, facts=facts), now)


def _force_change_on_evidence(ceremony: Ceremony, record: LoginRecord, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """Right passwords without second factor from two unknown sources: the password is changed at this login (R3, N14)."""
    assert record.password is not None  # the checkpoint admitted the trader
    if record.trader.password_change_needed or not two_unfinished_sources(ceremony, record.password.changed, tx):
        return
    tx.traders.save(replace(record.trader, password_change_needed=True))
    tx.changes.append(ChangeKind.TRADER, record.trader.id, now)
    tx.audit.append(Event(EventKind.PASSWORD_CHANGE_FORCED, trader=record.trader.id, reason="two_sources"), now)
    notify(NoticeKind.PASSWORD_CHANGE_FORCED, record, {}, now, tx, deps)
