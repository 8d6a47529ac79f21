"""What metrics and `sekisho doctor` say of monitoring: of a log that is open, and of one that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import Gauge

from sekisho.bootstrap.doctor import monitoring as checks
from sekisho.bootstrap.doctor.finding import Mark
from sekisho.bootstrap.metrics import Metrics
from sekisho.bootstrap.monitoring_metrics import look_at_monitoring
from sekisho.domain.monitoring.rule_set import RuleSetState
from sekisho.flows import rules_in_force
from sekisho.kernel.events import Event, EventKind
from tests.flows.conftest import house, storage_url  # noqa: F401 - fixtures
from tests.flows.house import House
from tests.flows.monitored import RULES, open_log, publish


@pytest.fixture
def aiko(house: House, monkeypatch: pytest.MonkeyPatch) -> House:  # noqa: F811
    monkeypatch.setattr(rules_in_force, "shipped_rules", lambda: RULES)
    house.enrol("aiko")
    return house


def scene(house: House, **later: float) -> Any:  # noqa: F811
    """As `doctor` sees it; later: after the clock of the tests."""
    house.clock.advance(**later)

    @contextmanager
    def reading() -> Iterator[tuple[Any, Any]]:
        with house.storage.reading() as tx:
            yield tx, tx._line

    return SimpleNamespace(reading=reading, now=house.clock())


def value(gauge: Gauge) -> float:
    return gauge._value.get()


def test_metrics_follow_the_owner(aiko: House) -> None:
    metrics = Metrics.create()
    with open_log(aiko) as log:
        log.accepted(log.event("w1"), log.event("w2"))
        log.settled()
        monitor = aiko.log.writer
        look_at_monitoring(aiko, metrics.monitoring, metrics.lease_owned, monitor)  # type: ignore[arg-type]
        judge = log.writer.judge
        assert judge is not None and value(metrics.monitoring.rules_version) == judge.rules
        assert value(metrics.monitoring.engine_keys) == 1 and value(metrics.monitoring.engine_entries) == 2
        assert value(metrics.lease_owned.labels("monitoring")) == 1 and value(metrics.monitoring.intake_waiting) == 0
    look_at_monitoring(aiko, metrics.monitoring, metrics.lease_owned, monitor)  # type: ignore[arg-type]
    assert value(metrics.monitoring.engine_keys) == 0 == value(metrics.lease_owned.labels("monitoring"))


def test_events_are_counted_once_by_source_and_verdict(aiko: House) -> None:
    from sekisho.bootstrap.monitoring import EventRecording

    told: list[dict[tuple[str, str], int]] = []
    recording = EventRecording(lambda: aiko.deps, lambda counts: told.append(dict(counts)))
    publish(aiko, RULES)
    judge, place = recording.build(lambda: False)
    with aiko.storage.transaction() as tx:
        waiting = tx.events.intake(100)
        _, place = recording.record([], waiting, place, judge, aiko.clock(), tx)
    recording.after(judge, place, aiko.clock())
    assert told == [{("own", "allow"): len(waiting)}]


def test_an_open_log_is_fine(aiko: House) -> None:
    with open_log(aiko, clock=None) as log:
        log.settled()
        found = scene(aiko)
        assert checks.event_intake(found).mark is Mark.OK and checks.rules(found).mark is Mark.OK


def test_own_events_that_wait_are_found(aiko: House) -> None:
    assert checks.event_intake(scene(aiko)).mark is Mark.OK  # for a minute
    found = checks.event_intake(scene(aiko, minutes=2))
    assert found.mark is Mark.WARN and "serve" in found.mend  # nobody serves
    assert checks.log_owner(scene(aiko)).mark is Mark.WARN


def test_an_owner_that_takes_nothing_is_a_fault(aiko: House) -> None:
    from datetime import timedelta

    from sekisho.adapters.engines.writer import LEASE
    from sekisho.kernel.times import utc_now

    with aiko.storage.transaction() as tx:
        tx.leases.acquire(LEASE, "node:1:a", utc_now(), utc_now() + timedelta(minutes=5))
        tx.audit.append(Event(EventKind.LOGIN_REFUSED, reason="unknown_name", facts={"step": "password"}), aiko.clock())
    assert checks.event_intake(scene(aiko, minutes=2)).mark is Mark.FAIL
    assert checks.log_owner(scene(aiko)).seen == "owned by node:1"


def test_rules_in_force_are_named(aiko: House) -> None:
    assert "came with Sekisho" in checks.rules(scene(aiko)).seen
    publish(aiko, RULES, RuleSetState.PROPOSED)
    assert "waits for a second person" in checks.rules(scene(aiko)).seen
    publish(aiko, "rule broken\n")
    found = checks.rules(scene(aiko))
    assert found.mark is Mark.FAIL and "rollback" in found.mend
