"""What a declaration must keep: its fields exist in all its kinds with one type, its keys are texts, its clauses fit together."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType, field_type
from sekisho.domain.monitoring.feature import Aggregate, Condition, Feature
from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean

__all__ = ["Clauses", "checked"]

MOST_KEYS: Final = 2
_NO_KEYS: Final = frozenset({"id", "kind"})


@dataclasses.dataclass(slots=True)
class Clauses:
    """A declaration as it was read, with the place of each part."""

    name: str
    aggregate: Aggregate
    place: Place
    field: str | None = None
    field_place: Place | None = None
    kinds: dict[str, Place] = dataclasses.field(default_factory=dict)
    keys: dict[str, Place] = dataclasses.field(default_factory=dict)
    where: Condition | None = None
    over: int | None = None
    delay: int = 0
    flags: set[str] = dataclasses.field(default_factory=set)
    places: dict[str, Place] = dataclasses.field(default_factory=dict)


def checked(clauses: Clauses) -> Feature | tuple[Problem, ...]:
    """Kinds that do not exist were blamed before; here they are passed over."""
    problems = (*_field_problems(clauses), *_key_problems(clauses), *_window_problems(clauses))
    if problems:
        return problems
    return Feature(
        clauses.name,
        clauses.aggregate,
        clauses.field,
        tuple(clauses.kinds),
        tuple(clauses.keys),
        clauses.where,
        clauses.over,
        "prior" in clauses.flags,
        clauses.delay,
        "habit" in clauses.flags,
    )


def _types(name: str, clauses: Clauses) -> dict[str, FieldType | None]:
    """By kind; None where that kind has no such field."""
    found = {kind: field_type(kind, name) for kind in clauses.kinds if kind in KINDS}
    return {kind: None if each is None else each[0] for kind, each in found.items()}


def _field_problems(clauses: Clauses) -> Iterator[Problem]:
    aggregate, name = clauses.aggregate, clauses.field
    if name is None or clauses.field_place is None:
        if aggregate.has_field:
            yield Problem(clauses.place, f"{aggregate} needs a field", f"write {aggregate}(amount_jpy)", len(aggregate))
        return
    if not aggregate.has_field:
        yield Problem(clauses.field_place, f"{aggregate} has no field", f"write {aggregate} of …", len(name))
        return
    yield from _unknown(name, clauses.field_place, clauses)
    types = {each for each in _types(name, clauses).values() if each is not None}
    if len(types) > 1:
        yield Problem(clauses.field_place, f"{name} is {' in one kind and '.join(sorted(types))} in another", "", len(name))
    elif aggregate.of_numbers and types and types != {FieldType.INTEGER}:
        yield Problem(clauses.field_place, f"{aggregate} needs whole numbers, and {name} is {types.pop()}", "", len(name))


def _unknown(name: str, place: Place, clauses: Clauses) -> Iterator[Problem]:
    """Kinds that lack the field; one problem for all."""
    lacking = [kind for kind, found in _types(name, clauses).items() if found is None]
    if lacking:
        known = {*FIELDS, *(extra for kind in clauses.kinds if kind in KINDS for extra in KINDS[kind].extra)} - {name}
        yield Problem(place, f"{', '.join(lacking)} has no field {name}", did_you_mean(name, known), len(name))


def _key_problems(clauses: Clauses) -> Iterator[Problem]:
    if not clauses.keys:
        yield Problem(clauses.place, f"{clauses.name} has no key", "write by account, by trader, device …")
    if len(clauses.keys) > MOST_KEYS:
        yield Problem(list(clauses.keys.values())[MOST_KEYS], f"a feature has at most {MOST_KEYS} keys")
    for key, place in clauses.keys.items():
        missing = list(_unknown(key, place, clauses))
        yield from missing
        if not missing and (key in _NO_KEYS or set(_types(key, clauses).values()) - {FieldType.TEXT}):
            yield Problem(place, f"{key} is no key", "keys are texts such as account, trader, device, network, symbol, payee", len(key))


def _window_problems(clauses: Clauses) -> Iterator[Problem]:
    aggregate, places = clauses.aggregate, clauses.places
    endless = aggregate in (Aggregate.FIRST_SEEN, Aggregate.SECONDS_SINCE_PREVIOUS)
    if "over" not in places and not endless:
        yield Problem(clauses.place, f"{aggregate} needs a window", "write over 24h", len(aggregate))
    for clause in ("delay", "habit"):
        if clause in places and "over" not in places and endless:
            yield Problem(places[clause], f"{clause} needs a window", "write over 400d", len(clause))
    if "habit" in places and "delay" in places:
        yield Problem(places["delay"], "habit is a delay already", "leave one of them out", 5)
    if "prior" in places and ("habit" in places or "delay" in places):
        yield Problem(places["prior"], "a delayed window never has the current event", "leave prior out", 5)
    if "prior" in places and aggregate is Aggregate.SECONDS_SINCE_PREVIOUS:
        yield Problem(places["prior"], f"{aggregate} never looks at the current event", "leave prior out", 5)
