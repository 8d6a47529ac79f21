"""P7, R14: names, amounts and times of the broker's systems are judged by what they mean, however they were written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.domain.instructions import InstructionKind
from sekisho.domain.monitoring.listing import Member
from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.change_rule_list import add_to_list, remove_from_list
from sekisho.flows.dispute_execution import executions_of
from sekisho.flows.ports.monitoring import Accepted, Draft, Problem
from sekisho.flows.take_events import KnownNames, take_events
from sekisho.kernel.times import to_ms
from tests.flows.house import House
from tests.flows.monitored import RULES, open_log, publish

PAYEE, CASH = "bank:0001-123-9", {"amount": 5, "currency": "JPY"}
ODD = ["bank:0001-123-9 ", "ｂａｎｋ：０００１－１２３－９", "bank:0001\u200b-123-9", "\ufeffbank:0001-123-9", "bank:0001-123-9\u3164"]
NAMED = (
    RULES
    + """
list bad_payees of payee
feature payees_1h = distinct(payee) of withdrawal.requested by account over 1h
feature payers_1h = count of withdrawal.requested by payee over 1h
feature bought_1h = count of order.placed by symbol over 1h
feature opened_1h = count of staff.account_opened by staff over 1h

rule bad_payee
    on      withdrawal.requested
    when    payee in bad_payees
    then    refuse
    reason  bad_payee
    queue   cash
    en      "The payee is on a list, {payees_1h} payees of {payers_1h} withdrawals."
    ja      "受取人がリストに登録されています。{payees_1h}、{payers_1h}"
"""
)


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def values(found: Accepted) -> dict[str, Any]:
    (reason,) = json.loads(found.reasons)["reasons"]
    return dict(reason["values"])


def test_one_payee_is_one_however_it_is_written(aiko: House) -> None:
    """A mule who is watched, or paid by many, is not unknown for a blank at the end; the same of devices, symbols and staff."""
    publish(aiko, NAMED)
    add_to_list("bad_payees", ODD[1], None, "took stolen money", "os:ana", aiko.deps)
    aiko.clock.advance(seconds=1)
    with open_log(aiko, None) as log:
        found = log.accepted(*(log.event(f"w{number}", payee=payee) for number, payee in enumerate([PAYEE, *ODD])))
        (order,) = log.accepted(log.order("o1", symbol="７２０３ ", device="d-\u200b1", channel=" App"))
        (opened,) = log.accepted(log.event("s1", "staff.account_opened", attributes={"staff": "ana\u00a0mori "}))
        asked = [log.ask(f"i{number}", InstructionKind.WITHDRAWAL, **CASH, payee=payee) for number, payee in enumerate(ODD)]
    assert {one.event.payee for one in [*found, *asked]} == {PAYEE} and {one.verdict for one in [*found, *asked]} == {Verdict.REFUSE}
    assert values(found[-1]) == {"payee": PAYEE, "payees_1h": 1, "payers_1h": 6}
    assert (order.event.symbol, order.event.device, order.event.channel) == ("7203", "d-1", "App")
    assert opened.event.extra == {"staff": "ana mori"}


def test_what_shows_nothing_is_not_there(aiko: House) -> None:
    with open_log(aiko) as log:
        staff = log.event("s1", "staff.account_opened", attributes={"staff": "\u3000"})
        taken = log.send(log.event("w1", payee="\u200b "), log.order("o1", symbol="\u3164"), staff, log.order("o2", device=" "))
        assert taken.waiting is not None
        (placed,) = taken.waiting.result(20)
    needed = {place: problem.detail.partition(" needs ")[2] for place, problem in taken.problems.items()}
    assert needed == {0: "payee", 1: "symbol", 2: "staff"}
    assert isinstance(placed, Accepted) and placed.event.device is None


def test_the_no_to_a_payment_reaches_its_execution_however_the_payee_is_written(aiko: House) -> None:
    """R14: disputed events make no payee known."""
    with open_log(aiko) as log:
        asked = log.ask("i1", InstructionKind.WITHDRAWAL, **CASH, payee=ODD[0]).instruction
        (told,) = log.accepted(log.event("x1", "withdrawal.executed", **CASH, payee=ODD[1]))
        assert asked is not None
        with aiko.storage.reading() as tx:
            assert executions_of(asked, tx) == [told.event.id]


def test_a_member_of_an_earlier_spelling_can_be_removed(aiko: House) -> None:
    publish(aiko, NAMED)
    with aiko.storage.transaction() as tx:
        tx.rule_lists.put(Member("bad_payees", ODD[1], None, "as it was kept before", "os:ana", aiko.clock()))
    remove_from_list("bad_payees", ODD[1], "was an error", "os:ana", aiko.deps)
    with aiko.storage.reading() as tx:
        assert tx.rule_lists.of("bad_payees") == []


YEN = [("JPY", {"amount_jpy": 1}, False), ("JPY", {"amount_jpy": 900_000}, True), ("USD", {"amount_jpy": 1}, True), ("JPY", {}, True)]


@pytest.mark.parametrize(("currency", "more", "taken"), YEN)
def test_an_amount_in_yen_is_the_amount(aiko: House, currency: str, more: dict[str, int], taken: bool) -> None:
    """Rules count yen: a sender whose two amounts differ would hide the large one behind the small one."""
    with open_log(aiko) as log:
        sent = log.send(log.event("w1", amount=900_000, currency=currency, **more))
    assert bool(sent.problems) is not taken
    if not taken:
        assert "amount_jpy" in sent.problems[0].detail


GOOD = {
    "id": "e1", "kind": "withdrawal.requested", "time": "2026-04-01T09:00:00Z", "account": "SK-4AIKO", "amount": 5, "currency": "JPY",
    "payee": PAYEE, "device": "d1", "address": "203.0.113.7", "symbol": "7203",
}  # fmt: skip
texts = st.text(max_size=70) | st.sampled_from([*ODD, " ", "\0", "\u200b", "::ffff:203.0.113.7", "203.0.113.7:99", "2001:db8:0:0:0:0:0:7"])
numbers = st.integers(-5, 10**16) | st.sampled_from([5, 10**30, 5.0, float("nan"), True, None, "5"])
times = st.datetimes(timezones=st.just(UTC) | st.none()).map(datetime.isoformat) | st.sampled_from(
    ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1969-12-31T23:59:59Z", "2026-04-01T09:00:00.123999Z", "now", 5, None]
)
odd = {
    "id": texts | st.integers(), "kind": st.sampled_from(["order.placed", "login.completed", "x"]), "time": times, "account": texts,
    "trader": st.just("aiko") | texts, "device": texts, "address": texts, "amount": numbers, "amount_jpy": numbers, "symbol": texts,
    "quantity": numbers, "payee": texts, "currency": st.sampled_from(["USD", "jpy", "ＪＰＹ"]), "side": st.sampled_from(["buy", "hold"]),
    "liquidity": st.sampled_from(["thin", "dry"]), "more": texts,
    "attributes": st.dictionaries(st.just("payee_kind") | texts, numbers | texts, max_size=2),
}  # fmt: skip
changes = st.sets(st.sampled_from(sorted(odd)), max_size=3).flatmap(lambda names: st.fixed_dictionaries({one: odd[one] for one in names}))


class Taking:
    """Takes what the door lets through, and answers nothing."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []

    def submit(self, drafts: Any) -> Any:
        self.drafts = list(drafts)


