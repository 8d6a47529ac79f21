"""What a measurement says, and the arithmetic of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

__all__ = ["Figure", "apart_from_generator", "at_least", "at_most", "information", "percentile", "spread"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. met: None where there is no target, or nothing could be measured. parts: what the value was made of."""

    name: str
    value: float | None
    unit: str
    target: str = ""
    met: bool | None = None
    parts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def at_most(name: str, value: float | None, limit: float, unit: str, /, **parts: Any) -> Figure:
    return Figure(name, value, unit, f"≤ {limit:g}", None if value is None else value <= limit, parts)


def at_least(name: str, value: float | None, limit: float, unit: str, /, **parts: Any) -> Figure:
    return Figure(name, value, unit, f"≥ {limit:g}", None if value is None else value >= limit, parts)


def information(name: str, value: float | None, unit: str, /, **parts: Any) -> Figure:
    return Figure(name, value, unit, parts=parts)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which that share of them lies (nearest rank). ValueError for none."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1000) * len(ordered) // 1000) - 1))]


def spread(groups: Sequence[Sequence[float]]) -> float:
    """How far the medians of the groups lie apart: the largest over the smallest, less one."""
    medians = [median(group) for group in groups]
    return max(medians) / min(medians) - 1


def apart_from_generator(rate: float, generator_cpu: float, seconds: float, cores: int) -> float:
    """The rate that the server would have had with the generator on another machine: the CPU it took belongs to the server."""
    taken = generator_cpu / (seconds * cores)
    if not 0 <= taken < 1:
        raise ValueError("the generator took more than the machine has")
    return rate / (1 - taken)
