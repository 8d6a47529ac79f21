"""R14, MONITORING: what is stored with a verdict is what the definition says of the log on disk, on both databases, to the last digit.

Through the writer that serves: batches, snapshots, owners that begin where another one ended. The long run is one of `make faults`.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import FeatureSet
from tests.adapters.engines.test_by_definition import MORE, ROOT, disturbed
from tests.adapters.engines.worlds import bounded, declarations, streams
from tests.flows.house import House
from tests.flows.recorded import compare, record, snapshots_every, wipe

FEATURES = (ROOT / "bench/monitoring/features.txt").read_text() + MORE


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target],
)
@given(declarations(), streams(), st.sampled_from([1, 3, 10_000]), st.integers(1, 60), st.integers(1, 9), st.integers(1, 20))
def test_stored_values_are_what_the_definition_says(
    house: House, features: FeatureSet, events: list[MonitoredEvent], largest: int, cut: int, batch: int, every: int
) -> None:
    """cut: where another owner goes on. every: events between two snapshots."""
    wipe(house)
    house.with_policies(monitoring=bounded(largest))
    text = "\n".join(str(each) for each in features.features)
    with pytest.MonkeyPatch.context() as patch:
        snapshots_every(every, patch)
        record(house, text, [part for part in (events[:cut], events[cut:]) if part], batch)
    found = compare(house, text)
    assert found.events == len(events)


def test_days_of_a_brokerage_are_what_the_definition_says(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """6,000 events, own ones among them, in batches as the door takes them, by three owners."""
    house.with_policies(monitoring=bounded(100))
    snapshots_every(700, monkeypatch)
    events = list(disturbed(6000, traders=40))
    record(house, FEATURES, [events[:1500], events[1500:4100], events[4100:]], batch=60, own=20)
    found = compare(house, FEATURES, every=7)
    assert [name for name, values in found.seen.items() if len(values) < 3] == []  # each feature had something to say
    assert found.events == len(events) + found.own and found.own >= 5 and found.snapshots
