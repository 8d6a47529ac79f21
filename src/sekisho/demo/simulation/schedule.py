"""Who is attacked, how and when: spread evenly over the time after the warm-up."""

from __future__ import annotations

from random import Random

from sekisho.demo.simulation.attack import Attack, AttackKind, Weakening
from sekisho.demo.simulation.calendar import AFTERNOON, HOUR, MORNING, is_trading_day
from sekisho.demo.simulation.plan import Plan
from sekisho.demo.simulation.securities import Securities
from sekisho.demo.simulation.traders import Crowd, Trader

__all__ = ["WEAKENINGS", "expected_on", "schedule"]

QUIET_DAYS = 5
_ROOM = 9  # days that later stages may need, over a long weekend too
_SLOWER, _SMALLER, _SAME_COUNTRY, _QUIET = Weakening
WEAKENINGS = (
    (_SLOWER,), (_SMALLER,), (_SAME_COUNTRY,), (_QUIET,), (_SLOWER, _SMALLER), (_SAME_COUNTRY, _QUIET),
    (_SLOWER, _SMALLER, _SAME_COUNTRY, _QUIET),
)  # fmt: skip
"""Every third attack of a kind bears the next of these."""

_NEEDS_SESSION = {AttackKind.SESSION_THEFT, AttackKind.IMPOSSIBLE_TRAVEL, AttackKind.MULE_PAYEE}
_CROWDED = {AttackKind.MARKET_CAMPAIGN, AttackKind.MULE_PAYEE}


def schedule(plan: Plan, crowd: Crowd, market: Securities) -> list[Attack]:
    """All attacks of the plan. A trader is the victim of at most one, stuffing aside, which tries everybody."""
    rng = Random(f"{plan.seed}:schedule")
    wealthy = [trader for trader in crowd.traders if trader.joins == 0 and trader.holdings > 400_000]
    rng.shuffle(wealthy)
    return [_attack(kind, number, plan, crowd, wealthy, market) for number in range(plan.attacks) for kind in AttackKind]


def _attack(kind: AttackKind, number: int, plan: Plan, crowd: Crowd, wealthy: list[Trader], market: Securities) -> Attack:
    rng = Random(f"{plan.seed}:{kind}:{number}")
    weakened = WEAKENINGS[number // 3 % len(WEAKENINGS)] if number % 3 == 2 else ()
    if kind is AttackKind.STUFFING:
        victims = rng.sample(crowd.traders, min(150, len(crowd.traders)))
    else:
        victims = [wealthy.pop() for _ in range(_size(kind, weakened, rng))]
    name = f"{kind.value}_{number + 1:03d}"
    stages = _stages(kind, weakened, plan, rng)
    return Attack(name, kind, weakened, victims, stages, rng.choice(market.thin), f"pay_{name}", rng)


def _size(kind: AttackKind, weakened: tuple[Weakening, ...], rng: Random) -> int:
    if kind not in _CROWDED:
        return 1
    return rng.randint(3, 4) if _SMALLER in weakened else rng.randint(6, 12)


def _stages(kind: AttackKind, weakened: tuple[Weakening, ...], plan: Plan, rng: Random) -> dict[int, int]:
    """day → stage. The main day is a trading day, as are later ones; quiet days are the five before it."""
    days = plan.calendar
    main = rng.choice([n for n in range(plan.warm_up + QUIET_DAYS, plan.days - _ROOM) if is_trading_day(days[n])])
    stages = {main: 0}
    if _QUIET in weakened and kind is not AttackKind.MULE_PAYEE:
        stages |= {main - before: -before for before in range(QUIET_DAYS, 0, -1)}
    later = [n for n in range(main + 1, plan.days) if is_trading_day(days[n])]
    if kind is AttackKind.MULE_PAYEE:
        spread = 5 if _SLOWER in weakened or _QUIET in weakened else 1
        stages |= {n: stage + 1 for stage, n in enumerate(later[:spread])}
    elif _SLOWER in weakened and kind in {AttackKind.TAKEOVER_MARKET, AttackKind.MARKET_CAMPAIGN, AttackKind.TAKEOVER_CASH}:
        stages |= {n: stage + 1 for stage, n in enumerate(later[:2])}
    return stages


def expected_on(day: int, due: list[Attack], rng: Random) -> dict[int, int]:
    """Victims whose own session an attack leans on that day, and when they come: an hour before the close at the latest."""
    expected: dict[int, int] = {}
    for attack in due:
        if attack.kind in _NEEDS_SESSION:
            for place, victim in enumerate(attack.victims):
                if attack.kind is not AttackKind.MULE_PAYEE or place % len(attack.stages) == attack.stages[day]:
                    expected[victim.number] = rng.randint(MORNING[0] - HOUR // 2, AFTERNOON[0] - HOUR)
    return expected
