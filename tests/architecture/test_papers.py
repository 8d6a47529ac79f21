"""The papers name things that exist: tests, files, other papers; and `docs/compliance.md` leaves no row out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sekisho.domain.monitoring.shipped import shipped_book
from tests.architecture.tree import ROOT, SOURCE, tree_of

PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
COMPLIANCE = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
LINK = re.compile(r"(?:\]\(|src=\")([^)\s\"]+)")
STATES = ("not yet", "deviation", "the firm's", "not used")
LAST = {"J": 38, "N": 52, "I": 50}  # how many rows the sources have


def rows() -> list[list[str]]:
    return [[part.strip() for part in line.strip("|").split("|")] for line in COMPLIANCE.splitlines() if re.match(r"\| [JNIV]\d", line)]


@pytest.mark.parametrize("source", LAST)
def test_no_row_is_left_out(source: str) -> None:
    assert [row[0] for row in rows() if row[0][0] == source] == [f"{source}{number:02d}" for number in range(1, LAST[source] + 1)]


def test_each_row_stands_once() -> None:
    ids = [row[0] for row in rows()]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_each_row_has_a_test_or_says_why_not(row: list[str]) -> None:
    assert TEST.search(row[2]) or row[2].startswith(STATES)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_named_tests_exist(paper: Path) -> None:
    named = set(TEST.findall(paper.read_text(encoding="utf-8")))
    assert [
        f"{file}::{name}" for file, name in sorted(named) if name not in functions_of(ROOT / "tests" / file.removeprefix("tests/"))
    ] == []


def functions_of(path: Path) -> set[str]:
    if not path.exists():
        return set()
    return {node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_links_lead_somewhere(paper: Path) -> None:
    text = paper.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in LINK.findall(text) if "://" not in link and not link.startswith("#")]
    mentioned = re.findall(r"(?<![\w/])(docs/[\w./-]+\.(?:md|svg|png))", text)
    assert [link for link in links if not (paper.parent / link).exists()] == []
    assert [path for path in mentioned if not (ROOT / path).exists()] == []


def test_the_promises_are_kept_where_the_readme_says() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if re.match(r"\| (P\d|\+) \|", line)]
    places = {place for line in table for place in re.findall(r"`((?:domain|flows|adapters|web|bootstrap|tests)/[\w./]+)`", line)}
    assert len(table) == 9 and len(places) > 15
    assert [place for place in sorted(places) if not any((root / place).exists() for root in (SOURCE, ROOT))] == []


def test_the_detection_report_is_of_the_rules_as_shipped() -> None:
    """A report of other rules would promise what nobody measured."""
    printed = re.findall(
        r"^Printed \S+; rules `([0-9a-f]{12})`", (ROOT / "docs" / "detection.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    shipped = shipped_book().fingerprint[:12]
    assert printed == [shipped], (
        f"docs/detection.md has figures of the rules {printed}, and those shipped are {shipped}. Print it anew with\n"
        "    .venv/bin/python scripts/print_detection.py /tmp/markets\n"
        "(a quarter of an hour of one core), and read again what the page says of its figures. Rules that were changed after a look at a "
        "seed need fresh seeds: FRESH in that script."
    )
