"""The language of features: what is read, and what a wrong text is told, each with its place and all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.monitoring.event import FieldType
from sekisho.domain.monitoring.feature import Aggregate, Feature, FeatureSet, Figure, Function, Shape
from sekisho.domain.monitoring.feature_text import read_features

DAY = 86_400_000
ROOT = Path(__file__).parents[3]
GOOD = """
# what is watched around withdrawals
feature withdrawn_24h = sum(amount_jpy) of withdrawal.requested by account over 24h
feature new_device_logins = count of login.completed where not   known_client by trader over 24h prior   # of today
feature device_habit = count of login.completed by trader, device over 400d habit
feature thin_buyers = distinct(account) of order.placed where side == "buy" and (liquidity == "thin" or PAYEE) by symbol over 1h
feature since_bank_change = seconds_since_previous of bank_account.changed by account
feature usual_amount = mean(amount_jpy) of withdrawal.requested, withdrawal.executed by account over 90d delay 7d
feature first_login = first_seen of login.completed by trader, network
feature last_country = last(country) of login.completed by trader over 1h30m
feature last_client = last(known_client) of login.completed by trader over 1w
feature share = ratio(amount_jpy, usual_amount)
""".replace("PAYEE", 'present(payee) and payee == "a by  b"')


def read(text: str) -> FeatureSet:
    found = read_features(text)
    assert isinstance(found, FeatureSet), [str(problem) for problem in found]
    return found


def problems(text: str) -> list[str]:
    found = read_features(text)
    assert not isinstance(found, FeatureSet)
    return [str(problem) for problem in found]


def test_declarations_are_read_in_their_order() -> None:
    features = read(GOOD)
    assert features.names == (
        "withdrawn_24h", "new_device_logins", "device_habit", "thin_buyers", "since_bank_change", "usual_amount", "first_login",
        "last_country", "last_client", "share",
    )  # fmt: skip
    first = features.features[0]
    assert first == Feature("withdrawn_24h", Aggregate.SUM, "amount_jpy", ("withdrawal.requested",), ("account",), over=DAY)
    usual = features.features[5]
    assert isinstance(usual, Feature)
    assert (usual.kinds, usual.over, usual.delay) == (("withdrawal.requested", "withdrawal.executed"), 90 * DAY, 7 * DAY)
    assert features.features[-1] == Figure("share", Function.RATIO, ("amount_jpy", "usual_amount"))


def test_a_declaration_is_shown_so_that_it_is_read_back_the_same() -> None:
    features = read(GOOD)
    again = read("\n".join(map(str, features.features)))
    assert again == features
    assert again.fingerprint == features.fingerprint


def test_the_fingerprint_is_of_the_meaning() -> None:
    one = read("feature a = count of login.completed where not known_client by trader over 24h")
    blanks = read("# said otherwise\nfeature  a=count of login.completed where not  known_client by trader over 1d # the same")
    assert one.fingerprint == blanks.fingerprint
    others = [
        "feature b = count of login.completed where not known_client by trader over 24h",
        "feature a = count of login.completed where known_client by trader over 24h",
        "feature a = count of login.completed where not known_client by trader over 24h prior",
        "feature a = count of login.completed where not known_client by device over 24h",
        "feature a = count of login.completed where not known_client by trader over 23h",
    ]
    assert len({one.fingerprint, *(read(each).fingerprint for each in others)}) == 6


def test_blanks_within_a_quoted_text_make_another_condition() -> None:
    line = 'feature a = count of withdrawal.requested where payee == "{}" by account over 1h'
    one, two = (read(line.format(payee)).features[0] for payee in ("a b", "a  b"))
    assert isinstance(one, Feature) and isinstance(two, Feature)
    assert one.where != two.where


@pytest.mark.parametrize(
    ("name", "kind", "shape"),
    [
        ("withdrawn_24h", "withdrawal.requested", Shape(FieldType.INTEGER, always=True)),  # an account is always there
        ("withdrawn_24h", "login.completed", Shape(FieldType.INTEGER, always=False)),
        ("thin_buyers", "order.placed", Shape(FieldType.INTEGER, always=True)),
        ("device_habit", "login.completed", Shape(FieldType.INTEGER, always=True)),
        ("device_habit", "session.seen", Shape(FieldType.INTEGER, always=False)),  # half of its key may be missing
        ("usual_amount", "withdrawal.requested", Shape(FieldType.NUMBER, always=False)),  # of an empty window
        ("since_bank_change", "withdrawal.requested", Shape(FieldType.NUMBER, always=False)),
        ("first_login", "login.completed", Shape(FieldType.INTEGER, always=False, moment=True)),
        ("last_country", "login.completed", Shape(FieldType.TEXT, always=False)),
        ("last_client", "login.completed", Shape(FieldType.BOOLEAN, always=False)),
        ("share", "withdrawal.requested", Shape(FieldType.NUMBER, always=False)),
        ("nothing", "withdrawal.requested", None),
    ],
)
def test_a_feature_has_a_type_and_may_be_missing(name: str, kind: str, shape: Shape | None) -> None:
    assert read(GOOD).shape_on(kind, name) == shape


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("featur a = count of login.completed by trader over 1h", "column 1: 'feature' is expected, not 'featur'; did you mean feature?"),
        ("feature A = count of login.completed by trader over 1h", "column 9: a feature's name has small letters"),
        ("feature side = count of login.completed by trader over 1h", "column 9: side is a field of events; give the feature another name"),
        ("feature known_client = count of login.completed by trader over 1h", "column 9: known_client is a field of events"),
        ("feature present = count of login.completed by trader over 1h", "column 9: present is a word of the language"),
        ("feature a = cuont of login.completed by trader over 1h", "not 'cuont'; did you mean count?"),
        ("feature a = count of login.complete by trader over 1h", "column 22: there is no kind of event login.complete; did you mean"),
        ("feature a = count of login.completed, login.completed by trader over 1h", "column 39: login.completed stands twice"),
        ("feature a = sum(amount_jp) of order.placed by account over 1h", "column 17: order.placed has no field amount_jp; did you"),
        ("feature a = sum(country) of order.placed by account over 1h", "column 17: sum needs whole numbers, and country is text"),
        ("feature a = sum of order.placed by account over 1h", "column 13: sum needs a field; write sum(amount_jpy)"),
        ("feature a = count(amount) of order.placed by account over 1h", "column 19: count has no field"),
        ("feature a = last(known_client) of login.completed, login.refused by trader over 1h", "login.refused has no field known_client"),
        ("feature a = count of order.placed by acount over 1h", "column 38: order.placed has no field acount; did you mean account?"),
        ("feature a = count of order.placed by amount over 1h", "column 38: amount is no key; keys are texts"),
        ("feature a = count of order.placed by id over 1h", "column 38: id is no key"),
        ("feature a = count of order.placed by account, symbol, side over 1h", "column 55: a feature has at most 2 keys"),
        ("feature a = count of order.placed over 1h", "column 13: a has no key; write by account"),
        ("feature a = count of order.placed by account", "column 13: count needs a window; write over 24h"),
        ("feature a = count of order.placed by account over", "a duration such as 24h is expected, but the line ends"),
        ("feature a = count of order.placed by account over 0h", "column 51: a duration is between 1s and 3660d"),
        ("feature a = count of order.placed by account over 9999999d", "column 51: 9999999d is no duration"),
        ("feature a = count of order.placed by account over 24hours", "column 51: 24hours is no duration; write 30s, 15m, 24h or 90d"),
        ("feature a = count of order.placed by account over 1h over 2h", "column 54: over stands twice"),
        ("feature a = count of order.placed by account over 1h habit delay 7d", "column 60: habit is a delay already"),
        ("feature a = count of order.placed by account over 1h prior habit", "column 54: a delayed window never has the current event"),
        ("feature a = first_seen of order.placed by account habit", "column 51: habit needs a window; write over 400d"),
        ("feature a = seconds_since_previous of order.placed by account prior", "column 63: seconds_since_previous never looks at"),
        ("feature a = count of order.placed where sidee == 'buy' by account over 1h", "column 41: "),
        ("feature a = count of order.placed where by account over 1h", "column 40: there is no expression"),
        ("feature a = count of order.placed by account over 1h ｐrior", "FULLWIDTH LATIN SMALL LETTER P"),
        ("feature a = ratio(amount_jpy, b)", "column 31: no feature above and no number of events is called b"),
        ("feature a = ratio(amount_jpy)", "ratio has 2 arguments, not 1"),
        ("feature a = ratio(amount_jpy, hour) over 1h", "column 37: nothing more is expected, not 'over'"),
        ("feature a = zscore(country, hour, hour)", "column 20: no feature above and no number of events is called country"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_told_with_its_place(line: str, told: str) -> None:
    found = problems("# a comment\n" + line)
    assert [each for each in found if told in each and each.startswith("line 2, column ")], found


def test_all_problems_of_a_text_are_told_and_none_follows_from_another() -> None:
    text = """feature a = sum(amount_jp) of order.place by acount over 1h
