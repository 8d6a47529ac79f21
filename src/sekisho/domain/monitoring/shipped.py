"""The rules that come with Sekisho: files beside this module, one for each way of a thief (MONITORING.md §Shipped library)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["shipped_rules"]

_FOLDER = "rules"


@cache
def shipped_rules() -> str:
    """All of them as one text, in the order of their names."""
    found = sorted((each for each in (files(__package__) / _FOLDER).iterdir() if each.name.endswith(".rules")), key=lambda each: each.name)
    return "\n".join(each.read_text("utf-8") for each in found)
