"""Cuts a text of rules into its statements: a line that begins at the margin declares, indented lines below it are its clauses.

A line indented deeper than its clause's word continues the clause, unless it begins with a clause's word itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sekisho.domain.monitoring.problem import Place, Problem

__all__ = ["CLAUSES", "CONDITION", "Block", "Clause", "cut_blocks"]

CLAUSES: Final = ("on", "when", "then", "reason", "queue", "en", "ja", "about", "mode", "rollout")
CONDITION: Final = "condition"  # the only declaration that may go on over lines
_COMPARED: Final = re.compile(r"\s*(?:[=!<>)+*/-]|in\s|not\s+in\s)")  # `reason == "x"`: a field, not the clause
_WORD: Final = re.compile(r"\S+")


@dataclass(slots=True)
class Clause:
    """word: what it begins with. text: all behind it, further lines included. first: where `text` begins."""

    word: str
    place: Place
    text: str
    first: Place

    @property
    def plain(self) -> str:
        """The text without comment, for clauses that quote nothing."""
        return self.text.split("#", 1)[0].strip()

    def problem(self, message: str, suggestion: str = "", sought: str = "") -> Problem:
        """sought: the part of the text that is wrong; the whole first line without it."""
        offset = self.text.find(sought) if sought else -1
        if offset >= 0 and "\n" not in self.text[:offset]:
            return Problem(Place(self.first.line, self.first.column + offset), message, suggestion, len(sought))
        return Problem(self.place, message, suggestion, len(self.word))


@dataclass(slots=True)
class Block:
    """One declaration: its line (of a condition all its lines), and its clauses."""

    word: str
    line: str
    place: Place
    clauses: list[Clause] = field(default_factory=list)


def cut_blocks(text: str) -> tuple[list[Block], list[Problem]]:
    blocks: list[Block] = []
    problems: list[Problem] = []
    for number, line in _lines(text):
        found = _WORD.search(line)
        if found is None or found[0].startswith("#"):
            continue
        place = Place(number, found.start() + 1)
        if found.start() == 0:
            blocks.append(Block(found[0], line, place))
        elif not blocks:
            problems.append(
                Problem(place, "an indented line belongs to a rule, and there is none above", "begin with rule NAME at the margin")
            )
        elif blocks[-1].word == CONDITION:
            block = blocks[-1]
            block.line += "\n" * (number - block.place.line - block.line.count("\n")) + line
        else:
            _take(blocks[-1], place, line, found)
    return blocks, problems


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return ((number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), start=1))


def _take(block: Block, place: Place, line: str, word: re.Match[str]) -> None:
    """A further clause of the block, or more of its last one."""
    last = block.clauses[-1] if block.clauses else None
    begins = word[0] in CLAUSES and not _COMPARED.match(line, word.end())
    if last is not None and place.column > last.place.column and not begins:
        skipped = place.line - last.first.line - last.text.count("\n")
        last.text += "\n" * skipped + line
        return
    rest = line[word.end() :]
    blank = len(rest) - len(rest.lstrip())
    block.clauses.append(Clause(word[0], place, rest.lstrip(), Place(place.line, word.end() + blank + 1)))
