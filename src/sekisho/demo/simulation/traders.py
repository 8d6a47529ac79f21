"""The people of the market: how often, when, from where and with what each trades."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from sekisho.demo.simulation.carriers import Carrier, Place, Use, carriers_of, draw_place
from sekisho.demo.simulation.plan import Plan

__all__ = ["Crowd", "Trader", "gather"]

_HOURS = ((7.5, 9.0), (9.0, 15.5), (11.5, 13.0), (17.0, 23.8))  # before the opening, during it, at lunch, in the evening
_HOME_SHARES = (26, 20, 18, 9, 8, 9, 5, 4, 1)  # rough, in the order of CARRIERS


@dataclass(slots=True)
class Trader:
    """One person with one account. holdings, cash: whole yen, kept as the day's orders change them.

    eagerness: chance of a login on a trading day. hours: weights of _HOURS. taste: share of thin securities in what is bought.
    home_carrier, mobile_carrier: where new home and mobile networks come from. away: a trip and its last day. joins: day number.
    """

    number: int
    eagerness: float
    repeats: float
    hours: tuple[float, ...]
    taste: float
    order_size: int
    order_rate: float
    holdings: int
    cash: int
    channel: str
    devices: list[str]
    home: Place
    mobile: list[Place]
    work: Place | None
    vpn: list[Place]
    home_carrier: Carrier
    mobile_carrier: Carrier
    payees: list[str]
    clears_cookies: bool
    joins: int
    devices_seen: int = 1
    away: tuple[int, Place] | None = None
    payees_seen: int = 1
    sessions_seen: int = 0
    known: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return f"trd_{self.number:06d}"

    @property
    def account(self) -> str:
        return f"acc_{self.number:06d}"

    def new_device(self) -> str:
        """A device, or an old one without its cookie: monitoring cannot tell them apart."""
        self.devices_seen += 1
        return f"dev_{self.number:06d}_{self.devices_seen}"

    def new_session(self) -> str:
        self.sessions_seen += 1
        return f"ses_{self.number:06d}_{self.sessions_seen}"

    def new_payee(self) -> str:
        self.payees_seen += 1
        return f"pay_{self.number:06d}_{self.payees_seen}"

    def hour(self, rng: Random, trading: bool) -> float:
        """An hour of the day at which this trader likes to come."""
        if not trading:
            return rng.uniform(8, 23.8)
        first, last = rng.choices(_HOURS, self.hours)[0]
        return rng.uniform(first, last)


@dataclass(frozen=True, slots=True)
class Crowd:
    """traders: everybody. offices: networks that colleagues share. pools: a mobile carrier's exits to the internet, by its place."""

    traders: list[Trader]
    offices: list[Place]
    pools: dict[tuple[str, str], list[Place]]

    def mobile_of(self, carrier: Carrier, rng: Random) -> Place:
        return rng.choice(self.pools[carrier.asn, carrier.name])


def gather(plan: Plan, rng: Random) -> Crowd:
    """The crowd at the first day, one in twenty yet to join."""
    offices = [draw_place(rng.choice(carriers_of(Use.WORK)), rng) for _ in range(max(10, plan.traders // 60))]
    pools = {(each.asn, each.name): [draw_place(each, rng) for _ in range(120)] for each in carriers_of(Use.MOBILE)}
    crowd = Crowd([], offices, pools)
    for number in range(1, plan.traders + 1):
        trader = _person(number, plan, crowd, rng)
        if number > 1 and rng.random() < 0.04:
            trader.payees = list(crowd.traders[-1].payees)  # a couple with one bank account
        crowd.traders.append(trader)
    return crowd


def _person(number: int, plan: Plan, crowd: Crowd, rng: Random) -> Trader:
    eagerness, repeats, order_rate = rng.choices(((0.85, 0.8, 1.4), (0.28, 0.15, 0.8), (0.06, 0.05, 0.6)), (15, 45, 40))[0]
    home = rng.choices(carriers_of(Use.HOME), _HOME_SHARES)[0]
    mobile = rng.choices(carriers_of(Use.MOBILE), (45, 30, 25))[0]
    wealth = int(rng.lognormvariate(14.4, 1.2))  # median 1.8 million yen
    vpn = rng.choice(carriers_of(Use.VPN)) if rng.random() < plan.noise.vpn_traders else None
    trader = Trader(
        number=number,
        eagerness=min(0.97, eagerness * rng.uniform(0.7, 1.3)),
        repeats=repeats,
        hours=(rng.random(), rng.random() * 2, rng.random(), rng.random() * 1.5),
        taste=rng.choices((0.01, 0.06, 0.3), (70, 25, 5))[0],
        order_size=max(50_000, int(wealth * rng.uniform(0.03, 0.2))),
        order_rate=order_rate * rng.uniform(0.5, 1.5),
        holdings=wealth,
        cash=int(wealth * rng.uniform(0.05, 0.6)),
        channel=rng.choices(("portal", "api", "workstation"), (70, 20, 10))[0],
        devices=[f"dev_{number:06d}_1"],
        home=draw_place(home, rng),
        mobile=[crowd.mobile_of(mobile, rng) for _ in range(rng.randint(2, 4))],
        work=rng.choice(crowd.offices) if rng.random() < 0.35 else None,
        vpn=[] if vpn is None else [draw_place(vpn, rng) for _ in range(2)],
        home_carrier=home,
        mobile_carrier=mobile,
        payees=[f"pay_{number:06d}_1"],
        clears_cookies=rng.random() < plan.noise.cookie_clearers,
        joins=rng.randint(1, plan.days - 1) if rng.random() < 0.05 else 0,
    )
    if rng.random() < 0.55:
        trader.devices.append(trader.new_device())
    return trader
