"""What the engine answers is what the definition says, to the last digit (MONITORING: "equality is exact")."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.monitoring.stream import events as brokerage_events
from sekisho.adapters.engines.engine import Engine
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import FeatureSet
from tests.adapters.engines.reference import Reference
from tests.adapters.engines.worlds import CONDITIONS, bounded, declarations, features_of, streams

ROOT = Path(__file__).parents[3]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(declarations(), streams(), st.sampled_from([1, 2, 3, 5, 10_000]), st.integers(1, 20))
def test_every_row_is_what_the_definition_says(features: FeatureSet, events: list[MonitoredEvent], largest: int, restarts: int) -> None:
    """Also when the engine is saved and restored every few events, and in what it counts of itself."""
    policy = bounded(largest)
    reference = Reference(features, policy, events, CONDITIONS)
    engine, restarted = Engine(features, policy), Engine(features, policy)
    for place, event in enumerate(events):
        row = engine.feed(event)
        assert exact(row) == exact(reference.row(place)), (event, [str(each) for each in features.features])
        if place % restarts == 0:
            restarted = Engine.restore(features, policy, restarted.snapshot())
        assert exact(restarted.feed(event)) == exact(row)
    assert restarted.stats().truncated == engine.stats().truncated
    assert restarted.stats().evicted == engine.stats().evicted


MORE = """
feature least = min(amount_jpy) of order.placed, order.executed by symbol over 4h
feature most = max(amount_jpy) of order.placed, order.executed by symbol over 4h prior
feature last_amount = last(amount_jpy) of withdrawal.requested by account over 7d
feature last_network = last(network) of login.completed by trader over 3d prior
feature met = first_seen of login.completed by trader, network
feature met_lately = first_seen of login.completed by trader over 5d delay 1d
feature met_before = first_seen of withdrawal.requested by payee prior
feature since_login = seconds_since_previous of login.completed by trader over 1d
feature usual_orders = stddev(amount_jpy) of order.placed where side == "buy" by account over 8d habit
feature usual_networks = distinct(network) of login.completed by trader over 5d habit
feature first_habit = first_seen of login.completed by trader over 9d habit
feature pace = ratio(logins_1h, networks_24h)
"""


@pytest.mark.timeout(600)
def test_a_long_replay_is_what_the_definition_says() -> None:
    """80,000 events of many days: every 37th row by definition, all against an engine that is restored from a snapshot now and then."""
    features = features_of((ROOT / "bench/monitoring/features.txt").read_text() + MORE)
    policy = bounded(100)
    events = list(disturbed(80_000, traders=400))
    reference = Reference(features, policy, events, CONDITIONS)
    engine, restarted = Engine(features, policy), Engine(features, policy)
    seen: list[set[Any]] = [set() for _ in features.names]
    for place, event in enumerate(events):
        row = engine.feed(event)
        if place % 8_000 == 3_999:
            restarted = Engine.restore(features, policy, restarted.snapshot())
        assert restarted.feed(event) == row, event
        if place % 37 == 0:
            assert exact(row) == exact(reference.row(place)), event
            for values, value in zip(seen, row, strict=True):
                values.add(value)
    assert [name for name, values in zip(features.names, seen, strict=True) if len(values) < 3] == []  # each feature had something to say
    stats = engine.stats()
    assert replace(stats, entries=0) == replace(restarted.stats(), entries=0)
    assert restarted.stats().entries <= stats.entries  # a snapshot leaves out what no window has any more
    assert stats.truncated > 100 and stats.evicted > 1000


def disturbed(number: int, traders: int = 1_000) -> Any:
    """A brokerage's days in which some events come late, some lack their network, and customers say No to some logins."""
    recent: list[str] = []
    for event in brokerage_events(number, seed=3, traders=traders):
        odd = event.sequence % 101
        if odd == 0 and recent:
            disputed = recent[event.sequence % len(recent)]
            yield MonitoredEvent(event.id, "event.disputed", event.at, event.at, event.sequence, extra={"disputed": disputed})
            continue
        changes: dict[str, Any] = {}
        if odd in (1, 2, 3):
            lateness = (20, 400, 90_000)[odd - 1]
            changes = {"lateness": lateness, "own_time": event.at - 1000 * lateness}
        if odd == 4:
            changes = {"network": None}
        if event.kind == "login.completed":
            recent = [*recent[-200:], event.id]
        yield msgspec.structs.replace(event, **changes) if changes else event


def exact(row: tuple[Any, ...]) -> list[tuple[str, str]]:
    """Values and their types, so that 1, 1.0 and True differ, and every digit of a number counts."""
    return [(type(value).__name__, repr(value)) for value in row]
