"""R14, MONITORING: 200,000 events by the writer that serves, with own ones among them and ten owners one after another, on both databases:
what was stored is what the definition says of the log on disk, what a clean replay gives, and what each snapshot and the rest give.
"""

from __future__ import annotations

import time

import pytest

from tests.adapters.engines.test_by_definition import disturbed
from tests.adapters.engines.worlds import bounded
from tests.databases import *  # noqa: F403
from tests.faults.report import FaultReport
from tests.flows.conftest import house  # noqa: F401 - a fixture
from tests.flows.house import House
from tests.flows.recorded import compare, record, snapshots_every
from tests.flows.test_features_on_disk import FEATURES

EVENTS, OWNERS, BATCH = 200_000, 10, 200


@pytest.mark.faults
def test_months_of_a_brokerage_are_what_the_definition_says(
    house: House,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    report: FaultReport,
    request: pytest.FixtureRequest,
) -> None:
    house.with_policies(monitoring=bounded(100))
    snapshots_every(9_000, monkeypatch)
    events = list(disturbed(EVENTS))
    part = EVENTS // OWNERS
    began = time.monotonic()
    record(house, FEATURES, [events[start : start + part] for start in range(0, EVENTS, part)], BATCH, own=50)
    recorded = time.monotonic()
    found = compare(house, FEATURES, every=97)
    assert [name for name, values in found.seen.items() if len(values) < 3] == []
    assert found.events == EVENTS + found.own and found.own >= 20 and found.snapshots
    run = f"features on disk, {request.node.callspec.id}"
    seconds = {"recorded_s": round(recorded - began), "compared_s": round(time.monotonic() - recorded)}
    report.add(run, events=found.events, own=found.own, owners=OWNERS, by_definition=found.defined, snapshots=found.snapshots, **seconds)
