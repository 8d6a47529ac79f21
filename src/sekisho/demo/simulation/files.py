"""Events and labels of a simulated market as files (`adapters.event_files`)."""

from __future__ import annotations

from pathlib import Path

from sekisho.adapters.event_files import read_events, read_lines, write_events, write_lines
from sekisho.demo.simulation.desk import Label

__all__ = ["read_events", "read_labels", "write_events", "write_lines"]


def read_labels(path: Path) -> dict[str, Label]:
    """By the event's id."""
    return {label.event: label for label in read_lines(path, Label)}
