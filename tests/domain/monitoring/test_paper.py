"""docs/rules.md: its examples are read, its table of kinds and of shipped rules is what the code has."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scripts.print_rules import kinds_table, shipped_table
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.expression_where import compile_where
from sekisho.domain.monitoring.rule import Format, RuleBook
from sekisho.domain.monitoring.rule_blocks import CLAUSES
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.domain.monitoring.shipped import shipped_book
from sekisho.texts.catalogue import Language
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring import tell
from tests.domain.monitoring.market import STRANGE, Market

PAPER = (Path(__file__).parents[3] / "docs" / "rules.md").read_text("utf-8")
ORDER = MonitoredEvent(
    "o", "order.placed", 0, 0, symbol="9999", side="buy", quantity=300, amount_jpy=120_000, liquidity="thin", hour=9, weekday=0
)


def blocks(kind: str) -> list[str]:
    found = re.findall(rf"^```{kind}\n(.*?)^```", PAPER, re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.mark.parametrize("text", blocks("rules"))
def test_its_rules_are_read(text: str) -> None:
    found = read_rules(text)
    assert isinstance(found, RuleBook), [str(problem) for problem in found]


@pytest.mark.parametrize("text", blocks("expressions")[0].splitlines())
def test_its_expressions_hold_as_it_says(text: str) -> None:
    found = compile_where(text, ["order.placed"])
    assert not isinstance(found, tuple), [str(problem) for problem in found]
    assert found(ORDER)


def test_its_mistakes_are_told_as_it_says() -> None:
    found = read_rules(blocks("wrong")[0])
    assert isinstance(found, tuple)
    assert "\n".join(map(str, found)) + "\n" == blocks("told")[0]


def test_its_explanation_is_what_is_told() -> None:
    market = Market().settle("t1")
    market.log_in(where=STRANGE, known=False)
    market.sell(0.8, where=STRANGE)
    market.order(where=STRANGE)
    (held,) = [each for each in market.explained if each.rule.name == "market_thin_buy_after_sale"]
    told = tell(held, shipped_book().features, Formats(Language.EN, ZoneInfo("Asia/Tokyo")))
    marks = {True: "✓", False: "✗", None: "·"}
    lines = [told.headline, told.said, *("  " * line.depth + f"{marks[line.holds]} {line.text}" for line in told.lines)]
    assert "\n".join(lines) + "\n" == blocks("explained")[0]


def test_it_names_each_clause_and_each_way_to_write_a_value() -> None:
    assert [clause for clause in CLAUSES if f"`{clause}`" not in PAPER and f"`{clause} en`" not in PAPER] == []
    assert [way for way in Format if way is not Format.PLAIN and f"{{name:{way}}}" not in PAPER] == []


def test_its_tables_are_what_the_code_has() -> None:
    """`scripts/print_rules.py` prints them anew."""
    assert shipped_table() in PAPER
    assert kinds_table() in PAPER
