"""An honest day: who comes, how often, and what each does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from sekisho.demo.simulation.calendar import AFTERNOON, HOUR, MINUTE, MORNING, is_trading_day, next_trading_day, start_of
from sekisho.demo.simulation.carriers import Use, carriers_of, draw_place
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.paying import do_paperwork, withdraw
from sekisho.demo.simulation.plan import Plan
from sekisho.demo.simulation.securities import Securities, Security
from sekisho.demo.simulation.sessions import Sitting, choose_client, choose_place, end_session, log_in, look_at_holdings, where
from sekisho.demo.simulation.traders import Crowd, Trader
from sekisho.demo.simulation.trading import in_market, place_order, sell_most, trade

__all__ = ["Day", "live_through"]


@dataclass(slots=True)
class Day:
    """One day of the market.

    expected: traders who come for certain, and at which ms of the day; sessions: theirs, for attacks that lean on one.
    sellers: who sells most holdings today. news: a thin stock that everybody talks about.
    """

    number: int
    date: date
    expected: dict[int, int]
    sellers: frozenset[int] = frozenset()
    news: Security | None = None
    sessions: dict[int, Sitting] = field(default_factory=dict)

    @property
    def start(self) -> int:
        return start_of(self.date)

    @property
    def trading(self) -> bool:
        return is_trading_day(self.date)

    @property
    def next_opening(self) -> int:
        return start_of(next_trading_day(self.date)) + MORNING[0]

    def executable(self, moment: int) -> int:
        """When an order of that moment can first be executed."""
        of_day = moment - self.start
        if not self.trading or of_day >= AFTERNOON[1]:
            return self.next_opening
        if in_market(of_day):
            return moment
        return self.start + (MORNING[0] if of_day < MORNING[0] else AFTERNOON[0])


def live_through(day: Day, desk: Desk, crowd: Crowd, market: Securities, plan: Plan, rng: Random) -> None:
    """Drafts all honest events of that day."""
    present = [trader for trader in crowd.traders if trader.joins <= day.number]
    if day.trading:
        chosen = rng.sample(present, max(1, round(len(present) * plan.noise.sell_outs * 1.1)))
        day.sellers = frozenset(trader.number for trader in chosen)
        day.news = rng.choice(market.thin) if rng.random() < 0.3 else None
    for trader in present:
        if trader.joins == day.number and day.number:
            desk.add(day.start + 8 * HOUR, "trader.activated", trader=trader.id)
        _travel(trader, day, plan, rng)
        for moment in _visits(trader, day, rng):
            _visit(trader, moment, day, desk, crowd, market, plan, rng)
    _background(day, desk, rng)


def _travel(trader: Trader, day: Day, plan: Plan, rng: Random) -> None:
    """Trips last 3 to 10 days; the day of the journey has no login, for nobody flies and trades."""
    if trader.away is not None and trader.away[0] < day.number:
        trader.away = None
    elif trader.away is None and rng.random() < plan.noise.trips:
        trader.away = (day.number + rng.randint(3, 10), draw_place(rng.choice(carriers_of(Use.ABROAD)), rng))


def _visits(trader: Trader, day: Day, rng: Random) -> list[int]:
    """Moments of the day at which the trader logs in."""
    if trader.number in day.expected:
        return [day.start + day.expected[trader.number]]
    if trader.number in day.sellers:
        return [day.start + rng.randint(MORNING[0], AFTERNOON[1] - HOUR)]
    if trader.joins == day.number and day.number:
        return [day.start + rng.randint(8 * HOUR, 20 * HOUR) + MINUTE]
    if rng.random() >= trader.eagerness * (1 if day.trading else 0.4):
        return []
    count = 1 + min(5, int(rng.expovariate(1 / trader.repeats)))
    moments = sorted(day.start + int(trader.hour(rng, day.trading) * HOUR) for _ in range(count))
    return [moment for moment, before in zip(moments, [0, *moments], strict=False) if moment - before > 25 * MINUTE]


def _visit(trader: Trader, moment: int, day: Day, desk: Desk, crowd: Crowd, market: Securities, plan: Plan, rng: Random) -> None:
    """One login, what is done, and the end of the session."""
    client = choose_client(trader, plan.noise, rng)
    if day.number and trader.joins == day.number and not trader.sessions_seen:
        client = client[0], False  # whoever was activated today has no known client yet
    place = choose_place(trader, client[1], crowd, plan.noise, rng)
    session = log_in(desk, trader, moment, place, client, plan.noise, rng)
    moment = _moved(session, session.opened + rng.randint(2, 20) * 1000, desk, plan.noise.moving_sessions / 2, rng)
    if rng.random() < 0.75 or trader.number in day.sellers:
        look_at_holdings(desk, session, moment)
    if trader.number in day.sellers and day.trading:
        moment = sell_most(desk, session, moment, market, rng)
        if rng.random() < 0.25:
            moment = withdraw(desk, session, moment + 5 * MINUTE, day.next_opening, plan.noise, rng, share=0.9)
    elif day.trading or rng.random() < 0.3:
        moment = trade(desk, session, moment, day.executable(moment), market, rng)
    if day.news is not None and in_market(moment - day.start) and rng.random() < 0.012:
        moment += 20_000
        place_order(desk, session, moment, day.news, "buy", trader.order_size, moment, rng)
    moment = do_paperwork(desk, session, moment + rng.randint(5, 90) * 1000, rng)
    if rng.random() < 0.012:
        moment = withdraw(desk, session, moment + 15_000, day.next_opening, plan.noise, rng)
    moment = _moved(session, moment, desk, plan.noise.moving_sessions / 2, rng)
    expected = trader.number in day.expected
    end_session(desk, session, moment + (rng.randint(240, 330) if expected else rng.randint(1, 12)) * MINUTE, rng)
    if expected:
        day.sessions[trader.number] = session


def _moved(session: Sitting, moment: int, desk: Desk, chance: float, rng: Random) -> int:
    """Whoever leaves the house goes on in the mobile network; returns when."""
    if rng.random() >= chance:
        return moment
    moment += rng.randint(1, 8) * MINUTE
    session.fields = session.fields | where(rng.choice(session.trader.mobile))
    desk.add(moment, "session.seen", session.fields)
    return moment


def _background(day: Day, desk: Desk, rng: Random) -> None:
    """What knocks at every door of the internet: single tries of unknown names from anywhere. No attack that is counted."""
    for _ in range(40):
        place = draw_place(rng.choice(carriers_of(rng.choice((Use.ABROAD, Use.HOSTING)))), rng)
        moment = day.start + rng.randrange(24 * HOUR)
        desk.add(moment, "login.refused", where(place), extra={"reason": "unknown_name", "step": "password"})
