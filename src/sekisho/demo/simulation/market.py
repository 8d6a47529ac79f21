"""The whole simulation, day by day, so that memory stays that of one day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sekisho.demo.simulation.calendar import DAY
from sekisho.demo.simulation.desk import Desk, EventLine, Label
from sekisho.demo.simulation.honest import Day, live_through
from sekisho.demo.simulation.plan import Plan
from sekisho.demo.simulation.schedule import expected_on, schedule
from sekisho.demo.simulation.schemes import SCHEMES
from sekisho.demo.simulation.securities import list_securities
from sekisho.demo.simulation.traders import gather

__all__ = ["Made", "simulate"]


@dataclass(frozen=True, slots=True)
class Made:
    """What one day brought, in order of time."""

    day: int
    events: list[EventLine]
    labels: list[Label]


def simulate(plan: Plan) -> Iterator[Made]:
    """Every day of the plan in order. What would happen after the last day is left out."""
    rng = Random(f"{plan.seed}:market")
    market, crowd, desk = list_securities(rng), gather(plan, rng), Desk()
    attacks = schedule(plan, crowd, market)
    for number, date in enumerate(plan.calendar):
        rng = Random(f"{plan.seed}:day:{number}")
        due = [attack for attack in attacks if number in attack.stages]
        day = Day(number, date, expected_on(number, due, rng))
        live_through(day, desk, crowd, market, plan, rng)
        for attack in due:
            SCHEMES[attack.kind](attack, attack.stages[number], day, desk, market)
        given = list(desk.give_out(day.start + DAY))
        yield Made(number, [event for event, _ in given], [label for _, label in given if label is not None])
