"""P7, J16, J18: each verdict can be computed again exactly, from what was kept with it alone, and be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sekisho.domain.broker_access import Scope
from sekisho.domain.instructions.instruction import InstructionKind
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.broker_keys import add_broker_key
from sekisho.flows.change_rule_list import add_to_list, remove_from_list
from sekisho.flows.explain_verdict import Explanation, explain_verdict, verdicts_of
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House
from tests.flows.monitored import KEY, RULES, open_log, publish
from tests.flows.test_rule_lists import LISTED

POINTS = RULES.replace("then    challenge", "then    points 45").replace("then    refuse", "then    points 30")
FLOATS = (
    RULES
    + """
feature usual = mean(amount_jpy) of withdrawal.requested by account over 90d prior
feature spread = stddev(amount_jpy) of withdrawal.requested by account over 90d prior
feature strange = zscore(amount_jpy, usual, spread)

rule strange_amount
    on      withdrawal.requested
    when    present(usual) and present(strange) and strange > 0.1
    then    challenge
    reason  strange_amount
    queue   cash
    en      "The amount is {strange} deviations above the usual {usual:yen}."
    ja      "金額がいつもの{usual:yen}を標準偏差の{strange}倍上回っています。"
"""
)


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def differences(found: Explanation) -> tuple[str, ...]:
    assert found.again is not None
    return found.again.differs


def test_every_verdict_of_a_log_is_computed_again_and_equal(aiko: House) -> None:
    """Floats of means and deviations among them: to the last digit."""
    with open_log(aiko, FLOATS) as log:
        for number, amount in enumerate([1000, 3333, 7, 123_457, 999_999, 2, 1_000_000]):
            log.accepted(log.event(f"w{number}", amount=amount))
        log.accepted(*(log.order(f"o{number}", liquidity="thin") for number in range(4)))
        rows = log.settled()
    found = [explain_verdict(str(row.event.sequence), aiko.deps) for row in rows]
    assert [differences(one) for one in found] == [()] * len(rows)
    assert {one.logged.verdict for one in found} == {Verdict.ALLOW, Verdict.CHALLENGE, Verdict.HOLD, Verdict.REFUSE}


def test_new_rules_lists_and_thresholds_change_nothing_that_was_said(aiko: House) -> None:
    publish(aiko, LISTED)
    add_to_list("bad_payees", "bank:9", None, "took stolen money", "os:ana", aiko.deps)
    aiko.clock.advance(seconds=1)
    with open_log(aiko, LISTED) as log:
        (listed,) = log.accepted(log.event("w1", payee="bank:9"))
    with open_log(aiko, POINTS) as log:
        (counted,) = log.accepted(log.order("o1", liquidity="thin"), log.order("o2"), log.order("o3", liquidity="thin"))[2:]
    remove_from_list("bad_payees", "bank:9", "it was an error", "os:ana", aiko.deps)
    publish(aiko, RULES.replace("1000000", "1"))
    aiko.with_policies(monitoring=MonitoringPolicy(challenge_at=1, hold_at=2, refuse_at=3))
    first, second = (explain_verdict(str(one.event.sequence), aiko.deps) for one in (listed, counted))
    assert (
        first.logged.verdict is Verdict.REFUSE
        and first.again
        and [one.rule.name for one in first.again.rules if one.fired] == ["bad_payee"]
    )
    assert second.logged.verdict is Verdict.HOLD and second.logged.points == 75
    assert differences(first) == differences(second) == ()


def test_a_changed_log_is_found_out(aiko: House) -> None:
    """Somebody made a hold an allow in the database, or other values: it does not compute."""
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=2_000_000))
        (row,) = [row for row in log.settled() if row.event.id.endswith(":w1")]
    with aiko.storage.transaction() as tx:
        forged = replace(row, verdict=Verdict.ALLOW, event=_renamed(row.event, "forged"))
        tx.events.append([forged])
    assert differences(explain_verdict("forged", aiko.deps)) == ("verdict",)


def _renamed(event, id_: str):
    import msgspec

    return msgspec.structs.replace(event, id=id_, sequence=event.sequence + 1000)


def test_an_event_is_found_by_number_id_and_instruction(aiko: House) -> None:
    add_broker_key("order-desk", frozenset({Scope.EVENTS}), (), aiko.deps.policies.broker_access.overlap, "os:ana", aiko.deps)
    with open_log(aiko) as log:
        (event,) = log.outcomes(log.event("w1"), source="order-desk")
        asked = log.ask("W-2026-1", InstructionKind.WITHDRAWAL, amount=2_000_000, currency="JPY", payee="bank:1")
    assert asked.instruction is not None
    assert event.event.sequence == explain_verdict("w1", aiko.deps).logged.event.sequence  # type: ignore[union-attr]
    assert explain_verdict("order-desk:w1", aiko.deps).instruction is None
    by_reference, by_id = explain_verdict(f"{KEY}:W-2026-1", aiko.deps), explain_verdict(asked.instruction.id, aiko.deps)
    assert by_reference.instruction == by_id.instruction and by_reference.logged == by_id.logged
    assert by_reference.logged.event.sequence == asked.event.sequence and differences(by_id) == ()
    with pytest.raises(SekishoError) as raised:
        explain_verdict("w404", aiko.deps)
    assert raised.value.kind is Kind.MISSING


def test_what_came_too_late_was_not_judged_and_says_so(aiko: House) -> None:
    from datetime import timedelta

    with open_log(aiko) as log:
        (late,) = log.accepted(log.event("late", ago=timedelta(hours=25), amount=5_000_000))
    assert explain_verdict(str(late.event.sequence), aiko.deps).again is None


def test_what_was_said_is_listed_newest_first(aiko: House) -> None:
    aiko.enrol("botan")
    with open_log(aiko) as log:
        log.accepted(log.event("w1"), log.event("w2", amount=2_000_000), log.event("b1", amount=3_000_000, account="SK-5BOTAN"))
        log.accepted(*(log.order(f"o{number}") for number in range(3)))

    def ids(*asked: object) -> list[str]:
        return [one.event.id.rpartition(":")[2] for one in verdicts_of(*asked, 10, aiko.deps)]  # type: ignore[arg-type]

    assert ids(None, False) == ["o2", "b1", "w2"] and ids(None, True) == ["b1", "w2"]
    assert ids("sk-4aiko", False) == ["o2", "w2"] and ids("SK-5BOTAN", True) == ["b1"]
    with pytest.raises(SekishoError):
        verdicts_of("SK-NONE", False, 10, aiko.deps)
