"""Traders for the fault runs, enrolled through the flows that everybody passes (R16), before `serve` opens the same database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from math import inf
from pathlib import Path
from typing import TypeVar

from sekisho.adapters.cryptography.hash_pool import start_hash_pool
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.bootstrap.house import House, open_house
from sekisho.bootstrap.metrics import Metrics
from sekisho.domain.notifications import Channel as Way
from sekisho.domain.sessions import Channel
from sekisho.flows.activate_trader import Activated, begin_activation, finish_activation
from sekisho.flows.add_account import NewTrader, add_trader
from sekisho.flows.caller import Caller
from sekisho.flows.deliver_messages import DeliveryDependencies, deliver_due
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.delivery import Delivered, Delivery, OutboxMessage
from sekisho.flows.send_code import send_code
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from sekisho.settings import load_settings

__all__ = ["Person", "enrol"]

PASSWORD = "seven cranes cross the ford"
_UNALIKE = "abcdefghkmnpqrtuvwxy"  # letters that no other one resembles (R16)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Person:
    """A trader, and the loopback address that he keeps to: sources take turns at the hash queue (R2)."""

    id: str
    username: str
    password: str
    phone: str
    source: str


class _Phones:
    """A sender that keeps the newest code of each number."""

    def __init__(self) -> None:
        self.codes: dict[str, Secret] = {}

    def send(self, message: OutboxMessage) -> Delivery:
        if message.code is not None:
            self.codes[message.address.reveal()] = message.code
        return Delivered("enrolment")


def enrol(config: Path, count: int) -> list[Person]:
    """So many traders with a password and a proven phone."""
    with open_house(load_settings(config).settings) as house:
        return asyncio.run(_enrol(count, house))


async def _enrol(count: int, house: House) -> list[Person]:
    pool, phones = start_hash_pool(house.settings.hashing, house.keyring), _Phones()
    with ThreadPoolExecutor(4) as threads:

        def run(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
            return asyncio.get_running_loop().run_in_executor(threads, partial(function, *args))

        deps = house.dependencies(pool, FreshSessions(lambda: inf), run, lambda: None, Metrics.create())
        people = [_add(number, deps) for number in range(count)]
        _deliver(house, phones)
        turn = asyncio.Semaphore(8)  # the hash queue has no place for all at once (R2)
        await asyncio.gather(*(_finish(person, token, phones, turn, deps) for person, token in people))
        _deliver(house, phones)
    pool.close()
    return [person for person, _ in people]


def _add(number: int, deps: Dependencies) -> tuple[Person, Secret]:
    name = "fault." + "".join(_UNALIKE[number // 20**place % 20] for place in range(3))
    phone, source = f"+8190{10_000_000 + number}", f"127.7.{number // 250}.{1 + number % 250}"
    added = add_trader(NewTrader(name, "Fault Trader", phone, "en", {}), "faults", deps)
    person = Person(added.trader.id, name, PASSWORD, phone, source)
    begun = begin_activation(name, added.activation_code, _caller(person), deps)
    assert not isinstance(begun, Refused)
    send_code(begun.token, _caller(person), deps)
    return person, begun.token


async def _finish(person: Person, token: Secret, phones: _Phones, turn: asyncio.Semaphore, deps: Dependencies) -> None:
    async with turn:
        done = await finish_activation(token, phones.codes[person.phone], Secret(person.password), _caller(person), deps)
    assert isinstance(done, Activated), done


def _deliver(house: House, phones: _Phones) -> None:
    deps = DeliveryDependencies(house.storage, {Way.SMS: phones}, house.settings.delivery, house.clock)
    while deliver_due(house.clock(), deps):
        pass


def _caller(person: Person) -> Caller:
    return Caller(ip_address(person.source), "faults", Channel.API, "en", "localhost")
