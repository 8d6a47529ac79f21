"""Traders for the bench, enrolled through the flows that everybody passes: added, activated with a code to the phone, own password."""

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

__all__ = ["BenchTrader", "letters", "seed", "source_of"]

Result = TypeVar("Result")
_AT_A_TIME = 8


@dataclass(frozen=True, slots=True)
class BenchTrader:
    """source: the loopback address that he keeps to."""

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
        return Delivered("seed")


def source_of(number: int) -> str:
    """The n-th loopback address, each in a /32 of its own; below 127.1.0.0 nothing is taken."""
    return f"127.{1 + number // 250 // 250}.{number // 250 % 250}.{1 + number % 250}"


def seed(config: Path, count: int, password: str) -> list[BenchTrader]:
    """So many activated traders, all with that password, which the bench alone knows."""
    traders = [BenchTrader(f"bench.{letters(n)}", password, f"+8190{10_000_000 + n}", source_of(n)) for n in range(count)]
    with open_house(load_settings(config).settings) as house:
        asyncio.run(_enrol(traders, house))
    return traders


def letters(number: int) -> str:
    """Names that do not look alike (GATE R16): digits and letters that resemble each other are left out."""
    alphabet = "abcdefghkmnpqrtuvwxy"
    text = ""
    for _ in range(4):
        number, digit = divmod(number, len(alphabet))
        text += alphabet[digit]
    return text


async def _enrol(traders: list[BenchTrader], house: House) -> None:
    pool = start_hash_pool(house.settings.hashing, house.keyring)
    with ThreadPoolExecutor(_AT_A_TIME) as threads:

        def run(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
            return asyncio.get_running_loop().run_in_executor(threads, partial(function, *args))

        deps = house.dependencies(pool, FreshSessions(lambda: inf), run, lambda: None, Metrics.create())
        phones = _Phones()
        tokens = [_begin(trader, deps) for trader in traders]
        _deliver(house, phones)
        turn = asyncio.Semaphore(_AT_A_TIME)
        await asyncio.gather(*(_finish(one, token, phones, turn, deps) for one, token in zip(traders, tokens, strict=True)))
        _deliver(house, phones)
    pool.close()


def _begin(trader: BenchTrader, deps: Dependencies) -> Secret:
    added = add_trader(NewTrader(trader.username, "Bench Trader", trader.phone, "en", {}), "bench", deps)
    begun = begin_activation(trader.username, added.activation_code, _caller(trader), deps)
    assert not isinstance(begun, Refused), begun
    send_code(begun.token, _caller(trader), deps)
    return begun.token


async def _finish(trader: BenchTrader, token: Secret, phones: _Phones, turn: asyncio.Semaphore, deps: Dependencies) -> None:
    async with turn:
        done = await finish_activation(token, phones.codes[trader.phone], Secret(trader.password), _caller(trader), deps)
    assert isinstance(done, Activated), done


def _deliver(house: House, phones: _Phones) -> None:
    deps = DeliveryDependencies(house.storage, {Way.SMS: phones}, house.settings.delivery, house.clock)
    while deliver_due(house.clock(), deps):
        pass


def _caller(trader: BenchTrader) -> Caller:
    return Caller(ip_address(trader.source), "bench", Channel.API, "en", "localhost")
