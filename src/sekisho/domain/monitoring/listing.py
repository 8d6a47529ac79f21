"""Members of lists that rules ask: bad networks, payees, devices, symbols; each with its reason, and nearly each with an end.

Lists change, and a verdict must be computed again exactly as it was: what was found in a list is kept with the verdict (`Hit`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.kernel.times import to_ms

__all__ = ["Hit", "Hits", "Listed", "Lists", "Member"]


class Listed(Protocol):
    """Asked for members of lists: whether `value` was in `name` at that moment (ms)."""

    def holds(self, name: str, value: str, at: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Member:
    """member: as events carry it (`checked_member`). It stands from `added` to before `expires`; None: without end."""

    list: str
    member: str
    expires: datetime | None
    why: str
    added_by: str
    added: datetime


class Lists:
    """All members of all lists, found by value. Made anew when one changes."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._spans: dict[tuple[str, str], list[tuple[int, int | None]]] = {}  # ms
        for one in members:
            spelt = one_spelling(one.member)  # it may have been put there when names were kept as they were typed
            self._spans.setdefault((one.list, spelt), []).append((to_ms(one.added), None if one.expires is None else to_ms(one.expires)))

    def holds(self, name: str, value: str, at: int) -> bool:
        """Whether `value` was in the list at that moment. A list without members holds nothing."""
        return any(since <= at and (until is None or at < until) for since, until in self._spans.get((name, value), ()))


Hit = tuple[str, str]
"""List and value: that this value stood in that list."""


class Hits:
    """Asks lists and remembers what was found; or, without lists, knows only what was found when the verdict was given."""

    def __init__(self, lists: Listed | None = None, found: Iterable[Hit] = ()) -> None:
        self._lists = lists
        self.found: dict[Hit, None] = dict.fromkeys(found)

    def holds(self, name: str, value: str, at: int) -> bool:
        if (name, value) in self.found:
            return True
        if self._lists is None or not self._lists.holds(name, value, at):
            return False
        self.found[name, value] = None
        return True
