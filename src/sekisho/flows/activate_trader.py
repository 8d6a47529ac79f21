"""Enrolment: a trader proves his activation code and his phone, and sets his own password (R16, N36-N38, J32).

issued code ──right──▶ ceremony ──code to the phone──▶ right code and a password that is taken ──▶ active
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.accounts.names import typed_username
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.domain.authentication.ceremony import CeremonyPurpose
from sekisho.domain.authentication.passwords import normalised
from sekisho.domain.lockout import STRANGERS
from sekisho.flows.begin_ceremony import Begun, begin_ceremony
from sekisho.flows.caller import Caller
from sekisho.flows.change_password import PasswordRefused, password_problems
from sekisho.flows.check_code import check_code
from sekisho.flows.complete_login import QUARANTINE
from sekisho.flows.count_attempt import NOBODY
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.found_by import found_by
from sekisho.flows.notify import NoticeKind, notify
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import ChangeKind, LifeEntry, LoginRecord, Transaction
from sekisho.flows.send_code import ceremony_of
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, same_as_any

__all__ = ["Activated", "begin_activation", "finish_activation", "tell_refused_activation"]


@dataclass(frozen=True, slots=True)
class Activated:
    username: str


def begin_activation(username: str, code: Secret, caller: Caller, deps: Dependencies) -> Begun | Refused:
    """The activation code; every refusal is the same, costs the same few reads, writes nothing and is counted nowhere.

    80 random bits are not guessed in the 24 h that they live (N23 asks for a throttle below 64), and a count would let a stranger who
    knows the name, or shares the owner's network, lock his enrolment. What is told of refusals: `tell_refused_activation`.
    """
    now = deps.clock()
    name = typed_username(username)
    with deps.storage.reading() as tx:
        if _activating(name, code, now, tx, deps) is None:
            return Refused(Reason.WRONG_CODE)
    with deps.storage.transaction() as tx:
        record = _activating(name, code, now, tx, deps)
        if record is None:
            return Refused(Reason.WRONG_CODE)
        life = deps.policies.codes.ceremony_life
        return begin_ceremony(CeremonyPurpose.ACTIVATION, record, STRANGERS, life, caller, now, tx, deps)


def tell_refused_activation(username: str, refused: Refused, caller: Caller, deps: Dependencies) -> None:
    """One entry of the audit log. The caller sees to it that a flood makes few: entries stay for years."""
    where: dict[str, Fact] = {"address": caller.shown_address, "program": caller.program}
    with deps.storage.transaction() as tx:
        record = tx.traders.by_username(typed_username(username))
        trader = record.trader.id if record else None
        tx.audit.append(Event(EventKind.ACTIVATION_REFUSED, trader=trader, reason=refused.reason, personal=where), deps.clock())


def _activating(name: str, code: Secret, now: datetime, tx: Transaction, deps: Dependencies) -> LoginRecord | None:
    """The trader whose code this is, and whose phone can be asked. An unknown name costs what a known one does (R1)."""
    record = tx.traders.by_username(name)
    activation = tx.authenticators.newest(record.trader.id if record else NOBODY, AuthenticatorKind.ACTIVATION)
    right = _right(activation, code, now, deps)
    return record if right and record is not None and record.phone is not None else None


def _right(activation: Authenticator | None, code: Secret, now: datetime, deps: Dependencies) -> bool:
    typed = "".join(code.reveal().upper().split()).replace("-", "")
    hashes = deps.keyring.keyed_hashes(Purpose.CODES, f"{activation.id if activation else NOBODY}|activation|{typed}")
    if activation is None or activation.state is not AuthenticatorState.PENDING:
        return False
    return same_as_any(activation.value, hashes) and activation.expires is not None and now < activation.expires


async def finish_activation(
    token: Secret, digits: Secret, password: Secret, caller: Caller, deps: Dependencies
) -> Activated | PasswordRefused | Refused:
    """The code sent to the phone and the trader's own password, in one commit; a password not taken burns no try."""
    username = await deps.run(_username_of, token, deps)
    if username is None:
        return Refused(Reason.LOGIN_DEAD)
    problems = await deps.run(password_problems, password, username, deps)
    if problems:
        return PasswordRefused(problems)
    password_id = new_id("aut", deps.clock())
    async with deps.hashing.admit(caller.source, known=False) as slot:
        sealed = await slot.hash(normalised(password), password_id)
    return await deps.run(_settle, token, digits, password_id, sealed, caller, deps)