feature b = ratio(a, amount_jpy)
feature b = count of order.placed by account over 1h
feature c = last(country) of order.placed by account over 1h
feature d = ratio(c, b)"""
    assert problems(text) == [
        "line 1, column 31: there is no kind of event order.place; did you mean order.placed?",
        "line 3, column 9: a feature b is declared above; give it another name",
        "line 5, column 19: c is text, not a number",
    ]


def test_a_set_refuses_two_of_one_name_and_a_figure_before_its_parts() -> None:
    count = read("feature a = count of order.placed by account over 1h").features[0]
    with pytest.raises(ValueError, match="two features are called a"):
        FeatureSet((count, count))
    with pytest.raises(ValueError, match="b needs a, which no earlier feature is"):
        FeatureSet((Figure("b", Function.RATIO, ("a", "amount_jpy")), count))


@given(st.text(alphabet=st.sampled_from([*"feature a=countof.by(),\"'# \n0h１", "\u202e", "\x00"]), max_size=200) | st.text(max_size=80))
def test_any_text_is_read_or_told_what_is_wrong(text: str) -> None:
    found = read_features("feature a = " + text)
    assert isinstance(found, FeatureSet) or found


def test_the_examples_of_the_paper_are_read() -> None:
    paper = (ROOT / "docs/features.md").read_text(encoding="utf-8")
    assert len(read(paper.split("```")[1]).names) == 9


def test_too_many_features_are_refused() -> None:
    text = "\n".join(f"feature a{number} = count of order.placed by account over 1h" for number in range(501))
    assert problems(text) == ["line 501, column 1: a text has at most 500 features"]
