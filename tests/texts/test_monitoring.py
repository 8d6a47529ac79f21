"""Verdicts in words: each fact as it was, in both languages, as a careful analyst would write it down."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from sekisho.domain.monitoring.event import KINDS, MonitoredEvent
from sekisho.domain.monitoring.explanation import explain
from sekisho.domain.monitoring.feature import Value
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.rule import Format, Placeholder, RuleBook, Wording
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.texts.catalogue import Language
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring import Told, reason_text, tell
from sekisho.texts.monitoring_words import FIELDS
from tests.domain.monitoring.market import listed

EN, JA = (Formats(language, ZoneInfo("Asia/Tokyo")) for language in Language)
NOW = 1_764_000_000_000
ORDER = MonitoredEvent(
    "o", "order.placed", NOW, NOW, account="a", symbol="9999", side="buy", quantity=300, amount_jpy=120_000, liquidity="thin", hour=9
)
TEXT = """
list bad of symbol
feature sold = sum(amount_jpy) of order.placed where side == "sell" by account over 1d
feature held = last(amount_jpy) of holdings.valued by account over 30d
feature new_logins = count of login.completed where not known_client by trader over 1d
feature first_login = first_seen of login.completed by trader
feature sold_share = ratio(sold, held)
condition strange = hour > 8 and quantity > 1
condition calm = hour > 20
rule r
    on order.placed
    when {when}
    then {then}
    reason x
    queue y
    en "{{sold:yen}} were sold within a day."
    ja "1日に{{sold:yen}}が売却されました。"
