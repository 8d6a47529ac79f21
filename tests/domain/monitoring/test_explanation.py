"""An explanation sees what the judgement saw, and asks no more than it did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.explanation import Explained, Step, Unit, explain, unit_of
from sekisho.domain.monitoring.expression import Comparison, Logic, Name, Not
from sekisho.domain.monitoring.expression_text import read_expression
from sekisho.domain.monitoring.feature import Value
from sekisho.domain.monitoring.judgement import compile_rules
from sekisho.domain.monitoring.listing import Hits, Lists
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.rule_text import read_rules
from tests.domain.monitoring.market import listed

ORDER = MonitoredEvent("o", "order.placed", 0, 5_000, account="acc_1", side="buy", quantity=300, symbol="9999", amount_jpy=1, hour=9)
HEAD = """
list bad of symbol
feature f = count of order.placed by account over 1d
feature g = mean(amount_jpy) of order.placed by account over 1d
feature h = first_seen of order.placed by account
feature i = seconds_since_previous of order.placed by account
feature j = distinct(amount_jpy) of order.placed by account over 1d
feature k = ratio(f, j)
"""
LISTS = Lists([listed("bad", "9999")])


def book(when: str) -> RuleBook:
    found = read_rules(
        f'{HEAD}rule r\n on order.placed\n when {when}\n then hold\n reason x\n queue y\n en "{{quantity}}"\n ja "{{quantity}}"\n'
    )
    assert isinstance(found, RuleBook), [str(problem) for problem in found]
    return found


def explained(when: str, row: tuple[Value, ...] = (2, 1.5, 0, None, 1, 2.0)) -> Explained:
    (only,) = explain(book(when), ORDER, row, LISTS)
    return only


def test_each_part_has_its_value_and_what_was_not_asked_has_none() -> None:
    found = explained('side == "sell" and f > 1 or symbol in bad or quantity > 1')
    assert found.fired
    first, listed, rest = found.condition.parts
    assert [first.value, listed.value, rest.asked] == [False, True, False]
    side, count = first.parts
    assert (side.value, side.parts[0].value, side.parts[1].value) == (False, "buy", "sell")
    assert (count.asked, count.value) == (False, None)
    assert found.values == {"side": "buy", "f": 2, "symbol": "9999", "quantity": 300}


def test_an_unguarded_part_is_not_computed_where_the_guard_said_no() -> None:
    found = explained("present(i) and i < 60")
    assert [step.asked for step in found.condition.parts] == [True, False]
    assert not found.fired


def test_a_negation_and_a_stand_in_are_seen_through() -> None:
    found = explained("not (coalesce(i, 0.0) > 5)")
    assert isinstance(found.condition.node, Not)
    (inner,) = found.condition.parts
    assert (inner.value, inner.parts[0].value, inner.parts[0].parts[0].value) == (False, 0.0, None)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("amount_jpy", Unit.YEN), ("quantity", Unit.PLAIN), ("f", Unit.PLAIN), ("g", Unit.YEN), ("h", Unit.MOMENT), ("i", Unit.SECONDS),
        ("j", Unit.PLAIN), ("k", Unit.PLAIN), ("lateness", Unit.SECONDS), ("at", Unit.MOMENT), ("seconds_since(h)", Unit.SECONDS),
        ("coalesce(i, 5.0)", Unit.SECONDS), ("amount_jpy - 5", Unit.YEN), ("amount_jpy * 5", Unit.PLAIN), ("24h", Unit.SECONDS),
        ("24", Unit.PLAIN),
    ],
)  # fmt: skip
def test_numbers_know_what_they_count(text: str, unit: Unit) -> None:
    node = read_expression(text)
    assert not isinstance(node, tuple)
    assert unit_of(node, book("f > 1").features) is unit


EASY = ['side == "buy"', "quantity > 500", "symbol in bad", "symbol not in bad", "hour in [8, 9]", "true", "not present(payee)"]
HARD = ["present(i) and i > 5", "missing(i) or i > 5", "coalesce(i, 9.0) < 10", "coalesce(h, at) < at", "f * 2 == 3 or 1 < quantity < 400"]
LEAVES = st.sampled_from(EASY) | st.sampled_from(HARD).map(lambda text: f"({text})")
WHENS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})")
        | inner.map(lambda text: f"not ({text})")
    ),
    max_leaves=6,
)


@given(WHENS, st.sampled_from([None, 3.0, 50.0]))
def test_an_explanation_agrees_with_the_judgement_throughout(when: str, previous: float | None) -> None:
    row = (2, 1.5, 0, previous, 1, 2.0)
    judgement = compile_rules(book(when), MonitoringPolicy()).judge(ORDER, row, LISTS)
    (found,) = explain(book(when), ORDER, row, Hits(found=judgement.hits))  # from the hits alone, as if the list had been emptied since
    assert not judgement.broken
    assert found.fired is bool(judgement.reasons)
    if judgement.reasons:
        assert tuple(found.values.items()) == judgement.reasons[0].values
    check(found.condition)


def check(step: Step) -> None:
    """Each part follows from those below it."""
    if not step.asked:
        assert step.value is None
        return
    asked = [part for part in step.parts if part.asked]
    match step.node:
        case Logic(_, "and", _):
            assert step.value is all(part.value for part in asked)
        case Logic():
            assert step.value is any(part.value for part in asked)
        case Not():
            assert step.value is not asked[0].value
        case Comparison(_, sign, _, Name(_, "bad")):
            assert step.value is (sign == "in")
        case _:
            return
    for part in asked:
        check(part)
