"""Checks an expression: every name is known, types fit, and what may be missing is used only where it is known to be there.

Knowledge flows as a reader would follow it: in `present(x) and x > 5` the right side knows x; in `missing(x) or x > 5` too; after
`not (missing(x) or missing(y))` both are known. A quotient whose divisor can be 0 may be missing as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sekisho.domain.monitoring.event import FIELDS, KINDS
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
    ValueType,
)
from sekisho.domain.monitoring.problem import Problem, did_you_mean

__all__ = ["Known", "check_condition", "known_when_true"]

FUNCTIONS: Final = ("abs", "coalesce", "max", "min", "missing", "present", "seconds_since")
_NUMBERS: Final = frozenset({ValueType.INTEGER, ValueType.NUMBER})
_ORDERED: Final = _NUMBERS | {ValueType.MOMENT}
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """What the checker knows of a name.

    type: None where its declaration is wrong, which is told elsewhere. always: it has a value for every event that is judged.
    values: all texts that it can be. of: the field that a list lists.
    """

    type: ValueType | None
    always: bool = True
    values: frozenset[str] | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """type: None when it could not be told (a problem says why). if_true, if_false: what is known to be there in either case."""

    type: ValueType | None
    always: bool = True
    if_true: frozenset[str] = _NONE
    if_false: frozenset[str] = _NONE


_UNKNOWN: Final = Checked(None)


def check_condition(node: Expression, names: Mapping[str, Known]) -> tuple[Problem, ...]:
    """Problems of an expression that must be true or false; none: it can be compiled."""
    checker = _Checker(names)
    found = checker.check(node, _NONE)
    checker.demand(node, found)
    if found.type not in (None, ValueType.BOOLEAN):
        checker.complain(node, f"a condition is true or false, not {_a(found.type)}", "compare it, for example with > 0")
    return tuple(sorted(set(checker.problems)))


def known_when_true(node: Expression, names: Mapping[str, Known]) -> frozenset[str]:
    """What is there for certain where this condition is true."""
    return _Checker(names).check(node, _NONE).if_true


def _a(type: ValueType | None) -> str:
    return f"an {type}" if type is ValueType.INTEGER else f"a {type}"


@dataclass(slots=True)
class _Checker:
    names: Mapping[str, Known]
    problems: list[Problem] = field(default_factory=list)

    def complain(self, node: Expression, message: str, suggestion: str = "") -> Checked:
        self.problems.append(Problem(node.span.place, message, suggestion, node.span.length))
        return _UNKNOWN

    def check(self, node: Expression, there: frozenset[str]) -> Checked:
        """there: what is known to be there at this place (by how it is written)."""
        found = self._check(node, there)
        return Checked(found.type, True, found.if_true, found.if_false) if node.span.text in there else found

    def _check(self, node: Expression, there: frozenset[str]) -> Checked:
        match node:
            case Defined():
                return self._boolean(node.meaning, there)
            case Literal():
                return Checked(node.type)
            case ListOf():
                return self.complain(node, "a list stands to the right of in", "write x in [ … ]")
            case Name():
                return self._name(node)
            case Call():
                return self._call(node, there)
            case Minus():
                return self._number(node.operand, there, "-")
            case Not():
                inner = self._boolean(node.operand, there)
                return Checked(ValueType.BOOLEAN, True, inner.if_false, inner.if_true)
            case Arithmetic():
                return self._arithmetic(node, there)
            case Comparison():
                return self._comparison(node, there)
            case Logic():
                return self._logic(node, there)

    def demand(self, node: Expression, found: Checked) -> None:
        """What may be missing is an error where it is used."""
        if found.type is None or found.always:
            return
        text = node.span.text
        if isinstance(node, Name):
            self.complain(node, f"{text} may be missing", f"write present({text}) and …, or coalesce({text}, {_default(found.type)})")
        else:
            self.complain(node, f"{text} may be missing", f"write coalesce({text}, {_default(found.type)})")

    def _name(self, node: Name) -> Checked:
        known = self.names.get(node.name)
        if known is None:
            return self.complain(node, f"{node.name} is not known", self._perhaps(node.name))
        if known.type is ValueType.LIST:
            return self.complain(node, f"{node.name} is a list", f"write x in {node.name}")
        return Checked(known.type, known.always)

    def _perhaps(self, name: str) -> str:
        if name in FUNCTIONS:
            return "it is a function: write it with ( )"
        kinds = [kind for kind, shape in KINDS.items() if name in shape.extra]
        if kinds:
            return f"it is a field of {', '.join(kinds)}"
        return did_you_mean(name, [*self.names, "true", "false"])

    def _boolean(self, node: Expression, there: frozenset[str]) -> Checked:
        found = self.check(node, there)
        self.demand(node, found)
        if found.type not in (None, ValueType.BOOLEAN):
            return self.complain(node, f"{node.span.text} is {_a(found.type)}, not true or false", "compare it, for example with > 0")
        return found

    def _number(self, node: Expression, there: frozenset[str], sign: str) -> Checked:
        found = self.check(node, there)
        self.demand(node, found)
        if found.type is None:
            return _UNKNOWN
        if found.type in _NUMBERS:
            return Checked(found.type)
        advice = f"write seconds_since({node.span.text})" if found.type is ValueType.MOMENT else ""
        return self.complain(node, f"{sign} takes numbers; {node.span.text} is {_a(found.type)}", advice)

    def _arithmetic(self, node: Arithmetic, there: frozenset[str]) -> Checked:
        left = self._number(node.left, there, node.sign)
        right = self._number(node.right, there, node.sign)
        if left.type is None or right.type is None:
            return _UNKNOWN
        if node.sign == "/":
            if isinstance(node.right, Literal) and node.right.value == 0:
                return self.complain(node.right, "nothing can be divided by 0")
            return Checked(ValueType.NUMBER, isinstance(node.right, Literal))
        whole = left.type is right.type is ValueType.INTEGER
        return Checked(ValueType.INTEGER if whole else ValueType.NUMBER)

    def _logic(self, node: Logic, there: frozenset[str]) -> Checked:
        """`and`: each part is asked only where all before were true; `or`: only where all before were false."""
        both = node.word == "and"
        gained: frozenset[str] = _NONE
        other: frozenset[str] | None = None
        for part in node.parts:
            found = self._boolean(part, there | gained)
            stops = (found.if_false if both else found.if_true) | gained
            other = stops if other is None else other & stops
            gained |= found.if_true if both else found.if_false
        other = other or _NONE
        return Checked(ValueType.BOOLEAN, True, gained, other) if both else Checked(ValueType.BOOLEAN, True, other, gained)

    def _comparison(self, node: Comparison, there: frozenset[str]) -> Checked:
        if node.sign in ("in", "not in"):
            return self._membership(node, there)
        left, right = self.check(node.left, there), self.check(node.right, there)
        self.demand(node.left, left)
        self.demand(node.right, right)
        result = Checked(ValueType.BOOLEAN)
        if left.type is None or right.type is None:
            return result
        if not (left.type is right.type or {left.type, right.type} <= _NUMBERS):
            self._misfit(node, left.type, right.type)
        elif node.sign not in ("==", "!=") and left.type not in _ORDERED:
            self.complain(node, f"{node.sign} compares numbers, not {_a(left.type)}", "write == or !=")
        else:
            self._possible(node.left, node.right)
            self._possible(node.right, node.left)
        return result

    def _misfit(self, node: Comparison, left: ValueType, right: ValueType) -> None:
        advice = ""
        for part, type, other in ((node.left, left, right), (node.right, right, left)):
            if type is ValueType.MOMENT and other in _NUMBERS:
                advice = f"write seconds_since({part.span.text})"
            elif type in _NUMBERS and isinstance(part, Literal) and other is ValueType.TEXT:
                advice = f'write "{part.span.text}"'
        self.complain(node, f"{node.left.span.text} is {_a(left)}, {node.right.span.text} is {_a(right)}: they cannot be compared", advice)

    def _possible(self, name: Expression, literal: Expression) -> None:
        """A text that the field never is would make a rule that never fires."""
        if isinstance(name, Name) and isinstance(literal, Literal):
            values = self.names[name.name].values
            if values is not None and literal.value not in values:
                few = ", ".join(sorted(values)[:8])
                self.complain(
                    literal, f"{name.name} is never {literal.span.text}", did_you_mean(str(literal.value), values) or f"it is {few}"
                )

    def _membership(self, node: Comparison, there: frozenset[str]) -> Checked:
        left = self.check(node.left, there)
        self.demand(node.left, left)
        result = Checked(ValueType.BOOLEAN)
        right = node.right
        if isinstance(right, Name) and (known := self.names.get(right.name)) is not None and known.type is ValueType.LIST:
            if left.type not in (None, ValueType.TEXT):
                self.complain(node.left, f"{right.name} lists texts; {node.left.span.text} is {_a(left.type)}")
            elif isinstance(node.left, Name) and node.left.name in FIELDS and known.of not in ("", node.left.name):
                self.complain(node.left, f"{right.name} lists {known.of}, not {node.left.name}", f"write {known.of} in {right.name}")
            return result
        if isinstance(right, ListOf):
            self._among(node.left, left, right)
            return result
        found = self.check(right, there)
        self.demand(right, found)
        if found.type not in (None, ValueType.TEXT):
            self.complain(right, f"{node.sign} asks a list or a text; {right.span.text} is {_a(found.type)}", "write x in [ … ]")
        elif found.type is not None and left.type not in (None, ValueType.TEXT):
            self.complain(node.left, f"only a text is in a text; {node.left.span.text} is {_a(left.type)}")
        return result

    def _among(self, node: Expression, left: Checked, listed: ListOf) -> None:
        if not listed.parts:
            self.complain(listed, "nothing is in an empty list")
        for part in listed.parts:
            if left.type is not None and left.type is not part.type and not {left.type, part.type} <= _NUMBERS:
                self.complain(part, f"{node.span.text} is {_a(left.type)}, {part.span.text} is {_a(part.type)}")
            elif left.type is not None:
                self._possible(node, part)

    def _call(self, node: Call, there: frozenset[str]) -> Checked:
        if node.function not in FUNCTIONS:
            what = "is no function" if node.function in self.names else "is not known as a function"
            return self.complain(
                node, f"{node.function} {what}", did_you_mean(node.function, FUNCTIONS) or "there are " + ", ".join(FUNCTIONS)
            )
        fewest, most = {"coalesce": (2, 8), "min": (2, 8), "max": (2, 8)}.get(node.function, (1, 1))
        if not fewest <= len(node.arguments) <= most:
            count = "one value" if most == 1 else f"{fewest} to {most} values"
            return self.complain(node, f"{node.function} takes {count}, not {len(node.arguments)}")
        if node.function in ("present", "missing"):
            self.check(node.arguments[0], there)
            facts = frozenset({node.arguments[0].span.text})
            return Checked(ValueType.BOOLEAN, True, *((facts, _NONE) if node.function == "present" else (_NONE, facts)))
        if node.function == "coalesce":
            return self._coalesce(node, there)
        if node.function == "seconds_since":
            return self._seconds_since(node.arguments[0], there)
        types = {self._number(argument, there, node.function).type for argument in node.arguments}
        return _UNKNOWN if None in types else Checked(ValueType.NUMBER if ValueType.NUMBER in types else ValueType.INTEGER)

    def _coalesce(self, node: Call, there: frozenset[str]) -> Checked:
        """The first that is there. It is there for certain when one of them is."""
        parts = [self.check(argument, there) for argument in node.arguments]
        types = {part.type for part in parts}
        if None in types:
            return _UNKNOWN
        if len(types) > 1 and not types <= _NUMBERS:
            return self.complain(node, "coalesce takes values of one type, not " + ", ".join(_a(part.type) for part in parts))
        number = ValueType.NUMBER if ValueType.NUMBER in types else parts[0].type
        return Checked(number, any(part.always for part in parts))

    def _seconds_since(self, node: Expression, there: frozenset[str]) -> Checked:
        found = self.check(node, there)
        self.demand(node, found)
        if found.type not in (None, ValueType.MOMENT):
            return self.complain(node, f"seconds_since takes a moment; {node.span.text} is {_a(found.type)}")
        return Checked(ValueType.INTEGER)


def _default(type: ValueType) -> str:
    return {ValueType.TEXT: '""', ValueType.BOOLEAN: "false", ValueType.NUMBER: "0.0", ValueType.MOMENT: "at"}.get(type, "0")
