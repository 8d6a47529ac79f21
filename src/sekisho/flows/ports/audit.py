"""What the audit log needs of storage, and where its signed heads go (R8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sekisho.domain.audit.chain import ChainPoint, SealedEntry, SealedPosition
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.head import Head
from sekisho.kernel.events import Event

__all__ = ["AuditEntries", "HeadSink"]


class AuditEntries(Protocol):
    """The audit log within one transaction.

    Entries are written by `domain.audit.entry.write_entry`. Ids, positions and head numbers are unique in the database, so that two
    sealers cannot fork the chain. `place`, `add_head`, `mark_exported` and `purge` are for the owner alone (lease checked by the flow).
    """

    def append(self, event: Event, now: datetime) -> str | None:
        """Write the entry of `event`, with its MAC, still without a position; the id by which monitoring knows it, if it does."""

    def unsealed(self, limit: int, after: str = "") -> list[AuditEntry]:
        """Entries without a position and with an id greater than `after`, by id (compared by code point)."""

    def last_position(self) -> ChainPoint:
        """End of the chain: the last sealed entry, else the checkpoint."""

    def checkpoint(self) -> ChainPoint:
        """Where the kept chain starts: the last purged point, or `domain.audit.chain.ORIGIN`."""

    def place(self, positions: Sequence[SealedPosition]) -> None:
        """Give entries their positions. An id that is unknown or already placed is an error; nothing is placed."""

    def read(self, from_position: int, limit: int) -> list[SealedEntry]:
        """Sealed entries at `from_position` and after it, by position."""

    def count(self) -> int:
        """Sealed entries that are kept."""

    def last_before(self, moment: datetime) -> ChainPoint | None:
        """The greatest point such that its entry and every kept one before it are older than `moment`; None when there is none."""

    def purge(self, through: ChainPoint) -> int:
        """Delete the sealed entries up to `through`, which becomes the checkpoint; heads stay. Returns how many were deleted."""

    def epoch(self) -> int:
        """The database's epoch, witnessed in every head (R9)."""

    def add_head(self, head: Head) -> None: ...

    def last_head(self) -> Head | None: ...

    def heads(self, from_number: int, limit: int) -> list[Head]:
        """Heads from that number on, by number."""

    def unexported_heads(self, sink: str, limit: int) -> list[Head]:
        """Heads that the sink of this name has not taken, by number. For a sink never seen before: all of them."""

    def mark_exported(self, sink: str, number: int, now: datetime) -> None:
        """The sink has taken every head up to `number`."""


class HeadSink(Protocol):
    """A place outside the database that keeps heads: a file, syslog over TLS, an https address."""

    @property
    def name(self) -> str:
        """Names the sink across restarts, such as `file`; what it took is remembered under this name."""

    def publish(self, head: Head) -> None:
        """Returns once the head is safe there. The same head may come twice. OSError or SekishoError: not taken, try again."""