"""
ROW = (110_000, 200_000, None, NOW - 10_000_000, 0.55)


def told(when: str, formats: Formats, then: str = "hold", row: tuple[Value, ...] = ROW) -> Told:
    book = read_rules(TEXT.format(when=when, then=then))
    assert isinstance(book, RuleBook), [str(problem) for problem in book]
    (only,) = explain(book, ORDER, row, Lists([listed("bad", "9999")]))
    return tell(only, book.features, formats)


@pytest.mark.parametrize(
    ("when", "holds", "english", "japanese"),
    [
        ('side == "buy"', True, "side is buy", "売買の別は「買い」です"),
        ('side == "sell"', False, "side is buy, not sell", "売買の別は「買い」で、「売り」ではありません"),
        ('side != "sell"', True, "side is buy, not sell", "売買の別は「買い」で、「売り」ではありません"),
        ('not side == "buy"', False, "side is buy", "売買の別は「買い」です"),
        ("amount_jpy > 100_000", True, "amount is ¥120,000, more than ¥100,000", "金額は120,000円で、100,000円を超えています"),
        ("amount_jpy > 200_000", False, "amount is ¥120,000, at most ¥200,000", "金額は120,000円で、200,000円以下です"),
        ("200 < quantity", True, "quantity is 300, more than 200", "数量は300で、200を超えています"),
        ("amount_jpy >= sold", True, "amount is ¥120,000, at least sold (¥110,000)", "金額は120,000円で、sold（110,000円）以上です"),
        ("lateness < 24h", True, "delay of the report is 0 seconds, less than 1 day", "報告の遅れは0秒で、1日未満です"),
        (
            'liquidity in ["thin", "normal"]', True,
            "liquidity of the stock is thin, one of thin, normal", "銘柄の流動性は「低い」で、「低い」、「通常」のいずれかに当たります",
        ),
        ("symbol in bad", True, "stock is 9999, which the list bad has", "銘柄は9999で、リスト bad に登録されています"),
        ("symbol not in bad", False, "stock is 9999, which the list bad has", "銘柄は9999で、リスト bad に登録されています"),
        ('"99" in symbol', True, "stock is 9999 and has 99 in it", "銘柄は9999で、99を含んでいます"),
        ("missing(payee)", True, "payee is not known", "出金先は不明です"),
        ("present(sold_share)", True, "sold_share is known: 0.55", "sold_shareは判明しています（0.55）"),
        ("coalesce(new_logins, 0) > 3", False, "new_logins (not known) is 0, at most 3", "new_logins（不明）は0で、3以下です"),
        (
            "present(first_login) and seconds_since(first_login) < 3d", True,
            "time since first_login is 2 hours 46 minutes, less than 3 days", "first_loginからの経過時間は2時間46分で、3日未満です",
        ),
    ],
)  # fmt: skip
def test_a_fact_is_told_as_it_was(when: str, holds: bool, english: str, japanese: str) -> None:
    for formats, text in ((EN, english), (JA, japanese)):
        (line,) = told(when, formats).lines
        assert (line.holds, line.text) == (holds, text)


def test_parts_stand_below_what_they_decide_and_the_rest_says_that_nobody_looked() -> None:
    lines = told('quantity > 1 and (side == "sell" or symbol in bad or hour > 5) and hour > 10 and hour < 12', EN).lines
    assert [(line.depth, line.holds, line.text) for line in lines] == [
        (0, True, "quantity is 300, more than 1"),
        (0, True, "At least one of these holds:"),
        (1, False, "side is buy, not sell"),
        (1, True, "stock is 9999, which the list bad has"),
        (1, None, "hour > 5: not looked at, as the rest had decided"),
        (0, False, "hour of the day is 9, at most 10"),
        (0, None, "hour < 12: not looked at, as the rest had decided"),
    ]


def test_a_named_condition_is_told_with_its_meaning_below_it() -> None:
    lines = told("strange and not calm", EN).lines
    assert [(line.depth, line.holds, line.text) for line in lines] == [
        (0, True, "strange: yes"),
        (1, True, "hour of the day is 9, more than 8"),
        (1, True, "quantity is 300, more than 1"),
        (0, True, "calm: no"),
        (1, False, "hour of the day is 9, at most 20"),
    ]
    assert told("strange and not calm", JA).lines[0].text == "strange：はい"


@pytest.mark.parametrize(
    ("when", "then", "english", "japanese"),
    [
        ("hour > 1", "hold", "The rule r fired: hold.", "ルール r に該当しました（保留）。"),
        ("hour > 1", "points 40", "The rule r fired: 40 points.", "ルール r に該当しました（40点）。"),
        ("hour > 1", "points 1", "The rule r fired: 1 point.", "ルール r に該当しました（1点）。"),
        ("hour < 1", "hold", "The rule r did not fire.", "ルール r には該当しませんでした。"),
        (
            "hour > 1",
            "hold\n    mode shadow",
            "The rule r fired: hold. It is in shadow and changed nothing.",
            "ルール r に該当しました（保留）。このルールは試行中のため、判定には影響していません。",
        ),
        (
            "hour > 1",
            "hold\n    rollout 0.01 %",
            "The rule r fired: hold. It is not rolled out here yet and changed nothing.",
            "ルール r に該当しました（保留）。このルールはこの口座にはまだ適用されていないため、判定には影響していません。",
        ),
    ],
)
def test_the_headline_says_what_followed(when: str, then: str, english: str, japanese: str) -> None:
    assert told(when, EN, then).headline == english
    assert told(when, JA, then).headline == japanese


def test_the_rule_speaks_only_where_it_fired() -> None:
    assert told("hour > 1", EN).said == "¥110,000 were sold within a day."
    assert told("hour > 1", JA).said == "1日に110,000円が売却されました。"
    assert told("hour < 1", EN).said == ""


@pytest.mark.parametrize(
    ("format", "value", "english", "japanese"),
    [
        (Format.PLAIN, 1_234_567, "1,234,567", "1,234,567"),
        (Format.PLAIN, 2.5, "2.5", "2.5"),
        (Format.PLAIN, 1234.5678, "1,234.57", "1,234.57"),
        (Format.PLAIN, 0.00123, "0.0012", "0.0012"),
        (Format.PLAIN, True, "yes", "はい"),
        (Format.PLAIN, "203.0.113.0/24", "203.0.113.0/24", "203.0.113.0/24"),
        (Format.PLAIN, "thin", "thin", "低い"),
        (Format.PERCENT, 0.876, "88%", "88%"),
        (Format.PERCENT, 0.004, "0.4%", "0.4%"),
        (Format.PERCENT, 0, "0%", "0%"),
        (Format.YEN, 1_200_000, "¥1,200,000", "1,200,000円"),
        (Format.YEN, 99.6, "¥100", "100円"),
        (Format.DURATION, 59.4, "59 seconds", "59秒"),
        (Format.DURATION, 5_425, "1 hour 30 minutes", "1時間30分"),
        (Format.DURATION, 273_900, "3 days 4 hours", "3日4時間"),
        (Format.TIME, NOW, "25 November 2025, 01:00", "2025年11月25日 01:00"),
        (Format.COUNTRY, "BR", "Brazil", "ブラジル"),
        (Format.COUNTRY, "XX", "XX", "XX"),
        (Format.YEN, None, "—", "—"),
    ],
)
def test_a_value_is_written_as_its_place_asks(format: Format, value: Value, english: str, japanese: str) -> None:
    wording = Wording(("<", Placeholder("x", format), ">"))
    assert reason_text(wording, {"x": value}, EN) == f"<{english}>"
    assert reason_text(wording, {"x": value}, JA) == f"<{japanese}>"


def test_every_column_has_a_word() -> None:
    from sekisho.domain.monitoring.event import FIELDS as COLUMNS

    assert set(COLUMNS) <= set(FIELDS)
    assert set(FIELDS) <= set(COLUMNS) | {extra for shape in KINDS.values() for extra in shape.extra}
