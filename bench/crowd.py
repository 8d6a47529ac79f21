"""The session check with 10,000 live sessions and 1,000 lists of 100 networks, beside the empty route (DESIGN §7, R5).

A crowd so large is not enrolled by hand: its rows are written through the storage adapters, as logins would have left them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from statistics import median
from typing import Any

from bench.checks import beside_empty_route
from bench.figures import Figure, at_most, information
from bench.run import Run
from bench.seed import letters, source_of
from sekisho.bootstrap.house import House, open_house
from sekisho.domain.accounts import Trader, look_alike
from sekisho.domain.ip_restrictions import AddressList, Entries, Entry
from sekisho.domain.sessions import Channel, Session
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import new_token
from sekisho.settings import load_settings

__all__ = ["measure"]

_TRADERS, _SESSIONS_EACH, _NETWORKS = 1000, 10, 100
_CONNECTIONS = 8
_FIRST_SOURCE = 60_000
_AT_ONCE = 50  # traders in one transaction; the running server writes in between
_EACH = 625  # requests of a connection in a round: two rounds ask every session once
_IDLE, _LIFE = timedelta(minutes=30), timedelta(hours=24)


def measure(run: Run) -> list[Figure]:
    """Every session is asked in turn from an address of its trader's list, so that all of them stand in the server's memory."""
    tokens: list[list[str]] = [[] for _ in range(_CONNECTIONS)]
    with open_house(load_settings(run.brokerage.config).settings) as house:
        for first in range(0, _TRADERS, _AT_ONCE):
            with house.storage.transaction() as tx:
                for number in range(first, first + _AT_ONCE):
                    tokens[number % _CONNECTIONS] += _trader(number, house, tx)
    sessions: list[dict[str, Any]] = [
        {"source": source_of(_FIRST_SOURCE + number), "path": "/v1/session", "tokens": tokens[number]} for number in range(_CONNECTIONS)
    ]
    found = beside_empty_route(run, sessions, _EACH, warm=_TRADERS * _SESSIONS_EACH // _CONNECTIONS)
    name = "session check CPU ÷ empty route's, 10,000 sessions, 1,000 lists of 100"
    return [
        at_most(name, found.ratio, 1.5, "×", rounds=found.cost, checks=found.checks),
        information("session check CPU, 10,000 sessions", median(found.cost["check"]) * 1000, "ms"),
    ]


def _trader(number: int, house: House, tx: Transaction) -> list[str]:
    """One of the crowd, with his list and sessions; the tokens of these."""
    now = house.clock()
    username = f"crowd.{letters(number)}"
    trader = Trader(new_id("trd", now), username, "Crowd Trader", "en", now, activated=now)
    tx.traders.add(trader, look_alike(username))
    tx.address_lists.save(AddressList(trader.id, 1, _networks(number), now, trader.id))
    return [_session(trader, now, house, tx) for _ in range(_SESSIONS_EACH)]


def _session(trader: Trader, now: datetime, house: House, tx: Transaction) -> str:
    token = new_token().reveal()
    opens = house.keyring.keyed_hash(Purpose.TOKENS, token)
    methods = "password+security_code"
    tx.sessions.add(Session(new_id("ses", now), trader.id, Channel.API, opens, now, now, _IDLE, now + _LIFE, methods=methods))
    return token


def _networks(number: int) -> Entries:
    """The trader's own address last, behind networks of every length of prefix that people write."""
    lengths = (16, 20, 22, 24, 28, 32)
    others = [ip_network((f"100.{64 + number % 64}.{nth}.0", lengths[nth % len(lengths)]), strict=False) for nth in range(_NETWORKS - 1)]
    own = ip_network(ip_address(source_of(_FIRST_SOURCE + number % _CONNECTIONS)))
    return Entries(tuple(Entry(network, f"Network {nth}") for nth, network in enumerate([*others, own])))
