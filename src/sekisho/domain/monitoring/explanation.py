"""Why a rule fired, or did not: its condition part by part, each with the values that it saw (J16, J18). `texts` puts it into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.expression import (
    Arithmetic,
    Call,
    Comparison,
    Defined,
    Expression,
    ListOf,
    Literal,
    Logic,
    Name,
    Not,
    children,
)
from sekisho.domain.monitoring.expression_code import Scope, compile_expression
from sekisho.domain.monitoring.feature import Feature, FeatureSet, Value
from sekisho.domain.monitoring.judgement import rolled_out, scope_of
from sekisho.domain.monitoring.listing import Listed
from sekisho.domain.monitoring.rule import Rule, RuleBook

__all__ = ["Explained", "Step", "Unit", "explain", "unit_of"]


class Unit(StrEnum):
    """How a number is meant, so that it can be written as people read it."""

    PLAIN = "plain"
    YEN = "yen"
    SECONDS = "seconds"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a condition. asked: False where an earlier part had decided already; then nothing is known of it.

    value: true or false of a condition, else what it gave; None is missing. parts: of a logic, negation or name the conditions in it, of a
    comparison its two sides, of a function its arguments.
    """

    node: Expression
    asked: bool
    value: Value
    parts: tuple[Step, ...] = ()

    @property
    def holds(self) -> bool:
        return self.value is True


@dataclass(frozen=True, slots=True)
class Explained:
    """One rule on one event. counts: neither in shadow nor outside its rollout. values: all that its texts name and is known."""

    rule: Rule
    condition: Step
    counts: bool
    values: Mapping[str, Value]

    @property
    def fired(self) -> bool:
        return self.condition.holds


def explain(book: RuleBook, event: MonitoredEvent, row: Sequence[Value], lists: Listed) -> tuple[Explained, ...]:
    """Every rule on events of this kind, in their order, with what it saw. row: the feature values of that event, as they were stored."""
    seer = _Seer(scope_of(book), event, row, lists)
    return tuple(_explained(rule, seer) for rule in book.rules if event.kind in rule.kinds)


def _explained(rule: Rule, seer: _Seer) -> Explained:
    values = {name: seer.value(Name(rule.when.span, name)) for name in rule.names if name not in seer.scope.lists}
    known = {name: value for name, value in values.items() if value is not None}
    return Explained(rule, seer.step(rule.when), not rule.shadow and rolled_out(rule, seer.event), known)


@dataclass(frozen=True, slots=True)
class _Seer:
    """Computes each part for itself, with the closures that judge."""

    scope: Scope
    event: MonitoredEvent
    row: Sequence[Value]
    lists: Listed

    def value(self, node: Expression) -> Value:
        found: Value = compile_expression(node, self.scope)(self.event, self.row, self.lists)
        return found

    def step(self, node: Expression) -> Step:
        match node:
            case Logic(_, word, parts):
                return self._logic(node, parts, word == "or")
            case Defined(_, _, meaning):
                inner = self.step(meaning)
                return Step(node, True, inner.value, (inner,))
            case Not(_, operand):
                inner = self.step(operand)
                return Step(node, True, not inner.value, (inner,))
            case Comparison(_, _, left, right):
                return Step(node, True, self.value(node), (self.step(left), self._right(right)))
            case Call() | Arithmetic():
                return Step(node, True, self.value(node), tuple(self.step(child) for child in children(node)))
            case _:
                return Step(node, True, self.value(node))

    def _right(self, node: Expression) -> Step:
        """A list has no value of its own."""
        listed = isinstance(node, ListOf) or (isinstance(node, Name) and node.name in self.scope.lists)
        return Step(node, True, None) if listed else self.step(node)

    def _logic(self, node: Logic, parts: tuple[Expression, ...], stop: bool) -> Step:
        steps: list[Step] = []
        decided = False
        for part in parts:
            step = Step(part, False, None) if decided else self.step(part)
            decided = decided or step.value is stop
            steps.append(step)
        return Step(node, True, stop if decided else not stop, tuple(steps))


def unit_of(node: Expression, features: FeatureSet) -> Unit:
    """What the number of an expression counts: yen of `amount_jpy` and of sums over it, seconds of times, moments of first ones."""
    match node:
        case Name(_, name):
            return _unit_of_name(name, features)
        case Literal(span, _, _):
            return Unit.SECONDS if span.text[:1].isdigit() and span.text[-1:] in "smhdw" else Unit.PLAIN
        case Call(_, "seconds_since", _):
            return Unit.SECONDS
        case Call(_, "coalesce" | "min" | "max" | "abs", (first, *_)):
            return unit_of(first, features)
        case Arithmetic(_, "+" | "-", left, _):
            return unit_of(left, features)
        case _:
            return Unit.PLAIN


def _unit_of_name(name: str, features: FeatureSet) -> Unit:
    if name in ("at", "own_time"):
        return Unit.MOMENT
    if name == "lateness":
        return Unit.SECONDS
    if name == "amount_jpy":
        return Unit.YEN
    place = features.places.get(name)
    feature = None if place is None else features.features[place]
    if not isinstance(feature, Feature):
        return Unit.PLAIN
    if feature.aggregate.value in ("first_seen", "seconds_since_previous"):
        return Unit.MOMENT if feature.aggregate.value == "first_seen" else Unit.SECONDS
    return Unit.YEN if feature.field == "amount_jpy" and feature.aggregate.value != "distinct" else Unit.PLAIN
