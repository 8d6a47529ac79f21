"""Expressions of rules: what they mean, what is refused with place and advice, and that nothing hostile breaks the reader."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.monitoring.event import KINDS, MonitoredEvent
from sekisho.domain.monitoring.expression_where import compile_where
from sekisho.domain.monitoring.problem import Place, Problem, points_at

ORDER = MonitoredEvent(
    id="o1", kind="order.placed", own_time=1_000_000, at=1_090_000, sequence=7, account="a1", symbol="9999", side="buy", quantity=300,
    amount_jpy=120_000, liquidity="thin", hour=9, weekday=0, extra={"order_type": "market"},
)  # fmt: skip


ASCII_ALONE = "names have the letters a-z, digits and _; other letters stand in texts only"


def holds(text: str, event: MonitoredEvent = ORDER, kinds: Iterable[str] = ("order.placed",)) -> bool:
    found = compile_where(text, kinds)
    assert not isinstance(found, tuple), [str(problem) for problem in found]
    return found(event)


def problems(text: str, kinds: Iterable[str] = ("order.placed",)) -> list[str]:
    found = compile_where(text, kinds)
    assert isinstance(found, tuple), "nothing was found"
    return [str(problem) for problem in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('side == "buy" and liquidity == "thin"', True),
        ('side == "sell" or liquidity == "thin"', True),
        ('not side == "sell"', True),
        ("100 < quantity <= 300 < amount_jpy", True),
        ("100 < quantity < 300", False),
        ("amount_jpy / 400 == quantity", True),
        ("quantity - 100 - 100 == 100", True),
        ("quantity + 2 * 50 == 400", True),
        ("-quantity < 0", True),
        ("amount_jpy == 120_000", True),
        ('side in ["buy", "sell"]', True),
        ('side not in ["sell"]', True),
        ("hour in [9, 10,]", True),
        ('"999" in symbol', True),
        ("lateness < 1h30m", True),
        ("seconds_since(own_time) == 1m30s", True),
        ("seconds_since(own_time) == 90s", True),
        ("present(payee)", False),
        ('present(payee) and payee == "p1"', False),
        ('missing(payee) or payee == "p1"', True),
        ('not (missing(payee) or missing(device)) and payee == device', False),
        ('coalesce(payee, device, "none") == "none"', True),
        ("max(quantity, 5, 400) == 400 and min(quantity, 5) == 5 and abs(5 - quantity) == 295", True),
        ("coalesce(amount_jpy / quantity, 0.0) == 400", True),
        ("present(amount_jpy / quantity) and amount_jpy / quantity > 399.5", True),
        ("coalesce(amount_jpy / (quantity - 300), -1.0) == -1", True),
        ('side == "buy"  # the usual case\n and quantity > 0', True),
        ('present(order_type) and order_type == "market"', True),
    ],
)  # fmt: skip
def test_an_expression_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_field_of_the_kind_itself_is_known() -> None:
    login = MonitoredEvent(id="l", kind="login.completed", own_time=0, extra={"known_client": False})
    assert holds("not known_client", login, ["login.completed"])
    assert holds('kind == "login.completed" and known_client == false', login, ["login.completed"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('side == "byu"', "line 1, column 9: side is never \"byu\"; did you mean buy?"),
        ('liquidty == "thin"', "line 1, column 1: liquidty is not known; did you mean liquidity?"),
        ('payee == "p"', 'line 1, column 1: payee may be missing; write present(payee) and …, or coalesce(payee, "")'),
        ('payee == "p" and present(payee)', 'line 1, column 1: payee may be missing; write present(payee) and …, or coalesce(payee, "")'),
        ('present(payee) or payee == "p"', 'line 1, column 19: payee may be missing; write present(payee) and …, or coalesce(payee, "")'),
        (
            "amount_jpy / quantity > 5",
            "line 1, column 1: amount_jpy / quantity may be missing; write coalesce(amount_jpy / quantity, 0.0)",
        ),
        ("quantity == \"300\"", 'line 1, column 1: quantity is an integer, "300" is a text: they cannot be compared'),
        ("symbol == 9999", 'line 1, column 1: symbol is a text, 9999 is an integer: they cannot be compared; write "9999"'),
        ('symbol > "5"', "line 1, column 1: > compares numbers, not a text; write == or !="),
        ("at > 24h", "line 1, column 1: at is a moment, 24h is an integer: they cannot be compared; write seconds_since(at)"),
        ("quantity", "line 1, column 1: a condition is true or false, not an integer; compare it, for example with > 0"),
        ("quantity and true", "line 1, column 1: quantity is an integer, not true or false; compare it, for example with > 0"),
        ("quantity / 0 > 1", "line 1, column 12: nothing can be divided by 0"),
        ('hour in ["9"]', 'line 1, column 10: hour is an integer, "9" is a text'),
        ("hour in []", "line 1, column 9: nothing is in an empty list"),
        ("preset(payee)", "line 1, column 1: preset is not known as a function; did you mean present?"),
        ("present", "line 1, column 1: present is not known; it is a function: write it with ( )"),
        ("present(payee, device)", "line 1, column 1: present takes one value, not 2"),
        ("True", "line 1, column 1: True is not known; did you mean true?"),
        ('side = "buy"', "line 1, column 6: '=' has no meaning here; write == to compare"),
        ('side == "buy" && hour > 1', "line 1, column 15: '&&' has no meaning here; write and"),
        ('side == "buy', 'line 1, column 9: the text does not end on its line; close it with "'),
        ("hour ＞ 1", "line 1, column 6: '＞' (FULLWIDTH GREATER-THAN SIGN) has no meaning here; write > (half-width)"),
        ("һour > 1", f"line 1, column 1: 'һ' (CYRILLIC SMALL LETTER SHHA) has no meaning here; {ASCII_ALONE}"),
        ('side == "b\u202euy"', "line 1, column 9: a text cannot hold the sign RIGHT-TO-LEFT OVERRIDE"),
        ("((hour > 1)", "line 1, column 12: ) is missing for the ( of line 1, column 1"),
        ("hour > 1 hour", "line 1, column 10: 'hour' does not belong here; join conditions by and, or or"),
        ("hour >", "line 1, column 7: the expression ends here where a value is expected"),
        ("side is present", "line 1, column 6: 'is' has no meaning here; write == or present(…)"),
        ("hour > 007", "line 1, column 8: '007' is no number; numbers are written 5000, 5_000 or 0.5, durations 30s, 15m, 24h, 7d"),
        ("hour > 1" + "0" * 30, "line 1, column 8: a number is at most 9223372036854775807"),
        ("lateness > 900000d", "line 1, column 12: a duration is at most 100 years"),
        ("", "line 1, column 1: there is no expression; write a condition such as amount_jpy > 100000"),
    ],
)  # fmt: skip
def test_what_is_refused_says_where_and_what_mends_it(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_all_problems_are_told_at_once() -> None:
    assert len(problems('side == "byu" and liquidty == "thin"\n and payee == "x" and symbol > 5')) == 4


def test_a_field_that_one_of_the_kinds_lacks_may_be_missing() -> None:
    assert "known_client may be missing" in problems("known_client", ["login.completed", "session.seen"])[0]
    assert holds("coalesce(known_client, false)", MonitoredEvent("s", "session.seen", 0), ["login.completed", "session.seen"]) is False


def test_lines_and_columns_are_those_of_the_file() -> None:
    found = compile_where("hour > 1 and\n    hourr > 2", ["order.placed"], Place(12, 17))
    assert isinstance(found, tuple)
    assert found[0].place == Place(13, 5)
    first = compile_where("hourr > 2", ["order.placed"], Place(12, 17))
    assert isinstance(first, tuple)
    assert first[0].place == Place(12, 17)


def test_the_caret_stands_below_the_fault_even_after_wide_signs() -> None:
    assert points_at(Problem(Place(2, 4), "", length=3), "x\n銀行 abc") == ["銀行 abc", "     ^^^"]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000 + "1" + ")" * 1_999,
        "not " * 999 + "true",
        "-" * 3_000 + "1 > 0",
        "+".join(["1"] * 1_900) + " > 0",
        "present(" * 450 + "hour",
        "[" * 3_000,
        "hour * hour * hour * hour * hour * hour * hour * hour * hour * hour > 1",
        "9" * 3_999,
        "x" * 100_000,
        "\0hour > 1",
        "hour > 1\ud800",
        "__import__('os').system('true')",
        "(lambda: 1)()",
        "[x for x in y]",
        'f"{hour}" == "9"',
        "hour if hour else 1",
        "(hour := 5) > 1",
        "hour.__class__ == 1",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_hostile_text_is_refused_with_a_place(text: str) -> None:
    found = compile_where(text, ["order.placed"])
    assert isinstance(found, tuple)
    assert found
    assert all(problem.place.line >= 1 and problem.place.column >= 1 and problem.message for problem in found)


WORDS = ["hour", "payee", '"a"', "5", "24h", "0.5", "and", "or", "not", "in", "(", ")", "[", "]", ",", "==", "<", "-", "/", "coalesce"]


@given(st.text(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    found = compile_where(text, ["order.placed"])
    if not isinstance(found, tuple):
        assert found(ORDER) in (True, False)
        return
    for problem in found:
        lines = text.split("\n")
        assert 1 <= problem.place.line <= len(lines)
        assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1
        assert points_at(problem, text)
    assert not any(unicodedata.category(sign) == "Cc" for problem in found for sign in problem.message)


NUMBERS = st.recursive(
    st.integers(0, 50).map(str) | st.sampled_from(["quantity", "hour", "amount_jpy"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})") | inner.map(lambda t: f"-{t}"),
    max_leaves=5,
)
COMPARED = st.tuples(NUMBERS, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), NUMBERS, st.sampled_from(["", " < 40", " != hour"])).map(
    lambda t: f"{t[0]} {t[1]} {t[2]}{t[3]}"
)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join)
        | inner.map(lambda t: f"not {t}")
        | inner.map(lambda t: f"({t})")
    ),
    max_leaves=6,
)


@given(CONDITIONS, st.integers(-9, 60), st.integers(0, 23))
def test_what_python_can_read_too_means_the_same(text: str, quantity: int, hour: int) -> None:
    event = MonitoredEvent("o", "order.placed", 0, quantity=quantity, hour=hour, amount_jpy=40, side="buy")
    found = compile_where(text, ["order.placed"])
    if isinstance(found, tuple):
        assert {problem.message for problem in found} == {"an expression has at most 8 products"}
        return
    assert found(event) is eval(text, {}, {"quantity": quantity, "hour": hour, "amount_jpy": 40})


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_needs_is_usable_at_once_and_the_rest_is_not(kind: str) -> None:
    shape = KINDS[kind]
    for name in sorted(shape.needs | set(shape.extra)):
        found = compile_where(f"{name} == {name}", [kind])
        assert isinstance(found, tuple) is (name not in shape.needs), name
