"""P7, R13, R14: events enter the log once, in one order, judged and on disk before anybody is answered."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future
from datetime import timedelta

import pytest

from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import Accepted, Outcome, Problem
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House
from tests.flows.monitored import RULES, at, open_log, publish

MINUTE = timedelta(minutes=1)


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def test_events_get_a_number_without_gaps_and_a_verdict(aiko: House) -> None:
    with open_log(aiko) as log:
        found = log.accepted(log.order("o1"), log.order("o2"), log.order("o3"), log.order("o4", liquidity="thin"))
        rows = log.settled()
    assert [one.verdict for one in found] == [Verdict.ALLOW, Verdict.ALLOW, Verdict.CHALLENGE, Verdict.REFUSE]
    assert [row.event.sequence for row in rows] == list(range(1, len(rows) + 1))
    kept = json.loads(found[3].reasons)
    assert [reason["code"] for reason in kept["reasons"]] == ["many_buys", "thin_buy"]
    assert kept["reasons"][0]["values"] == {"buys_1h": 4}


def test_own_events_and_the_brokers_stand_in_one_log(aiko: House) -> None:
    with open_log(aiko) as log:
        aiko.log_in(aiko_person(aiko))
        log.accepted(log.event("w1"))
        kinds = [row.event.kind for row in log.settled()]
    assert "login.completed" in kinds and "withdrawal.requested" in kinds


def aiko_person(house: House):
    from tests.flows.house import PASSWORD, PHONES, Person

    with house.storage.reading() as tx:
        record = tx.traders.by_username("aiko")
    assert record is not None
    return Person("aiko", record.trader.id, PHONES["aiko"], PASSWORD)


def test_the_same_event_again_is_answered_as_before_and_another_body_is_a_conflict(aiko: House) -> None:
    with open_log(aiko) as log:
        event = log.event("w1", amount=2_000_000)
        (first,) = log.accepted(event)
        (again,) = log.accepted(event)
        (other,) = log.outcomes({**event, "amount": 5})
        both = log.outcomes(log.event("w2"), log.event("w2"), log.event("w2", amount=7))
        (elsewhere,) = log.outcomes(event, source="brk_2")
        assert len([row for row in log.settled() if row.event.kind == "withdrawal.requested"]) == 3
    assert first.verdict is Verdict.HOLD and again.again and again.verdict is Verdict.HOLD
    assert again.event.sequence == first.event.sequence
    assert isinstance(other, Problem) and other.conflict
    assert [isinstance(one, Accepted) for one in both] == [True, True, False]
    assert isinstance(elsewhere, Accepted) and not elsewhere.again  # another key's ids are others


@pytest.mark.parametrize("seconds, taken", [(5, True), (6, False), (3600, False)])
def test_what_lies_in_the_future_is_refused(aiko: House, seconds: int, taken: bool) -> None:
    """R14: over 5 s."""
    with open_log(aiko) as log:
        (found,) = log.outcomes(log.event("w1", ago=timedelta(seconds=-seconds)))
    assert isinstance(found, Accepted) is taken


def test_a_late_event_takes_the_place_of_its_acceptance_and_a_very_late_one_moves_nothing(aiko: House) -> None:
    """R14: at = max(its own time, newest); over 24 h late: logged, not evaluated."""
    with open_log(aiko) as log:
        (new,) = log.accepted(log.event("new", amount=10))
        (late,) = log.accepted(log.event("late", ago=23 * 60 * MINUTE, amount=999_000))
        (stale,) = log.accepted(log.event("stale", ago=24 * 60 * MINUTE + 2 * MINUTE, amount=5_000_000))
        (after,) = log.accepted(log.event("after", amount=990))
        rows = {row.event.id.partition(":")[2]: row for row in log.settled()}
    assert late.event.at == new.event.at and late.event.own_time == at(aiko.clock() - 23 * 60 * MINUTE)
    assert late.event.lateness == 23 * 3600
    assert not stale.judged and stale.verdict is Verdict.ALLOW and rows["stale"].rules is None
    assert after.verdict is Verdict.HOLD  # 10 + 999,000 + 990 reach the million without the stale one
    assert rows["after"].rules is not None


def test_each_item_of_a_batch_is_answered_for_itself(aiko: House) -> None:
    with open_log(aiko) as log:
        taken = log.send(
            log.event("good"),
            log.event("kind", kind="withdrawl.requested"),
            log.event("own", kind="login.completed"),
            log.event("account", account="SK-NONE"),
            {**log.event("field"), "amuont": 3},
            log.event("attribute", attributes={"payee_knd": "x"}),
            log.event("type", amount="much"),
            {**log.event("zone"), "time": "2026-04-01T09:00:00"},
            {key: value for key, value in log.event("needs").items() if key != "payee"},
            log.order("side", side="hold"),
            log.event("huge", amount=10**16),
            log.event("x" * 65),
        )
        assert taken.waiting is not None and len(taken.waiting.result(20)) == 1
    reasons = {place: problem.detail for place, problem in taken.problems.items()}
    assert sorted(reasons) == list(range(1, 12))
    assert "did you mean withdrawal.requested?" in reasons[1] and "made by Sekisho itself" in reasons[2]
    assert "no account" in reasons[3] and "amuont" in reasons[4] and "did you mean payee_kind?" in reasons[5]
    assert "needs payee" in reasons[8]


def test_a_full_queue_is_told_and_loses_nothing(aiko: House) -> None:
    with open_log(aiko, largest=5) as log, pytest.raises(SekishoError) as raised:
        log.send(*(log.event(f"w{number}") for number in range(6)))
    assert raised.value.kind is Kind.BUSY and raised.value.retry_after


def test_parallel_senders_get_one_order(aiko: House) -> None:
    with open_log(aiko) as log:
        waiting: list[Future[list[Outcome]]] = []

        def send(number: int) -> None:
            for turn in range(20):
                taken = log.send(log.event(f"w{number}-{turn}", amount=1), log.event("same", amount=3))
                assert taken.waiting is not None
                waiting.append(taken.waiting)

        threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        outcomes = [one for each in waiting for one in each.result(20)]
        rows = log.settled()
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert sum(isinstance(one, Accepted) and not one.again for one in outcomes) == 101
    assert [row.event.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert [row.event.at for row in rows] == sorted(row.event.at for row in rows)


def test_after_a_restart_features_go_on_where_they_were(aiko: House) -> None:
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600_000))
    with open_log(aiko) as log:
        (found,) = log.accepted(log.event("w2", amount=400_000))
    assert found.verdict is Verdict.HOLD


def test_new_rules_are_taken_up_while_the_log_is_open(aiko: House) -> None:
    import time

    with open_log(aiko) as log:
        (before,) = log.accepted(log.event("w1", amount=900_000))
        version = publish(aiko, RULES.replace(">= 1000000", ">= 900000"))
        until, number = time.monotonic() + 60, 0
        while log.settled()[-1].rules != version and time.monotonic() < until:
            number += 1
            log.accepted(log.event(f"probe{number}", amount=1))
            time.sleep(0.1)
        (after,) = log.accepted(log.event("w2", amount=1))
    assert before.verdict is Verdict.ALLOW and after.verdict is Verdict.HOLD


def test_a_lost_commit_moves_no_window(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state that a failed commit had moved is rebuilt from the log."""
    from sekisho.adapters.storage.event_log import EventLog

    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=500_000))
        plain, failed = EventLog.append, []

        def fail_once(self, rows):
            if rows and not failed:
                failed.append(1)
                raise SekishoError(Kind.UNAVAILABLE, "gone")
            plain(self, rows)

        monkeypatch.setattr(EventLog, "append", fail_once)
        taken = log.send(log.event("w2", amount=500_000))
        assert taken.waiting is not None
        with pytest.raises(SekishoError):
            taken.waiting.result(20)
        import time

        until = time.monotonic() + 60
        while not log.writer.ready and time.monotonic() < until:
            time.sleep(0.02)
        (small,) = log.accepted(log.event("w3", amount=400_000))
        (again,) = log.accepted(log.event("w2", amount=500_000))
    assert small.verdict is Verdict.ALLOW and again.verdict is Verdict.HOLD and not again.again
