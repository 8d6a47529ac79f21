"""Members of lists that rules ask: bad networks, payees, devices, symbols; each with its reason, and nearly each with an end.

Lists change, and a verdict must be computed again exactly as it was: what was found in a list is kept with the verdict (`Hit`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Hit", "Hits", "Listed", "Lists", "Member"]


class Listed(Protocol):
    """Asked for members of lists: whether `value` was in `name` at that moment (ms)."""

    def holds(self, name: str, value: str, at: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Member:
    """since ≤ at < until (ms): the time in which `value` is in the list; until None: without end. reason: why, in people's words."""

    list: str
    value: str
    since: int
    until: int | None
    reason: str

    def __post_init__(self) -> None:
        if not self.value or not self.reason.strip():
            raise ValueError("a member of a list has a value and a reason")
        if self.until is not None and self.until < self.since:
            raise ValueError("a member of a list ends after it begins")

    def stands(self, at: int) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Lists:
    """All members of all lists, found by value. Made anew when one changes."""

    def __init__(self, members: Iterable[Member] = ()) -> None:
        self._spans: dict[tuple[str, str], list[Member]] = {}
        for member in members:
            self._spans.setdefault((member.list, member.value), []).append(member)

    def holds(self, name: str, value: str, at: int) -> bool:
        """Whether `value` was in the list at that moment. A list without members holds nothing."""
        return any(member.stands(at) for member in self._spans.get((name, value), ()))

    def found(self, name: str, value: str, at: int) -> Member | None:
        """The member, with its reason; of several the one that stands longest."""
        standing = [member for member in self._spans.get((name, value), ()) if member.stands(at)]
        return max(standing, key=lambda member: (member.until is None, member.until or 0), default=None)


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
