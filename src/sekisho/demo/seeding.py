"""Peoples the demo through the real flows alone: nobody is written into a table, every code travels by the outbox.

It may be cut short anywhere and begun again: who is there already stays as he is.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from ipaddress import ip_address

from sekisho.adapters.cryptography.hash_pool import start_hash_pool
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.bootstrap.house import House, Unobserved
from sekisho.demo.customers import CUSTOMERS
from sekisho.demo.folder import DemoFolder
from sekisho.demo.history import first_day, write_history
from sekisho.demo.outbox_file import OutboxFile
from sekisho.demo.people import ACCOUNTS, PEOPLE, Begins, Person
from sekisho.domain.accounts import Role
from sekisho.domain.authentication.authenticator import AuthenticatorKind
from sekisho.domain.broker_access import Scope, read_key_text
from sekisho.domain.notifications import Channel as Way
from sekisho.domain.sessions import Channel, EndReason
from sekisho.flows.activate_trader import Activated, begin_activation, finish_activation
from sekisho.flows.add_account import NewTrader, add_account, add_trader
from sekisho.flows.broker_keys import add_broker_key, list_broker_keys, revoke_broker_key
from sekisho.flows.caller import Caller
from sekisho.flows.complete_login import submit_code
from sekisho.flows.deliver_messages import DeliveryDependencies, deliver_due
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.log_in import PasswordStep, submit_password
from sekisho.flows.log_off import end_session
from sekisho.flows.ports.delivery import Sender
from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.send_code import send_code
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["seed"]

_ACTOR = "demo"
_ANEW = StaffAct(_ACTOR, "the demo was begun anew", "none: the demo's own person")
_BROWSER = "Chrome Windows"
_SYSTEM = "demo-brokerage"
_LOOPBACK = ("127.0.0.0/8", "::1")


@dataclass(frozen=True, slots=True)
class _Desk:
    """What seeding works with. deliver: takes the waiting messages out, at once."""

    deps: Dependencies
    delivery: DeliveryDependencies
    outbox: OutboxFile

    def deliver(self) -> None:
        while deliver_due(self.deps.clock(), self.delivery):
            pass


def seed(house: House, folder: DemoFolder, outbox: OutboxFile) -> None:
    """Make whoever is missing, and keep the activation code of who has yet to activate."""
    pool = start_hash_pool(house.settings.hashing, house.keyring)
    try:
        deps = house.dependencies(pool, FreshSessions(lambda: math.inf), asyncio.to_thread, lambda: None, Unobserved())
        senders: dict[Way, Sender] = dict.fromkeys((Way.SMS, Way.EMAIL), outbox)
        desk = _Desk(deps, DeliveryDependencies(house.storage, senders, house.settings.delivery, house.clock), outbox)
        asyncio.run(_seed(folder, desk))
    finally:
        pool.close()


async def _seed(folder: DemoFolder, desk: _Desk) -> None:
    with desk.deps.storage.reading() as tx:
        missing = [number for number in ACCOUNTS if tx.accounts.by_number(number) is None]
    for number in missing:
        add_account(number, ACCOUNTS[number], _ACTOR, desk.deps)
    kept = folder.kept()
    for person in PEOPLE:
        code = _activation_code(person, kept.activation_codes.get(person.username), desk)
        if code is None:
            kept.activation_codes.pop(person.username, None)
        elif person.begins is Begins.NOT_ACTIVATED:
            kept.activation_codes[person.username] = code.reveal()
        else:
            await _activate(person, code, Secret(kept.passwords[person.username]), desk)
            for address in person.been_in_from:
                await _log_in_and_off(person, address, Secret(kept.passwords[person.username]), desk)
        if person.begins is Begins.RESTRICTED:
            await _try_wrong_passwords(person, desk)
    _add_customers(desk.deps)
    first = kept.market_begins or first_day(desk.deps.clock(), desk.deps).isoformat()
    write_history(date.fromisoformat(first), _SYSTEM, desk.deps)
    folder.keep(replace(kept, broker_api_key=_broker_key(kept.broker_api_key, desk.deps), market_begins=first))
    desk.deliver()


def _add_customers(deps: Dependencies) -> None:
    """Accounts and names, which events need; nobody activates them."""
    with deps.storage.reading() as tx:
        accounts = tx.accounts.ids_of({one.number for one in CUSTOMERS})
        traders = tx.traders.ids_of({one.username for one in CUSTOMERS})
    for one in CUSTOMERS:
        if one.number not in accounts:
            add_account(one.number, one.name, _ACTOR, deps)
        if one.username not in traders:
            add_trader(NewTrader(one.username, one.name, one.phone, "ja", {one.number: Role.HOLDER}), _ACTOR, deps)


def _broker_key(kept: str, deps: Dependencies) -> str:
    """The kept key while it is good for a day at least; else a new one, with every scope, from this machine alone."""
    text, tomorrow = read_key_text(kept), deps.clock() + timedelta(days=1)
    live = list_broker_keys(deps)
    if text and any(key.prefix == text.prefix and key.live(tomorrow) for key in live):
        return kept
    if any(key.client == _SYSTEM for key in live):
        revoke_broker_key(_SYSTEM, _ACTOR, deps)
    policy = deps.policies.broker_access
    return add_broker_key(_SYSTEM, frozenset(Scope), _LOOPBACK, policy.key_life, _ACTOR, deps).secret.reveal()


def _activation_code(person: Person, kept: str | None, desk: _Desk) -> Secret | None:
    """A code to activate him with; None when he is active. A kept one is used as long as it is good."""
    deps = desk.deps
    with deps.storage.reading() as tx:
        record = tx.traders.by_username(person.username)
        issued = tx.authenticators.newest(record.trader.id, AuthenticatorKind.ACTIVATION) if record else None
    if record is None:
        new = NewTrader(person.username, person.name, person.phone, person.language, dict(person.accounts), person.email)
        return add_trader(new, _ACTOR, deps).activation_code
    if record.trader.activated is not None:
        return None
    if kept and issued and issued.expires and deps.clock() < issued.expires:
        return Secret(kept)
    return reset_trader(person.username, None, _ANEW, deps).activation_code


async def _activate(person: Person, code: Secret, password: Secret, desk: _Desk) -> None:
    """As he would do it in the portal: activation code, code from his phone, password."""
    deps, caller = desk.deps, _caller("127.0.0.1", person)
    begun = begin_activation(person.username, code, caller, deps)
    assert not isinstance(begun, Refused), f"{person.username}: {begun}"
    done = await finish_activation(begun.token, _code(begun.token, caller, person, desk), password, caller, deps)
    assert isinstance(done, Activated), f"{person.username}: {done}"


async def _log_in_and_off(person: Person, address: str, password: Secret, desk: _Desk) -> None:
    deps, caller = desk.deps, _caller(address, person)
    begun = await submit_password(PasswordStep(person.username, password), caller, deps)
    assert not isinstance(begun, Refused), f"{person.username}: {begun}"
    done = submit_code(begun.token, _code(begun.token, caller, person, desk), caller, deps)
    assert not isinstance(done, Refused), f"{person.username}: {done}"
    end_session(done.session.id, EndReason.LOGGED_OFF, done.session.trader, deps)


def _code(token: Secret, caller: Caller, person: Person, desk: _Desk) -> Secret:
    """Asked for, and read from his phone."""
    send_code(token, caller, desk.deps)
    desk.deliver()
    return Secret(next(line.code for line in reversed(desk.outbox.lines()) if line.to == person.phone and line.code))


async def _try_wrong_passwords(person: Person, desk: _Desk) -> None:
    """A stranger guesses until the login is restricted (P4). One more guess while it still is changes nothing (R3)."""
    stranger = _caller("192.0.2.77", person)
    for _ in range(desk.deps.policies.lockout.soft_failures):
        outcome = await submit_password(PasswordStep(person.username, new_token()), stranger, desk.deps)
        if isinstance(outcome, Refused) and outcome.reason is Reason.LOGIN_RESTRICTED:
            return


def _caller(address: str, person: Person) -> Caller:
    return Caller(ip_address(address), _BROWSER, Channel.PORTAL, person.language, "localhost")
