"""The chain: positions from 1 without gaps, each link covering the link before it.

A position is given at sealing, not at commit: an entry that commits late, with an earlier id, simply gets a later position.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sekisho.domain.audit.canonical import digest
from sekisho.domain.audit.entry import AuditEntry
from sekisho.kernel.events import Fact

__all__ = ["ORIGIN", "ChainPoint", "SealedEntry", "SealedPosition", "link_after", "purge_facts", "purged_through", "seal"]


@dataclass(frozen=True, slots=True)
class ChainPoint:
    """The end of the chain, or of a part of it. After a purge the last purged point stays, and verification starts there."""

    position: int
    link: str


@dataclass(frozen=True, slots=True)
class SealedPosition:
    """What sealing adds to an entry."""

    id: str
    position: int
    link: str


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry with its place in the chain."""

    entry: AuditEntry
    position: int
    link: str

    @property
    def point(self) -> ChainPoint:
        return ChainPoint(self.position, self.link)


ORIGIN = ChainPoint(0, digest("sekisho-audit-origin-1", None))


def link_after(previous: str, position: int, entry: AuditEntry) -> str:
    """SHA-256 over the previous link, position, id, payload hash and MAC."""
    return digest("sekisho-audit-link-1", [previous, position, entry.id, entry.payload_hash, entry.mac])


def seal(previous: ChainPoint, entries: Iterable[AuditEntry]) -> list[SealedPosition]:
    """Positions and links for `entries`, in the given order, after `previous` (ORIGIN for an empty log)."""
    placed = []
    position, link = previous.position, previous.link
    for entry in entries:
        position += 1
        link = link_after(link, position, entry)
        placed.append(SealedPosition(entry.id, position, link))
    return placed


def purge_facts(through: ChainPoint) -> dict[str, Fact]:
    """The facts of an `audit.purged` entry: the last point that is deleted, which stays as the checkpoint."""
    return {"through": through.position, "link": through.link}


def purged_through(facts: object) -> ChainPoint | None:
    """The point that an `audit.purged` entry names, or None when it names none."""
    match facts:
        case {"through": int(position), "link": str(link)} if type(position) is int:
            return ChainPoint(position, link)
    return None
