"""Cuts one declaration into words and takes them one after the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Final

from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean, named_sign
from sekisho.kernel.times import parse_duration

__all__ = ["Stuck", "Words", "single_blanks"]

_WORD: Final = re.compile(
    r"(?P<blank>\s+|#.*)|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)|(?P<number>[0-9][A-Za-z0-9_.]*)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<sign>.)"
)
_SPAN: Final = re.compile(r"(?:[0-9]{1,6}[smhdw])+")
_LONGEST: Final = timedelta(days=3660)
_OPEN, _CLOSE = "([", ")]"


class Stuck(Exception):
    """Nothing after this place can be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Words:
    """problems: what was blamed so far; reading goes on after them. place: of the word taken last."""

    def __init__(self, line: str, first: Place) -> None:
        self._line = line
        self._first = first
        self._words = [found for found in _WORD.finditer(line) if found.lastgroup != "blank"]
        self._at = 0
        self.problems: list[Problem] = []

    @property
    def seen(self) -> str:
        """The next word, not taken; empty at the end."""
        return self._words[self._at][0] if self._at < len(self._words) else ""

    @property
    def place(self) -> Place:
        return self._place(self._words[self._at - 1].start()) if self._at else self._first

    def blame(self, message: str, suggestion: str = "") -> None:
        """The word taken last is wrong."""
        length = len(self._words[self._at - 1][0]) if self._at else 1
        self.problems.append(Problem(self.place, message, suggestion, length))

    def take(self, kind: str, expected: str) -> str:
        if self._at >= len(self._words) or self._words[self._at].lastgroup != kind:
            raise self._stuck(f"{expected} is expected")
        self._at += 1
        return self._words[self._at - 1][0]

    def expect(self, word: str) -> None:
        if self.seen != word:
            raise self._stuck(f"'{word}' is expected", did_you_mean(self.seen, [word]) if self.seen else "")
        self._at += 1

    def expect_end(self) -> None:
        if self.seen:
            raise self._stuck("nothing more is expected")

    def one_of(self, known: Collection[str], expected: str) -> str:
        if self.seen not in known:
            raise self._stuck(f"{expected} is expected", did_you_mean(self.seen, known) if self.seen else "")
        self._at += 1
        return self._words[self._at - 1][0]

    def listed(self, expected: str) -> Iterator[str]:
        """Names with commas between them; one at least, none twice."""
        taken: set[str] = set()
        while True:
            name = self.take("name", expected)
            if name in taken:
                self.blame(f"{name} stands twice")
            taken.add(name)
            yield name
            if self.seen != ",":
                return
            self.expect(",")

    def span(self) -> int:
        """A duration in ms."""
        text = self.take("number", "a duration such as 24h")
        if _SPAN.fullmatch(text) is None:
            self.blame(f"{text[:20]} is no duration", "write 30s, 15m, 24h or 90d")
            return 1
        try:
            found = parse_duration(text)
        except (ValueError, OverflowError):
            found = timedelta(0)
        if not timedelta(0) < found <= _LONGEST:
            self.blame(f"a duration is between 1s and {_LONGEST.days}d")
            return 1
        return found // timedelta(milliseconds=1)

    def until(self, stops: Collection[str]) -> tuple[str, Place]:
        """The text up to the first of these names that stands in no brackets, and where it begins."""
        start, depth, begun = self._at, 0, self._words[self._at - 1].end()
        while self._at < len(self._words) and not (depth <= 0 and self.seen in stops):
            depth += (self.seen in _OPEN) - (self.seen in _CLOSE)
            self._at += 1
        if start == self._at:
            return "", self._place(begun)
        first, last = self._words[start], self._words[self._at - 1]
        return self._line[first.start() : last.end()], self._place(first.start())

    def _place(self, offset: int) -> Place:
        return Place(self._first.line, self._first.column + offset)

    def _stuck(self, message: str, suggestion: str = "") -> Stuck:
        if self._at >= len(self._words):
            end = self._words[-1].end() if self._words else 0
            return Stuck(Problem(self._place(end), f"{message}, but the line ends", suggestion))
        word = self._words[self._at]
        shown = f"'{word[0][:30]}'" if word.lastgroup != "sign" else named_sign(word[0])
        return Stuck(Problem(self._place(word.start()), f"{message}, not {shown}", suggestion, len(word[0])))


def single_blanks(text: str) -> str:
    """The same with one blank for several, but within quoted texts."""
    return "".join(" " if found.lastgroup == "blank" else found[0] for found in _WORD.finditer(text)).strip()
