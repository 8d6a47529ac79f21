"""Named conditions: read once, put in the place of their names. A condition may name those above it; what comes of it stays small."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from sekisho.domain.monitoring.expression import (
    Arithmetic,
    Call,
    Comparison,
    Defined,
    Expression,
    Logic,
    Minus,
    Name,
    Not,
    walk,
)
from sekisho.domain.monitoring.expression_text import DEEPEST, read_expression
from sekisho.domain.monitoring.expression_words import Places
from sekisho.domain.monitoring.problem import Problem
from sekisho.domain.monitoring.rule_blocks import Block

__all__ = ["LARGEST", "declared_condition", "put_in", "read_condition"]

LARGEST: Final = 1_000  # parts of a condition, with all that its names mean
_HEAD: Final = re.compile(r"condition\s+(\S+)\s*=(?!=)")


def declared_condition(block: Block) -> str:
    """The name that it gives; empty where none can be read."""
    head = _HEAD.match(block.line)
    return head[1] if head else ""


def read_condition(block: Block, known: Mapping[str, Expression | None]) -> Expression | tuple[Problem, ...]:
    """Its meaning, or its problems. known: the conditions above it."""
    head = _HEAD.match(block.line)
    if head is None:
        return (Problem(block.place, "a condition is declared as condition NAME = …", "write condition new_device = …", len(block.word)),)
    found = read_expression(block.line[head.end() :], Places(block.line, block.place).of(head.end()))
    return found if isinstance(found, tuple) else put_in(found, known)


def put_in(node: Expression, known: Mapping[str, Expression | None]) -> Expression | tuple[Problem, ...]:
    """The expression with the meanings of its names. None: could not be read, and stays a name of which nothing is known."""
    size = 0
    for part, depth in walk(node):
        meaning = known.get(part.name) if isinstance(part, Name) else None
        parts = [] if meaning is None else [inner for _, inner in walk(meaning)]
        size += 1 + len(parts)
        if size > LARGEST or depth + max(parts, default=0) > DEEPEST * 2:
            advice = "make a feature or two rules of it"
            return (Problem(part.span.place, "the condition is too large with all that its names mean", advice, part.span.length),)
    return _filled(node, lambda name: known.get(name.name))


def _filled(node: Expression, meaning: Callable[[Name], Expression | None]) -> Expression:
    match node:
        case Name(span, name):
            found = meaning(node)
            return node if found is None else Defined(span, name, found)
        case Call(_, _, arguments):
            return replace(node, arguments=tuple(_filled(each, meaning) for each in arguments))
        case Minus(_, operand) | Not(_, operand):
            return replace(node, operand=_filled(operand, meaning))
        case Arithmetic(_, _, left, right) | Comparison(_, _, left, right):
            return replace(node, left=_filled(left, meaning), right=_filled(right, meaning))
        case Logic(_, _, parts):
            return replace(node, parts=tuple(_filled(each, meaning) for each in parts))
        case _:
            return node
