"""The demo's market: the simulator's honest days for the demo's own people and two dozen further customers (docs/demo.md).

Pure: the same first day gives the same events, so that who seeds the past and who sends the present mean the same devices and places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sekisho.demo.customers import CUSTOMERS
from sekisho.demo.people import PEOPLE, Begins, Person
from sekisho.demo.simulation.calendar import DAY, is_trading_day
from sekisho.demo.simulation.carriers import CARRIERS, draw_place
from sekisho.demo.simulation.desk import Desk, EventLine
from sekisho.demo.simulation.honest import Day, live_through
from sekisho.demo.simulation.plan import Noise, Plan
from sekisho.demo.simulation.securities import Securities, list_securities
from sekisho.demo.simulation.traders import Crowd, Trader, gather
from sekisho.domain.accounts import Role
from sekisho.domain.monitoring.event import MonitoredEvent

__all__ = ["CASH", "HOLDINGS", "HOME", "PAST_DAYS", "NAMES", "Names", "market_days", "names_of", "securities", "trading_days"]

PAST_DAYS = 21  # habits form after a week (R14)
HOLDINGS = 8_400_000  # yen, of each of the demo's own people
CASH = 2_600_000
HOME = CARRIERS[0]  # their operator at home
_SEED = 7
_CALM = Noise(new_device=0, new_network=0, cookie_clearers=0, vpn_traders=0, trips=0, new_payee=0, moving_sessions=0, forgotten=0)
_PLAN = Plan(traders=50, days=28, seed=_SEED, attacks=0, noise=_CALM)


@dataclass(frozen=True, slots=True)
class Names:
    """Of one person of the market, as the broker calls him and his account."""

    username: str
    number: str


def _trades(person: Person, role: Role) -> bool:
    return role is Role.HOLDER and person.begins is not Begins.NOT_ACTIVATED


NAMES = {
    f"trd_{place:06d}": names
    for place, names in enumerate(
        (
            *(Names(one.username, number) for one in PEOPLE for number, role in one.accounts.items() if _trades(one, role)),
            *(Names(one.username, one.number) for one in CUSTOMERS),
        ),
        start=1,
    )
}
"""By the simulator's id of the trader."""


def names_of(event: MonitoredEvent) -> Names | None:
    """Whose it is; None of a stranger's knock at the door."""
    key = event.trader or (event.account or "").replace("acc_", "trd_")
    return NAMES.get(key)


def market_days(first: date) -> Iterator[tuple[date, list[EventLine]]]:
    """Every day from the first on, without end; events in order of time, their accounts and traders by the simulator's ids."""
    rng = Random(f"{_SEED}:market")
    market, crowd, desk = list_securities(rng), _crowd(), Desk()
    number = 0
    while True:
        day = Day(number, first + timedelta(days=number), {})
        live_through(day, desk, crowd, market, _PLAN, Random(f"{_SEED}:day:{number}"))
        yield day.date, [event for event, _ in desk.give_out(day.start + DAY) if names_of(event)]
        for trader in crowd.traders[: _own_people()]:
            trader.holdings, trader.cash = HOLDINGS, CASH
        number += 1


def trading_days(first: date) -> Iterator[list[EventLine]]:
    """Those of `market_days` behind the past on which the market opens: the devices and places are those of the past."""
    begins = first + timedelta(days=PAST_DAYS + 1)
    return (events for day, events in market_days(first) if day >= begins and is_trading_day(day))


def securities() -> Securities:
    """Those of the market."""
    return list_securities(Random(f"{_SEED}:market"))


def _own_people() -> int:
    return len(NAMES) - len(CUSTOMERS)


def _crowd() -> Crowd:
    """As the simulator gathers it, cut to the demo's size; the demo's own people come daily, from home, and trade little."""
    rng = Random(f"{_SEED}:crowd")
    crowd = gather(_PLAN, rng)
    del crowd.traders[len(NAMES) :]
    for place, trader in enumerate(crowd.traders):
        trader.joins = 0
        if place < _own_people():
            _settle(trader, rng)
        else:
            trader.eagerness = max(0.5, trader.eagerness)
    return crowd


def _settle(trader: Trader, rng: Random) -> None:
    trader.eagerness, trader.repeats, trader.order_rate, trader.taste = 0.97, 0.2, 0.5, 0.0
    trader.holdings, trader.cash, trader.order_size = HOLDINGS, CASH, 200_000
    trader.home_carrier, trader.home = HOME, draw_place(HOME, rng)
