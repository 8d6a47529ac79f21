"""What an expression may name of the events it reads, and the `where` of features, which names nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType, MonitoredEvent, field_type
from sekisho.domain.monitoring.expression import ValueType
from sekisho.domain.monitoring.expression_code import Scope, compile_expression
from sekisho.domain.monitoring.expression_text import read_expression
from sekisho.domain.monitoring.expression_types import Known, check_condition
from sekisho.domain.monitoring.problem import BEGIN, Place, Problem

__all__ = ["NoLists", "compile_where", "event_names"]

_MOMENTS: Final = frozenset({"own_time", "at"})
_VALUES: Final = {"side": frozenset({"buy", "sell"}), "liquidity": frozenset({"liquid", "normal", "thin"})}


def event_names(kinds: Iterable[str]) -> dict[str, Known]:
    """Fields of events of these kinds. One that a kind lacks, or need not have, may be missing; one with two types is left out."""
    chosen = sorted(set(kinds))
    names: dict[str, Known] = {}
    for name in [*FIELDS, *{extra: None for kind in chosen for extra in KINDS[kind].extra}]:
        found = [field_type(kind, name) for kind in chosen]
        types = {each[0] for each in found if each is not None}
        if len(types) == 1:
            values = frozenset(chosen) if name == "kind" else _VALUES.get(name)
            names[name] = Known(_type(name, types.pop()), all(each is not None and each[1] for each in found), values)
    return names


def _type(name: str, type: FieldType) -> ValueType:
    return ValueType.MOMENT if name in _MOMENTS else ValueType(type)


class NoLists:
    """Where no lists can be named."""

    def holds(self, name: str, value: str, at: int) -> bool:
        raise ValueError(f"there is no list {name}")


def compile_where(text: str, kinds: Iterable[str], first: Place = BEGIN) -> Callable[[MonitoredEvent], bool] | tuple[Problem, ...]:
    """A predicate on events of these (known) kinds by their own fields, or what is wrong. first: where the text stands in its file."""
    node = read_expression(text, first)
    if isinstance(node, tuple):
        return node
    problems = check_condition(node, event_names(kinds))
    if problems:
        return problems
    closure, lists = compile_expression(node, Scope()), NoLists()
    return lambda event: closure(event, (), lists) is True
