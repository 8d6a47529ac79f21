"""Expressions of rules: a small typed language whose syntax is a subset of Python's, so that it reads as analysts know it.

    side == "buy" and new_device_logins > 0 and present(sold_share_24h) and sold_share_24h >= 0.5

This module has its parts. `expression_words` cuts a text into words, `expression_text` reads them, `expression_types` checks types and
that nothing which may be missing is used unguarded, `expression_code` makes a closure. Nothing is ever given to Python's eval or exec.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sekisho.domain.monitoring.problem import Place

__all__ = [
    "Arithmetic", "Call", "Comparison", "Defined", "Expression", "ListOf", "Literal", "Logic", "Minus", "Name", "Not", "Span", "ValueType",
    "children", "walk",
]  # fmt: skip


class ValueType(StrEnum):
    """What an expression gives. A moment is a time in ms; `seconds_since` makes seconds of it. A list is asked with `in` alone."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Span:
    """Where a part stands, and how it is written (blanks and comments made one blank)."""

    place: Place
    text: str
    length: int = 1


@dataclass(frozen=True, slots=True)
class Literal:
    span: Span
    value: int | float | str | bool
    type: ValueType


@dataclass(frozen=True, slots=True)
class ListOf:
    """`["buy", "sell"]`: literals of one type, to the right of `in`."""

    span: Span
    parts: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A field of the event, a feature or a list."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    span: Span
    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    span: Span
    operand: Expression


@dataclass(frozen=True, slots=True)
class Not:
    span: Span
    operand: Expression


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """sign: + - * /"""

    span: Span
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    """sign: == != < <= > >= `in` `not in`. A chain `a < b < c` is read as `a < b and b < c`."""

    span: Span
    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logic:
    """word: `and`, `or`; two parts or more, asked from left to right until one decides."""

    span: Span
    word: str
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Defined:
    """A name that `condition NAME = …` gave to a condition, with its meaning."""

    span: Span
    name: str
    meaning: Expression


Expression = Defined | Literal | ListOf | Name | Call | Minus | Not | Arithmetic | Comparison | Logic


def children(node: Expression) -> tuple[Expression, ...]:
    match node:
        case Literal() | Name():
            return ()
        case ListOf(_, parts):
            return parts
        case Call(_, _, arguments):
            return arguments
        case Defined(_, _, operand) | Minus(_, operand) | Not(_, operand):
            return (operand,)
        case Arithmetic(_, _, left, right) | Comparison(_, _, left, right):
            return (left, right)
        case Logic(_, _, parts):
            return parts


def walk(node: Expression) -> Iterator[tuple[Expression, int]]:
    """Every part with its depth (1 for the whole), in order; needs no recursion, whatever the depth."""
    waiting = [(node, 1)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        waiting.extend((child, depth + 1) for child in reversed(children(part)))
