"""`docs/threats.md` tells every attacker's story with rule, test and what is left; no story in `tests/attacks` is left out."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.tree import ROOT, tree_of

PAPER = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
ATTACKERS = (
    "The stranger", "The stuffer", "The phisher with a live relay", "The SIM thief", "The infostealer", "The thief whom rules shall see",
    "The delegate", "The insider", "The stolen backup", "The stolen broker key", "Root on the box",
)  # fmt: skip
ASSETS = {"account", "login", "availability", "privacy", "record"}
SECTIONS = {part.split("\n", 1)[0]: part for part in PAPER.split("\n## ")[1:]}


def names_in(file: str) -> set[str]:
    path = ROOT / "tests" / file
    if not path.exists():
        return set()
    functions = [node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {name for name in functions if name.startswith("test_")}


def rows(section: str) -> list[list[str]]:
    return [[part.strip() for part in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")][1:]


def test_every_attacker_has_his_story() -> None:
    assert tuple(SECTIONS) == ATTACKERS


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_each_row_names_asset_rule_and_test(attacker: str) -> None:
    found = rows(SECTIONS[attacker])
    assert found
    for asset, _, rule, shown in found:
        assert set(asset.split(", ")) <= ASSETS
        assert re.fullmatch(r"R\d+(, R\d+)*", rule)
        assert NAMED.search(shown)


@pytest.mark.parametrize("attacker", ATTACKERS)
def test_each_story_says_what_is_left(attacker: str) -> None:
    assert "**What is left.** " in SECTIONS[attacker]


def test_named_tests_exist() -> None:
    assert sorted(f"{file}::{name}" for file, name in NAMED.findall(PAPER) if name not in names_in(file)) == []


def test_no_attack_is_left_out() -> None:
    files = sorted((ROOT / "tests" / "attacks").glob("test_*.py"))
    told = {f"attacks/{path.name}::{name}" for path in files for name in names_in(f"attacks/{path.name}")}
    assert len(files) > 10
    assert sorted(told - {f"{file}::{name}" for file, name in NAMED.findall(PAPER)}) == []


def test_a_test_that_is_gone_would_be_seen() -> None:
    assert "test_that_never_was" not in names_in("attacks/test_stuffer.py")
    assert names_in("attacks/test_nowhere.py") == set()
