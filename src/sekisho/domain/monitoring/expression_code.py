"""Makes a closure of a checked expression: called with an event, the feature values of that event, and the lists.

Names become attribute getters or places in the row when the closure is made, constants stand in it, and `and`/`or` stop as soon as one
part decides. Only what `expression_types` found right may come here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sekisho.domain.monitoring.event import FIELDS, MonitoredEvent
from sekisho.domain.monitoring.expression import (
    Arithmetic,
    Call,
    Comparison,
    Defined,
    Expression,
    ListOf,
    Literal,
    Logic,
    Minus,
    Name,
    Not,
)
from sekisho.domain.monitoring.listing import Listed

__all__ = ["Closure", "Scope", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Scope:
    """places: feature → its index in the row. lists: names of lists. Every other name is a field of the event."""

    places: Mapping[str, int] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()


Closure = Callable[[MonitoredEvent, Sequence[Any], Listed], Any]

_OPERATORS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub, "*": operator.mul,
}  # fmt: skip


def compile_expression(node: Expression, scope: Scope) -> Closure:
    """The closure of a checked expression."""
    match node:
        case Literal(_, value, _):
            return lambda event, row, lists: value
        case Defined(_, _, meaning):
            return compile_expression(meaning, scope)
        case Name(_, name):
            return _name(name, scope)
        case Call(_, function, arguments):
            return _call(function, [compile_expression(argument, scope) for argument in arguments])
        case Minus(_, operand):
            inner = compile_expression(operand, scope)
            return lambda event, row, lists: -inner(event, row, lists)
        case Not(_, operand):
            inner = compile_expression(operand, scope)
            return lambda event, row, lists: not inner(event, row, lists)
        case Logic(_, word, parts):
            return _logic(word, [compile_expression(part, scope) for part in parts])
        case Comparison(_, "in" | "not in", _, _):
            return _membership(node, scope)
        case Arithmetic(_, sign, left, right) | Comparison(_, sign, left, right):
            return _binary(sign, compile_expression(left, scope), right, scope)
        case ListOf():
            raise ValueError("a list has no value of its own")


def _name(name: str, scope: Scope) -> Closure:
    place = scope.places.get(name)
    if place is not None:
        return lambda event, row, lists: row[place]
    if name in FIELDS:
        get = operator.attrgetter(name)
        return lambda event, row, lists: get(event)
    return lambda event, row, lists: None if event.extra is None else event.extra.get(name)


def _binary(sign: str, left: Closure, right: Expression, scope: Scope) -> Closure:
    if sign == "/":
        return _quotient(left, compile_expression(right, scope))
    operate = _OPERATORS[sign]
    if isinstance(right, Literal):
        constant = right.value
        return lambda event, row, lists: operate(left(event, row, lists), constant)
    other = compile_expression(right, scope)
    return lambda event, row, lists: operate(left(event, row, lists), other(event, row, lists))


def _quotient(left: Closure, right: Closure) -> Closure:
    def quotient(event: MonitoredEvent, row: Sequence[Any], lists: Listed) -> Any:
        divisor = right(event, row, lists)
        return None if divisor == 0 else left(event, row, lists) / divisor

    return quotient


def _logic(word: str, parts: list[Closure]) -> Closure:
    if len(parts) == 2:
        first, second = parts
        if word == "and":
            return lambda event, row, lists: first(event, row, lists) and second(event, row, lists)
        return lambda event, row, lists: first(event, row, lists) or second(event, row, lists)
    stop = word == "or"

    def decide(event: MonitoredEvent, row: Sequence[Any], lists: Listed) -> bool:
        for part in parts:
            if bool(part(event, row, lists)) == stop:
                return stop
        return not stop

    return decide


def _membership(node: Comparison, scope: Scope) -> Closure:
    value, wanted = compile_expression(node.left, scope), node.sign == "in"
    right = node.right
    if isinstance(right, ListOf):
        members = frozenset(part.value for part in right.parts)
        return lambda event, row, lists: (value(event, row, lists) in members) is wanted
    if isinstance(right, Name) and right.name in scope.lists:
        name = right.name
        return lambda event, row, lists: lists.holds(name, value(event, row, lists), event.at) is wanted
    text = compile_expression(right, scope)
    return lambda event, row, lists: (value(event, row, lists) in text(event, row, lists)) is wanted


def _call(function: str, parts: list[Closure]) -> Closure:
    first = parts[0]
    match function:
        case "present":
            return lambda event, row, lists: first(event, row, lists) is not None
        case "missing":
            return lambda event, row, lists: first(event, row, lists) is None
        case "seconds_since":
            return lambda event, row, lists: (event.at - first(event, row, lists)) // 1000
        case "abs":
            return lambda event, row, lists: abs(first(event, row, lists))
        case "coalesce":
            return _coalesce(parts)
        case _:
            choose: Callable[..., Any] = {"min": min, "max": max}[function]
            return lambda event, row, lists: choose([part(event, row, lists) for part in parts])


def _coalesce(parts: list[Closure]) -> Closure:
    def first_there(event: MonitoredEvent, row: Sequence[Any], lists: Listed) -> Any:
        for part in parts:
            value = part(event, row, lists)
            if value is not None:
                return value
        return None

    return first_there