def _username_of(token: Secret, deps: Dependencies) -> str | None:
    """None unless an activation lives that a code could complete: nothing is hashed for any other."""
    with deps.storage.reading() as tx:
        ceremony = found_by(token, tx.ceremonies.by_token, deps.keyring)
        record = tx.traders.get(ceremony.trader) if ceremony else None
    if ceremony is None or record is None or ceremony.purpose is not CeremonyPurpose.ACTIVATION:
        return None
    return None if ceremony.admits(record.trader.gate_version, deps.clock()).refused else record.trader.username


def _settle(token: Secret, digits: Secret, password_id: str, sealed: str, caller: Caller, deps: Dependencies) -> Activated | Refused:
    now = deps.clock()
    with deps.storage.transaction() as tx:
        ceremony = ceremony_of(token, tx, deps)
        record = tx.traders.lock(ceremony.trader) if ceremony else None
        if ceremony is None or record is None or ceremony.purpose is not CeremonyPurpose.ACTIVATION:
            return Refused(Reason.LOGIN_DEAD)
        decision = check_code(ceremony, record, digits, caller.address, now, tx, deps)
        if isinstance(decision, Refused):
            tx.audit.append(Event(EventKind.ACTIVATION_REFUSED, trader=record.trader.id, reason=decision.reason), now)
            return decision
        tx.ceremonies.save(ceremony.completed(now))
        password = Authenticator(password_id, record.trader.id, AuthenticatorKind.PASSWORD, AuthenticatorState.ACTIVE, sealed, now, now)
        _activate(record, password, caller, now, tx, deps)
    deps.memory.forget_trader(record.trader.id)
    deps.outbox_ready()
    return Activated(record.trader.username)


def _activate(record: LoginRecord, password: Authenticator, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    trader = record.trader
    _retire(record, now, trader.id, tx)
    tx.authenticators.add(password)
    tx.authenticators.note(LifeEntry(password.id, now, "bound", trader.id, caller.shown_address, caller.program))
    if record.phone is not None and record.phone.state is AuthenticatorState.PENDING:
        tx.authenticators.save(replace(record.phone, state=AuthenticatorState.ACTIVE, changed=now))
        tx.authenticators.note(LifeEntry(record.phone.id, now, "confirmed", trader.id, caller.shown_address, caller.program))
    again = trader.activated is not None
    tx.traders.save(
        replace(
            trader,
            activated=trader.activated or now,
            gate_version=trader.gate_version + 1,
            password_change_needed=False,
            quarantined_until=now + QUARANTINE if again else None,
        )
    )
    tx.changes.append(ChangeKind.TRADER, trader.id, now)
    where: dict[str, Fact] = {"address": caller.shown_address, "program": caller.program}
    tx.audit.append(Event(EventKind.TRADER_ACTIVATED, actor=trader.id, trader=trader.id, personal=where), now)
    notify(NoticeKind.TRADER_ACTIVATED, record, {}, now, tx, deps)


def _retire(record: LoginRecord, now: datetime, by: str, tx: Transaction) -> None:
    """The activation code is spent, an older password is gone, and so is every phone but the one just proved."""
    for one in tx.authenticators.of(record.trader.id):
        proved = record.phone is not None and one.id == record.phone.id
        if not proved and one.state is not AuthenticatorState.REMOVED:
            tx.authenticators.save(replace(one, state=AuthenticatorState.REMOVED, changed=now))
            tx.authenticators.note(LifeEntry(one.id, now, "removed", by))
