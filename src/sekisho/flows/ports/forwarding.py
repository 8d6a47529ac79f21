"""What one node is sent and another one judges: events on their way to the owner of the log, and its answers (R13, R14, DESIGN §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Forwarded", "ForwardedEvents"]


@dataclass(frozen=True, slots=True)
class Forwarded:
    """events: how many `drafts` are; they are encoded by whoever forwards."""

    id: str
    created: datetime
    events: int
    drafts: bytes


class ForwardedEvents(Protocol):
    def add(self, rows: Sequence[Forwarded]) -> None: ...
    def waits(self) -> tuple[bool, bool]:
        """Whether own events wait in the intake, and whether forwarded ones do; one question."""

    def waiting(self, most: int) -> list[Forwarded]:
        """Those without an answer, oldest first, until that many events are reached; one row at the least."""

    def waiting_events(self) -> int: ...
    def answer(self, answers: Mapping[str, bytes]) -> None:
        """By id. What was answered before, or taken back, stays so."""

    def answers(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Of those that were answered."""

    def drop(self, ids: Sequence[str]) -> None: ...
    def purge(self, before: datetime) -> int: ...
