"""Bounds of a policy's numbers: outside them a setting is refused, with the source of the bound."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from sekisho.kernel.times import show_duration

__all__ = ["within"]

Quantity = TypeVar("Quantity", int, float, timedelta)


def within(name: str, value: Quantity, low: Quantity, high: Quantity, source: str) -> None:
    """Raise ValueError unless low ≤ value ≤ high; the text names the bound and where it comes from."""
    if isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name} must be between {_show(low)} and {_show(high)} ({source}), not {_show(value)}")


def _show(value: float | timedelta) -> str:
    return show_duration(value) if isinstance(value, timedelta) else str(value)
