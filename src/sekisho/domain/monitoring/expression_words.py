"""Cuts the text of an expression into words: names, numbers, durations, texts, signs. Only ASCII outside of texts, nothing invisible."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from sekisho.domain.monitoring.problem import Place, Problem, named_sign
from sekisho.kernel.times import parse_duration

__all__ = ["KEYWORDS", "Places", "Word", "cut_words"]

KEYWORDS: Final = frozenset({"and", "or", "not", "in", "true", "false"})

_PATTERN: Final = re.compile(
    r"""(?P<blank>[ \t\r\n]+|\#[^\n]*)
      | (?P<number>[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<open>["'][^\n]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||\*\*|//|:=|<>|[-+*/<>()\[\],=!&|%;:.?{}@^~\\`$])
    """,
    re.VERBOSE,
)
_INTEGER: Final = re.compile(r"0|[1-9][0-9]*(?:_[0-9]+)*")
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]*(?:_[0-9]+)*)\.[0-9]+")
_DURATION: Final = re.compile(r"(?:[0-9]+[smhdw])+")
_LARGEST: Final = 2**63 - 1
_LONGEST_TEXT: Final = 200
_MEANT: Final = {
    "=": "write == to compare",
    "&&": "write and",
    "&": "write and",
    "||": "write or",
    "|": "write or",
    "!": "write not",
    "<>": "write !=",
    "%": "write 0.5 for 50 %",
    "**": "write x * x",
    "//": "there is no whole-number division; write /",
    ":=": "write ==",
    "\\": "a line goes on by itself; leave it out",
    ";": "write and",
}


@dataclass(frozen=True, slots=True)
class Word:
    """kind: name, keyword, number, text, sign, end. start, end: offsets in the text."""

    kind: str
    text: str
    start: int
    end: int
    value: int | float | str | None = None


def cut_words(text: str, places: Places) -> tuple[list[Word], list[Problem]]:
    """All words, an `end` last; what is no word is told and left out."""
    words: list[Word] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text):
        found = _PATTERN.match(text, at)
        if found is None:
            problems.append(_foreign(text, at, places))
            at += 1
            continue
        if found.lastgroup != "blank":
            word = _word(str(found.lastgroup), found[0], at, found.end())
            if isinstance(word, Word):
                words.append(word)
            else:
                problems.append(Problem(places.of(at), *word, len(found[0])))
        at = found.end()
    words.append(Word("end", "", len(text), len(text)))
    return words, problems


def _word(kind: str, text: str, start: int, end: int) -> Word | tuple[str, str]:
    """The word, or message and suggestion."""
    if kind == "name":
        return Word("keyword" if text in KEYWORDS else "name", text, start, end)
    if kind == "number":
        value = _number(text)
        return value if isinstance(value, tuple) else Word("number", text, start, end, value)
    if kind == "text":
        return _text(text, start, end)
    if kind == "open":
        return ("the text does not end on its line", f"close it with {text[0]}")
    return (f"'{text}' has no meaning here", _MEANT[text]) if text in _MEANT else Word("sign", text, start, end)


def _number(text: str) -> int | float | tuple[str, str]:
    if _DURATION.fullmatch(text) and len(text) <= 18:
        try:
            return int(parse_duration(text).total_seconds())
        except ValueError:
            return ("a duration is at most 100 years", "")
    if _INTEGER.fullmatch(text):
        value = int(text) if len(text) <= 25 else _LARGEST + 1
        return value if value <= _LARGEST else (f"a number is at most {_LARGEST}", "")
    if _DECIMAL.fullmatch(text) and len(text) <= 30:
        return float(text)
    return (f"{text[:30]!r} is no number", "numbers are written 5000, 5_000 or 0.5, durations 30s, 15m, 24h, 7d")


def _text(text: str, start: int, end: int) -> Word | tuple[str, str]:
    inner = text[1:-1]
    if len(inner) > _LONGEST_TEXT:
        return (f"a text has at most {_LONGEST_TEXT} characters", "")
    odd = next((sign for sign in inner if not sign.isprintable() or sign == "\\"), None)
    if odd is not None:
        return (f"a text cannot hold {named_sign(odd)}", "")
    return Word("text", text, start, end, inner)


def _foreign(text: str, at: int, places: Places) -> Problem:
    """A sign that belongs to no word; full-width signs and look-alikes of other scripts are called by name."""
    sign = text[at]
    plain = unicodedata.normalize("NFKC", sign).strip() if sign not in "“”„‟" else '"'
    if len(plain) == 1 and plain.isascii():
        advice = f"write {plain} (half-width)"
    elif sign.isspace():
        advice = "write an ordinary blank"
    else:
        advice = "names have the letters a-z, digits and _; other letters stand in texts only"
    return Problem(places.of(at), f"{named_sign(sign)} has no meaning here", advice)


class Places:
    """Line and column of an offset; `first` is where the text begins in its file, and further lines begin at column 1."""

    def __init__(self, text: str, first: Place) -> None:
        self._first = first
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def of(self, offset: int) -> Place:
        row = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[row] + 1
        return Place(self._first.line + row, column + (self._first.column - 1 if row == 0 else 0))
