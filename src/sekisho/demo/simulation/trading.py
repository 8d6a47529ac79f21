"""Orders and their executions, in market hours; money in whole yen."""

from __future__ import annotations

from random import Random

from sekisho.demo.simulation.calendar import AFTERNOON, MINUTE, MORNING
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.securities import Securities, Security
from sekisho.demo.simulation.sessions import Sitting

__all__ = ["in_market", "place_order", "sell_most", "trade"]

_FILLED = {"liquid": 0.93, "normal": 0.85, "thin": 0.7}
_WAIT = {"liquid": 20, "normal": 120, "thin": 500}  # seconds to the execution, in the mean


def in_market(of_day: int) -> bool:
    """Whether the market is open at that ms of the day."""
    return MORNING[0] <= of_day < MORNING[1] or AFTERNOON[0] <= of_day < AFTERNOON[1]


def trade(desk: Desk, session: Sitting, moment: int, opening: int, market: Securities, rng: Random) -> int:
    """An honest session's orders; returns the moment of the last. opening: when orders placed now can first be executed."""
    trader = session.trader
    count = min(12, int(rng.expovariate(1 / trader.order_rate)))
    for _ in range(count):
        moment += int(rng.expovariate(1 / 100_000)) + 4000
        selling = trader.holdings > 100_000 and rng.random() < (0.85 if trader.cash < 60_000 else 0.46)
        amount = int(trader.order_size * rng.lognormvariate(0, 0.6))
        security = market.draw(trader.taste, rng)
        if selling:
            place_order(desk, session, moment, security, "sell", min(amount, trader.holdings // 3), max(moment, opening), rng)
        elif trader.cash > 50_000:
            place_order(desk, session, moment, security, "buy", min(amount, trader.cash), max(moment, opening), rng)
    return moment


def sell_most(desk: Desk, session: Sitting, moment: int, market: Securities, rng: Random) -> int:
    """An honest trader leaves the market or changes horses: 60 to 100 % sold, a third of them buy something else with it."""
    trader = session.trader
    left, parts = int(trader.holdings * rng.uniform(0.6, 1.0)), rng.randint(2, 7)
    for part in range(parts):
        moment += int(rng.expovariate(1 / 150_000)) + 5000
        security = market.draw(trader.taste, rng)
        left -= place_order(desk, session, moment, security, "sell", left // (parts - part), moment, rng, filled=1.0)[1]
        if left <= 0:
            break
    if rng.random() < 0.35:
        taste = 0.9 if rng.random() < 0.05 else trader.taste
        spent = trader.cash * rng.uniform(0.5, 0.95)
        for _ in range(rng.randint(1, 5)):
            moment += int(rng.expovariate(1 / 200_000)) + 5000
            place_order(desk, session, moment, market.draw(taste, rng), "buy", int(spent / 4), moment, rng)
    return moment


def place_order(
    desk: Desk, session: Sitting, moment: int, security: Security, side: str, wanted: int, executable: int, rng: Random,
    filled: float | None = None, limit: float = 1.0,
) -> tuple[str, int]:  # fmt: skip
    """Drafts the order and what becomes of it; (its id, its amount). wanted: whole yen, rounded down to whole lots of 100, at least one.

    filled: chance of execution, else by liquidity. limit: limit price as a multiple of the price; 1.0 with a coin's toss: at market.
    """
    trader = session.trader
    lot = security.price * 100
    quantity = max(1, wanted // lot) * 100
    amount = quantity * security.price
    what = {"symbol": security.symbol, "side": side, "quantity": quantity, "amount_jpy": amount, "liquidity": security.liquidity}
    at_market = limit == 1.0 and rng.random() < 0.5
    terms = {"order_type": "market"} if at_market else {"order_type": "limit", "limit_price": max(1, int(security.price * limit))}
    order = desk.add(moment, "order.placed", session.acting, what, extra=terms)
    if rng.random() < (_FILLED[security.liquidity] if filled is None else filled):
        wait = int(rng.expovariate(1 / _WAIT[security.liquidity]) * 1000) + 150
        desk.add(executable + wait, "order.executed", what, account=trader.account, trader=trader.id)
        gain = amount if side == "sell" else -amount
        trader.cash = max(0, trader.cash + gain)
        trader.holdings = max(0, trader.holdings - gain)
    elif rng.random() < 0.5:
        cancelled = moment + rng.randint(1, 40) * MINUTE
        desk.add(cancelled, "order.cancelled", account=trader.account, trader=trader.id, symbol=security.symbol)
    return order, amount
