"""What is wrong with a text of rules: where, what, and what was perhaps meant. All problems of a text are told, not only the first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

__all__ = ["BEGIN", "Place", "Problem", "did_you_mean", "named_sign", "points_at"]

LONGEST_ECHO = 60


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column of a text, both from 1; columns are characters."""

    line: int = 1
    column: int = 1


BEGIN: Final = Place()


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """length: how many characters the caret underlines. suggestion: what mends it; empty when nothing is known."""

    place: Place
    message: str
    suggestion: str = ""
    length: int = 1

    def __str__(self) -> str:
        advice = f"; {self.suggestion}" if self.suggestion else ""
        return f"line {self.place.line}, column {self.place.column}: {self.message}{advice}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`did you mean X?` for the nearest known name, or nothing."""
    names = sorted(known)
    same = [each for each in names if each.lower() == name.lower()]
    near = same or get_close_matches(name[:LONGEST_ECHO], names, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""


def named_sign(sign: str) -> str:
    """A sign so that look-alikes and invisible ones can be told apart: `'а' (CYRILLIC SMALL LETTER A)`."""
    if sign.isascii() and sign.isprintable():
        return f"'{sign}'"
    name = unicodedata.name(sign, f"U+{ord(sign):04X}")
    return f"'{sign}' ({name})" if sign.isprintable() else f"the sign {name}"


def points_at(problem: Problem, text: str) -> list[str]:
    """The line of the text and a caret below it; wide signs take two columns, as terminals show them."""
    lines = text.split("\n")
    if not 1 <= problem.place.line <= len(lines):
        return []
    line = "".join(sign if sign.isprintable() else " " for sign in lines[problem.place.line - 1])
    before = line[: problem.place.column - 1]
    marked = line[problem.place.column - 1 : problem.place.column - 1 + problem.length]
    return [line, " " * _width(before) + "^" * max(1, _width(marked))]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