@given(st.lists(changes.map(GOOD.__or__), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_refused_or_taken_in_its_one_form(known: tuple[House, KnownNames], items: list[dict[str, Any]]) -> None:
    house, names = known
    taking = Taking()
    problems = take_events(items, "brk_1", names, replace(house.deps, monitor=taking)).problems  # type: ignore[arg-type]
    assert len(problems) + len(taking.drafts) == len(items)
    assert all(isinstance(one, Problem) and one.detail and one.id.startswith("brk_1:") for one in problems.values())
    for draft in taking.drafts:
        event = draft.event
        assert event.own_time >= 0 and (event.address is None) == (event.network is None)
        amounts = [number for number in (event.amount, event.amount_jpy, event.quantity) if number is not None]
        assert all(type(number) is int and 0 <= number <= 10**15 for number in amounts)
        assert all(text and one_spelling(text) == text for text in (event.payee, event.symbol, event.device) if text is not None)
        if event.currency == "JPY" and event.amount is not None:
            assert event.amount_jpy == event.amount


@pytest.fixture
def known(aiko: House) -> tuple[House, KnownNames]:
    return aiko, KnownNames()


@pytest.mark.parametrize("ago", [timedelta(minutes=5, seconds=1), timedelta(hours=23), timedelta(days=2), timedelta(days=4000)])
def test_what_is_told_late_teaches_no_habit(aiko: House, ago: timedelta) -> None:
    """R14: over five minutes late it builds none, however old it says to be; in time it does, after a week."""
    publish(
        aiko,
        RULES + "\nfeature known_payee = count of withdrawal.executed by payee over 400d habit\n" + RULES.partition("rule")[1] + HABIT,
    )
    with open_log(aiko, None) as log:
        log.accepted(log.event("x1", "withdrawal.executed", ago, payee="bank:late", **CASH))
        log.accepted(log.event("x2", "withdrawal.executed", payee="bank:timely", **CASH))
    aiko.clock.advance(days=8)
    with open_log(aiko, None) as log:
        late, timely = log.accepted(log.event("w1", payee="bank:late"), log.event("w2", payee="bank:timely"))
    assert (late.verdict, timely.verdict) == (Verdict.ALLOW, Verdict.CHALLENGE)
    assert to_ms(aiko.clock()) == timely.event.at


HABIT = """ known
    on      withdrawal.requested
    when    known_payee >= 1
    then    challenge
    reason  known_payee
    queue   cash
    en      "The payee is known."
    ja      "既知の受取人です。"
"""
