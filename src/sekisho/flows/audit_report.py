"""What one pass over the audit log saw: faults by name and place, restores in plain words, and counts (R8, R9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sekisho.domain.audit.chain import ChainPoint
from sekisho.domain.audit.head import Head

__all__ = ["Fault", "Finding", "Report", "Restore", "Unreadable"]

_NAMED = 20


class Fault(StrEnum):
    """What is wrong."""

    UNREADABLE = "unreadable"
    ALTERED = "altered"
    WRONG_MAC = "wrong_mac"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    BROKEN_LINK = "broken_link"
    LEFT_UNSEALED = "left_unsealed"
    TAIL_CUT = "tail_cut"
    PURGE_UNPROVEN = "purge_unproven"
    RESTORE_UNPROVEN = "restore_unproven"
    HEAD_UNREADABLE = "head_unreadable"
    HEAD_FORGED = "head_forged"
    HEAD_MISSING = "head_missing"
    HEAD_DIFFERS = "head_differs"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a file that is no entry or no head."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. position and entry name the bad entry (entry is None when it is gone); head is the number of the head concerned."""

    fault: Fault
    detail: str
    position: int | None = None
    entry: str | None = None
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """An older copy of the database that was put back and accepted: no fault, but said. entry: the one at `position` that tells it.

    lost_from, lost_through: positions that exported heads cover and the copy did not have; lost_from is greater when there are none.
    """

    position: int
    entry: str
    at_ms: int
    by: str | None
    why: str
    epoch: int
    lost_from: int
    lost_through: int

    @property
    def lost(self) -> int:
        return self.lost_through - self.lost_from + 1


@dataclass(slots=True)
class Report:
    """What one pass saw. findings: the first 20, in the order of the log; faults: how many there were in all.

    entries: sealed ones read. erased: of them, those without their personal fields. unsealed: not yet in the chain.
    uncovered: trailing entries that no head covers, unsealed ones included. start: not ORIGIN when the log was purged.
    """

    start: ChainPoint
    end: ChainPoint
    entries: int = 0
    erased: int = 0
    unsealed: int = 0
    uncovered: int = 0
    heads: int = 0
    last_head: Head | None = None
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)
    restores: list[Restore] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return self.faults == 0

    def add(self, finding: Finding) -> None:
        self.faults += 1
        if len(self.findings) < _NAMED:
            self.findings.append(finding)
