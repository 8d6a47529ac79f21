"""Features: what happened lately around a key, declared once as data and the same wherever it is computed (MONITORING.md).

An event stands at (`at`, sequence). A feature's window at an event is (at - delay - over, at - delay]: matching events of the same key,
the current one included unless `prior`, later ones of the same instant never. `habit` is a delay of `MonitoringPolicy.habit_after` that
also leaves out what came too late to be believed, and what was disputed up to the current event (R14). Of each key the newest
`MonitoringPolicy.largest_window` matching events count. Sums are of whole numbers, so equality is exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType, MonitoredEvent, field_type
from sekisho.kernel.times import show_duration

__all__ = ["Aggregate", "Condition", "Declared", "Feature", "FeatureSet", "Figure", "Function", "Row", "Shape", "Value", "is_number"]

Value = int | float | str | bool | None
Row = tuple[Value, ...]
"""The values of one event, in the order of the FeatureSet; None is missing."""

_SEMANTICS: Final = "features 1"  # another meaning of the same text needs another number: old snapshots are then refused


class Aggregate(StrEnum):
    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    STDDEV = "stddev"
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"
    LAST = "last"
    FIRST_SEEN = "first_seen"
    SECONDS_SINCE_PREVIOUS = "seconds_since_previous"

    @property
    def has_field(self) -> bool:
        return self not in (Aggregate.COUNT, Aggregate.FIRST_SEEN, Aggregate.SECONDS_SINCE_PREVIOUS)

    @property
    def of_numbers(self) -> bool:
        return self in (Aggregate.SUM, Aggregate.MEAN, Aggregate.STDDEV, Aggregate.MIN, Aggregate.MAX)

    @property
    def zero_when_empty(self) -> bool:
        return self in (Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT)


class Function(StrEnum):
    """Of other values of the same event. ratio(a, b) = a / b; zscore(x, mean, spread) = (x - mean) / spread."""

    RATIO = "ratio"
    ZSCORE = "zscore"

    @property
    def arguments(self) -> int:
        return 2 if self is Function.RATIO else 3


@dataclass(frozen=True, slots=True)
class Condition:
    """Of an event alone. text: as written, with single blanks; two with the same text are the same."""

    text: str
    test: Callable[[MonitoredEvent], bool] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Shape:
    """always: never missing. moment: a time in ms."""

    type: FieldType
    always: bool
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """over, delay: ms. over is None for what looks at all time: first_seen and seconds_since_previous alone can.

    An event that lacks `field` counts in no aggregate of it. An event that lacks a key has no value: it is missing.
    """

    name: str
    aggregate: Aggregate
    field: str | None
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    where: Condition | None = None
    over: int | None = None
    prior: bool = False
    delay: int = 0
    habit: bool = False

    def __str__(self) -> str:
        parts = [f"feature {self.name} = {self.aggregate}" + (f"({self.field})" if self.field else ""), "of " + ", ".join(self.kinds)]
        parts += [f"where {self.where.text}"] if self.where else []
        parts += ["by " + ", ".join(self.keys)]
        parts += [f"over {_shown(self.over)}"] if self.over is not None else []
        parts += ["prior"] if self.prior else []
        parts += [f"delay {_shown(self.delay)}"] if self.delay else []
        return " ".join([*parts, "habit"] if self.habit else parts)

    @property
    def type(self) -> FieldType:
        match self.aggregate:
            case Aggregate.MEAN | Aggregate.STDDEV | Aggregate.SECONDS_SINCE_PREVIOUS:
                return FieldType.NUMBER
            case Aggregate.LAST:
                found = field_type(self.kinds[0], str(self.field))
                return found[0] if found else FieldType.TEXT
            case _:
                return FieldType.INTEGER

    def shape_on(self, kind: str) -> Shape:
        keyed = all(shape is not None and shape[1] for shape in (field_type(kind, key) for key in self.keys))
        return Shape(self.type, keyed and self.aggregate.zero_when_empty, self.aggregate is Aggregate.FIRST_SEEN)


@dataclass(frozen=True, slots=True)
class Figure:
    """Made of features declared earlier and of the event's own numbers. Missing when a part is missing, or would divide by 0."""

    name: str
    function: Function
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"feature {self.name} = {self.function}({', '.join(self.arguments)})"

    @property
    def type(self) -> FieldType:
        return FieldType.NUMBER

    def shape_on(self, kind: str) -> Shape:
        del kind
        return Shape(FieldType.NUMBER, always=False)


Declared = Feature | Figure


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Declarations in their order; a row has its values in the same. ValueError for two of one name, or a figure before its parts."""

    features: tuple[Declared, ...] = ()
    places: dict[str, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        places: dict[str, int] = {}
        for place, each in enumerate(self.features):
            if each.name in places:
                raise ValueError(f"two features are called {each.name}")
            if isinstance(each, Figure) and (unknown := [one for one in each.arguments if one not in places and not is_number(one)]):
                raise ValueError(f"{each.name} needs {', '.join(unknown)}, which no earlier feature is")
            places[each.name] = place
        object.__setattr__(self, "places", places)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.features)

    @property
    def types(self) -> dict[str, FieldType]:
        return {each.name: each.type for each in self.features}

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is declared, in hex: the same for the same meaning, whatever the blanks and comments."""
        return sha256("\n".join([_SEMANTICS, *map(str, self.features)]).encode()).hexdigest()

    def shape_on(self, kind: str, name: str) -> Shape | None:
        """Type of a feature at events of that kind, and whether it is always there; None when there is no such feature."""
        place = self.places.get(name)
        return None if place is None else self.features[place].shape_on(kind)


def is_number(name: str) -> bool:
    """A whole number of the event itself: a column, or an extra field of some kinds."""
    found = FIELDS.get(name)
    types = {found} if found else {shape.extra[name] for shape in KINDS.values() if name in shape.extra}
    return types == {FieldType.INTEGER}


def _shown(milliseconds: int) -> str:
    return show_duration(timedelta(milliseconds=milliseconds))
