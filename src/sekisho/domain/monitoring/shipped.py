"""The rules that come with Sekisho: files beside this module, one for each way of a thief (MONITORING.md §Shipped library)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.rule_text import read_rules

__all__ = ["shipped_book", "shipped_rules"]

_FOLDER = "rules"


@cache
def shipped_rules() -> str:
    """All of them as one text, in the order of their names."""
    found = sorted((each for each in (files(__package__) / _FOLDER).iterdir() if each.name.endswith(".rules")), key=lambda each: each.name)
    return "\n".join(each.read_text("utf-8") for each in found)


@cache
def shipped_book() -> RuleBook:
    found = read_rules(shipped_rules())
    if isinstance(found, tuple):
        raise ValueError(f"the shipped rules are damaged: {found[0]}")
    return found
