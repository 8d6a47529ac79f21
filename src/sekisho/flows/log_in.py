"""First step of a login: username and password (P1, R1).

From outside every refusal is the same, in answer and in time; the reason is in the audit entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.accounts.names import typed_username
from sekisho.domain.authentication.authenticator import Authenticator
from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.authentication.known_client import KnownClient
from sekisho.domain.authentication.passwords import normalised
from sekisho.domain.lockout import STRANGERS
from sekisho.flows import checkpoint
from sekisho.flows.begin_ceremony import Begun, begin_ceremony
from sekisho.flows.caller import Caller
from sekisho.flows.count_attempt import NOBODY, Counted, decoy_index, decoy_row, reserve, settle_failure, settle_success
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.ports.security import PasswordProof, Purpose, StoredPassword
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.flows.record_login import record_refused, record_unknown
from sekisho.flows.tell_refused import ADDRESS_REASONS, tell_refused_address
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.secrets import Secret

__all__ = ["PasswordStep", "client_of", "submit_password"]


@dataclass(frozen=True, slots=True)
class PasswordStep:
    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class _Reservation:
    """refused: why nothing is checked. gate_version: the trader's when this began."""

    username: str
    counted: Counted
    stored: StoredPassword
    trader: str | None
    gate_version: int
    lane: str
    refused: Refused | None


async def submit_password(step: PasswordStep, caller: Caller, deps: Dependencies) -> Begun | Refused:
    """Reserve, check with no transaction open, settle. A full queue raises UNAVAILABLE and has reserved nothing."""
    username = typed_username(step.username)
    client = await deps.run(client_of, username, caller, deps) if caller.client_token else None
    async with deps.hashing.admit(client.trader if client else caller.source, known=client is not None) as slot:
        reservation = await deps.run(_reserve, username, client, caller, deps)
        if reservation.refused and reservation.trader:
            await slot.pass_time()
            proof = PasswordProof(matches=False)
        else:
            proof = await slot.verify(reservation.stored, normalised(step.password))
    outcome: Begun | Refused = await deps.run(_settle, reservation, proof, caller, deps)
    deps.observer.login(outcome.reason if isinstance(outcome, Refused) else "password_accepted")
    if isinstance(outcome, Refused) and outcome.reason in ADDRESS_REASONS:
        deps.outbox_ready()
    return outcome


def client_of(username: str, caller: Caller, deps: Dependencies) -> KnownClient | None:
    """The known client that the caller presents, if it belongs to that name; decided without reading the trader (R1, R3)."""
    if caller.client_token is None:
        return None
    with deps.storage.reading() as tx:
        client = found_by(caller.client_token, tx.known_clients.by_token, deps.keyring)
    if client is None or not client.alive(deps.clock()):
        return None
    return client if client.name_hash in deps.keyring.keyed_hashes(Purpose.NAMES, username) else None


def _reserve(username: str, client: KnownClient | None, caller: Caller, deps: Dependencies) -> _Reservation:
    now = deps.clock()
    decoy = decoy_row(username, deps)
    with deps.storage.transaction() as tx:
        record = tx.traders.by_username(username)
        lane = client.id if client and record and client.trader == record.trader.id else STRANGERS
        decision = checkpoint.login_admits(record, caller.address, now)
        counted = decision if isinstance(decision, Refused) else reserve(_password(record).id, lane, record, now, tx, deps)
        refused = counted if isinstance(counted, Refused) else None
        if decision.refused or isinstance(counted, Counted):
            tx.lockouts.read(decoy, STRANGERS)  # so that all ask as often as a restricted one, which asks its own row and the decoy's
        if isinstance(counted, Refused):
            counted = _on_decoy(decoy, now, tx, deps)
    stored = deps.hashing.decoy(decoy_index(username, deps))
    if refused is None:
        stored = StoredPassword(_password(record).value, _password(record).id)
    trader = record.trader if record else None
    version = trader.gate_version if trader else 0
    return _Reservation(username, counted, stored, trader.id if trader else None, version, lane, refused)


def _password(record: LoginRecord | None) -> Authenticator:
    assert record is not None and record.password is not None  # login_admits allowed it
    return record.password


def _on_decoy(decoy: str, now: datetime, tx: Transaction, deps: Dependencies) -> Counted:
    counted = reserve(decoy, STRANGERS, None, now, tx, deps)
    assert isinstance(counted, Counted)  # a decoy always takes it
    return counted


def _settle(reservation: _Reservation, proof: PasswordProof, caller: Caller, deps: Dependencies) -> Begun | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        record = tx.traders.lock(reservation.trader or NOBODY)
        refused = reservation.refused or _changed_since(reservation, record, proof, caller, now)
        if refused is None and not settle_success(reservation.counted, now, tx):
            refused = Refused(Reason.STATE_CHANGED)
        if refused is not None:
            settle_failure(reservation.counted, None if reservation.refused else record, now, tx, deps)
            _audit_refusal(reservation, refused, record, caller, now, tx, deps)
            return refused
        assert record is not None
        if proof.rehashed:
            _store_rehashed(_password(record), proof.rehashed, now, tx)
        life = deps.policies.codes.ceremony_life
        started = begin_ceremony(CeremonyPurpose.LOGIN, record, reservation.lane, life, caller, now, tx, deps)
        facts: dict[str, Fact] = {"ceremony": started.ceremony.id, "lane": reservation.lane, "channel": caller.channel.value}
        event = Event(EventKind.LOGIN_PASSWORD_ACCEPTED, trader=record.trader.id, facts=facts, personal=_where(caller))
        tx.audit.append(event, now)
    return started


def _changed_since(
    reservation: _Reservation, record: LoginRecord | None, proof: PasswordProof, caller: Caller, now: datetime
) -> Refused | None:
    """Asked again at settling: for a suspension, freeze, unlock, list or password change, never for a restriction (R1)."""
    decision = checkpoint.login_admits(record, caller.address, now)
    if isinstance(decision, Refused):
        return decision
    assert record is not None
    if record.trader.gate_version != reservation.gate_version:
        return Refused(Reason.STATE_CHANGED)
    return None if proof.matches else Refused(Reason.WRONG_PASSWORD)


def _store_rehashed(password: Authenticator, sealed: str, now: datetime, tx: Transaction) -> None:
    tx.authenticators.save(replace(password, value=sealed))
    tx.audit.append(Event(EventKind.PASSWORD_REHASHED, trader=password.trader, facts={"authenticator": password.id}), now)


def _where(caller: Caller) -> dict[str, Fact]:
    return {"address": caller.shown_address, "program": caller.program}


def _audit_refusal(
    reservation: _Reservation,
    refused: Refused,
    record: LoginRecord | None,
    caller: Caller,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
) -> None:
    """An unknown name is kept as a keyed hash only: people type passwords into the wrong field."""
    facts: dict[str, Fact] = {"step": "password", "lane": reservation.lane, "channel": caller.channel.value}
    if reservation.trader is None:
        facts["name_hash"] = deps.keyring.keyed_hash(Purpose.NAMES, reservation.username)
    event = Event(EventKind.LOGIN_REFUSED, trader=reservation.trader, reason=refused.reason, facts=facts, personal=_where(caller))
    tx.audit.append(event, now)
    if record is not None:
        record_refused(record.trader.id, refused.reason, caller, now, tx, deps)
    else:
        record_unknown(decoy_row(reservation.username, deps), caller, tx, deps)
    if record is not None and refused.reason in ADDRESS_REASONS:
        tell_refused_address(record, caller.program, now, tx, deps)
