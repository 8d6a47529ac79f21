"""P7, J16, N51: what rules say of a login is acted on in the commit that judged it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.engines.writer import EventWriter
from sekisho.bootstrap.monitoring import EventRecording
from sekisho.domain.instructions import InstructionKind, InstructionState
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.claim_instruction import claim_instruction
from sekisho.flows.complete_login import Complete
from sekisho.flows.log_off import log_off
from sekisho.kernel.decision import Reason, Refused
from tests.flows.asked import ORDER
from tests.flows.fittings import open_sealed_storage
from tests.flows.house import PHONES, House, Person, caller
from tests.flows.monitored import KEY, Log, open_log, until

RULES = """
rule strange_login
    on      {kind}
    when    present(country) and country == "JP"
    then    {verdict}
    reason  strange_login
    queue   logins
    en      "A login from {{country}}."
    ja      "{{country}}からのログインです。"
"""


def session_of(house: House, complete: Complete) -> Session:
    with house.storage.reading() as tx:
        found = tx.sessions.get(complete.session.id)
    assert found is not None
    return found


def judged(log: Log, house: House, count: int = 1) -> None:
    until(lambda: house.audited("login.judged") >= count)


@pytest.fixture
def known(house: House) -> Complete:
    """A login of a device that is no longer new, from a network without a country."""
    aiko = house.enrol("aiko")
    first = house.log_in(aiko, caller("192.0.2.5"))
    house.clock.advance(hours=48)
    return house.log_in(aiko, caller("192.0.2.5", first.client_token))


def test_a_login_that_rules_refuse_is_refused_like_any_other(house: House) -> None:
    """Its session was never handed out, and has ended."""
    aiko = house.enrol("aiko")
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")):
        started = house.start(aiko)
        assert house.give_code(started.token, house.ask_code(started.token)) == Refused(Reason.SUSPICIOUS)
    with house.storage.reading() as tx:
        assert tx.sessions.live_of(aiko.id) == []
    assert house.audited("login.judged", verdict="refuse") == 1
    (message,) = [one for one in house.messages() if one.kind == "login_stopped"]
    assert "we stopped a login" in message.body.reveal() and not house.kinds()["login_suspicious"]
    assert house.watching.outcomes[-1] == "login suspicious"


def clients_of(house: House, trader: str) -> list[str]:
    with house.storage.reading() as tx:
        return [client.id for client in tx.known_clients.of(trader, house.clock())]


def test_a_refused_login_makes_no_known_client(house: House) -> None:
    """R3: nobody holds its token, or a thief does."""
    aiko = house.enrol("aiko")
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")):
        started = house.start(aiko)
        house.give_code(started.token, house.ask_code(started.token))
    assert clients_of(house, aiko.id) == [] and house.audited("known_client.dropped", reason="suspicious") == 1


def test_a_verdict_that_comes_late_leaves_the_thief_no_known_client(house: House, known: Complete) -> None:
    """Neither a new one nor the one that his login rotated."""
    aiko = Person("aiko", known.session.trader, PHONES["aiko"])
    with another_holds_the_log(house, alive=True, patience=0):
        new = house.log_in(aiko)
        rotated = house.log_in(aiko, caller("203.0.113.9", known.client_token))
    assert len(clients_of(house, aiko.id)) == 2
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")) as log:
        judged(log, house, 2)
    assert clients_of(house, aiko.id) == []
    assert house.live(new).refused and house.live(rotated).refused  # type: ignore[union-attr]


def test_who_logs_off_before_the_verdict_is_no_less_refused(house: House) -> None:
    aiko = house.enrol("aiko")
    with another_holds_the_log(house, alive=True, patience=0):
        new = house.log_in(aiko)
        log_off(house.present(new), house.deps)
    assert len(clients_of(house, aiko.id)) == 1
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")) as log:
        judged(log, house)
    assert clients_of(house, aiko.id) == [] and house.kinds()["login_stopped"] == 1
    assert session_of(house, new).end_reason is EndReason.LOGGED_OFF, "how it ended stays true"


@pytest.mark.parametrize("verdict", ["challenge", "hold"])
def test_a_login_that_rules_doubt_is_quarantined_when_it_is_handed_out(house: House, known: Complete, verdict: str) -> None:
    aiko = Person("aiko", known.session.trader, PHONES["aiko"])
    with open_log(house, RULES.format(kind="login.completed", verdict=verdict)):
        complete = house.log_in(aiko, caller("203.0.113.9", known.client_token))
    assert complete.session.quarantined_until == house.clock() + timedelta(hours=24) == house.present(complete).session.quarantined_until


def test_a_login_does_not_wait_where_nobody_judges(house: House) -> None:
    """No owner is known to be alive: it goes on at once, and is counted."""
    aiko = house.enrol("aiko")
    with another_holds_the_log(house, alive=False, patience=120):
        began = time.monotonic()
        complete = house.log_in(aiko)
        assert time.monotonic() - began < 60  # of a patience of two minutes
    assert complete.session.ended is None and "login not_judged_in_time" in house.watching.outcomes


def test_a_login_does_not_wait_for_ever_and_the_verdict_acts_when_it_comes(house: House) -> None:
    aiko = house.enrol("aiko")
    with another_holds_the_log(house, alive=True, patience=0.1):
        complete = house.log_in(aiko)
    assert "login not_judged_in_time" in house.watching.outcomes and house.present(complete)
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")) as log:
        judged(log, house)
    assert session_of(house, complete).end_reason is EndReason.SUSPICIOUS and house.live(complete).refused  # type: ignore[union-attr]


def test_a_login_that_is_told_not_to_wait_does_not(house: House) -> None:
    aiko = house.enrol("aiko")
    with another_holds_the_log(house, alive=True, patience=0):
        house.log_in(aiko)
    assert "login not_judged_in_time" not in house.watching.outcomes


def test_a_slow_owner_holds_a_few_threads_at_the_most(house: House) -> None:
    """Else a node would stand still with its pool of 40."""
    with another_holds_the_log(house, alive=True) as monitor:
        before = threading.active_count()
        waiting = [threading.Thread(target=monitor.judged, args=(f"evt_{n}", timedelta(seconds=60))) for n in range(20)]
        for thread in waiting:
            thread.start()
        until(lambda: threading.active_count() - before <= 8)
    for thread in waiting:  # a node that stops lets them go
        thread.join(20)


def test_another_nodes_login_is_judged_by_the_owner(house: House, storage_url: str) -> None:
    """The owner looks at the intake by itself; the other node looks for the verdict."""
    aiko = house.enrol("aiko")
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")):
        storage = open_sealed_storage(storage_url, house.keyring)
        writer = EventWriter(storage, EventRecording(lambda: house.deps), house.clock, 100, lambda: True)
        monitor = NodeMonitor(writer, storage, house.clock, 100)
        house.deps = replace(house.deps, monitor=monitor)
        monitor.start()
        try:
            started = house.start(aiko)
            assert house.give_code(started.token, house.ask_code(started.token)) == Refused(Reason.SUSPICIOUS)
            assert not writer.ready
        finally:
            monitor.stop()
            storage.close()


@contextmanager
def another_holds_the_log(house: House, *, alive: bool, patience: float = 10) -> Iterator[NodeMonitor]:
    """A node whose owner answers nothing: dead for long, or slow."""
    house.with_policies(monitoring=MonitoringPolicy())
    object.__setattr__(house.deps.policies.monitoring, "login_wait", timedelta(seconds=patience))  # beyond what settings may say
    now = house.clock()
    with house.storage.transaction() as tx:
        held = tx.leases.acquire("monitoring", "another", now, now + timedelta(seconds=5 if alive else -5))
    assert held is not None
    writer = EventWriter(house.storage, EventRecording(lambda: house.deps), house.clock, 100, lambda: alive)
    monitor = NodeMonitor(writer, house.storage, house.clock, 100)
    before, house.log.writer = house.log.writer, monitor
    monitor.start()
    try:
        yield monitor
    finally:
        monitor.stop()
        house.log.writer = before
        with house.storage.transaction() as tx:
            tx.leases.release(held)


@pytest.mark.parametrize("verdict", ["challenge", "hold"])
def test_a_known_device_that_looks_stolen_is_quarantined(house: House, known: Complete, verdict: str) -> None:
    """Session theft: the same session in another network (`session.seen`)."""
    assert session_of(house, known).quarantined_until is None
    with open_log(house, RULES.format(kind="session.seen", verdict=verdict)) as log:
        house.live(known, who=caller("203.0.113.9"))
        judged(log, house)
    touched = session_of(house, known)
    assert touched.ended is None and touched.quarantined_until == house.clock() + timedelta(hours=24)
    assert house.kinds()["login_suspicious"] == 1


def test_what_a_stolen_session_had_allowed_before_it_was_found_out_is_not_claimed(house: House, known: Complete) -> None:
    """R13: a verdict on an order outlives its session by half a minute, and the broker asks once more."""
    with open_log(house, RULES.format(kind="session.seen", verdict="refuse")) as log:
        order = log.ask("o1", InstructionKind.ORDER, known.session.id, **ORDER).instruction
        assert order is not None and order.state is InstructionState.ALLOWED
        house.live(known, who=caller("203.0.113.9"))
        judged(log, house)
        assert claim_instruction(order.id, order.hash, KEY, house.deps) == Refused(Reason.SESSION_ENDED)


def test_the_audit_log_names_the_rules_that_spoke_and_nothing_of_the_person(house: House, known: Complete) -> None:
    """R8: what stands in the chain outlives every erasure. Values and sentences stand with the event, which the entry names."""
    two = RULES + RULES.replace("strange_login", "other_login")
    with open_log(house, two.format(kind="session.seen", verdict="hold")) as log:
        house.live(known, who=caller("203.0.113.9"))
        judged(log, house)
        (row,) = [row for row in log.settled() if row.event.kind == "session.seen"]
    (entry,) = [one for one in house.audit() if one.kind == "login.judged"]
    facts = json.loads(entry.facts)
    assert json.loads(facts["reasons"]) == ["strange_login", "other_login"] and facts["event"] == row.event.id
    assert "JP" in row.reasons and "JP" not in entry.facts


def test_what_rules_allow_is_left_alone(house: House, known: Complete) -> None:
    with open_log(house, RULES.format(kind="session.seen", verdict="refuse")) as log:
        house.live(known, who=caller("198.51.100.1"))  # seen, and of no country
        kinds = [row.event.kind for row in log.settled()]
    assert "session.seen" in kinds and session_of(house, known).quarantined_until is None
    assert house.audited("login.judged") == 0
