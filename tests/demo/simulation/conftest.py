"""One small market, simulated once for all tests that look at it."""

from collections import defaultdict
from dataclasses import dataclass

import pytest

from sekisho.demo.simulation.market import simulate
from sekisho.demo.simulation.plan import Plan


@dataclass(frozen=True)
class Market:
    plan: Plan
    events: list
    labels: dict

    def honest(self, *kinds):
        """Honest events of these kinds after the warm-up."""
        begin = self.events[0].at + self.plan.warm_up * 86_400_000
        return [event for event in self.events if event.kind in kinds and event.id not in self.labels and event.at >= begin]

    def attacks(self):
        """Labelled events by attack: id → [(label, event)], in order of time."""
        found = defaultdict(list)
        for event in self.events:
            if event.id in self.labels:
                label = self.labels[event.id]
                found[label.attack_id].append((label, event))
        return found


@pytest.fixture(scope="session")
def market():
    plan = Plan(traders=1500, days=60, seed=11, attacks=36)
    events, labels = [], {}
    for made in simulate(plan):
        events += made.events
        labels |= {label.event: label for label in made.labels}
    return Market(plan, events, labels)
