"""What nodes tell each other, and who does the background work (R6, DESIGN §4). See `ports.storage` for the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

__all__ = ["Change", "ChangeKind", "Changes", "Lease", "Leases"]


class ChangeKind(StrEnum):
    """What other nodes must know at once (R6)."""

    SESSION = "session"  # subject: a session that ended or changed
    TRADER = "trader"  # subject: a trader suspended, frozen, unlocked, reset, or whose password or list of addresses changed


@dataclass(frozen=True, slots=True)
class Change:
    sequence: int
    kind: ChangeKind
    subject: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Ownership of background work. token: grows with every new owner; an owner with an old one may not write (fencing)."""

    name: str
    holder: str
    token: int
    until: datetime


class Changes(Protocol):
    def append(self, kind: ChangeKind, subject: str, now: datetime) -> int:
        """A gapless sequence number, given in the flow's own commit."""

    def since(self, sequence: int, limit: int = 1000) -> list[Change]: ...
    def newest(self) -> int: ...
    def purge(self, before: datetime) -> int: ...


class Leases(Protocol):
    def acquire(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """Take a free or expired lease, or renew one's own; None while another holds it."""

    def holds(self, lease: Lease, now: datetime) -> bool:
        """Checked in every append transaction of the owner; locks the lease row."""

    def held(self, name: str, now: datetime) -> bool:
        """Whether anybody holds it."""

    def release(self, lease: Lease) -> None: ...
