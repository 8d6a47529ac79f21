"""The numbers of IP restrictions, with their bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["IpRestrictionPolicy"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class IpRestrictionPolicy:
    """How changes of the lists of addresses take effect.

    delay: what a change newly allows waits so long; as long, known addresses stay valid after a restriction (R5, I22).
    known_apart: an address is known by two completed logins at least so far apart (R5).
    known_within: and the last of them at most so long ago (R5).
    dry_run: how far the dry run looks back over past logins.
    largest_list: entries of one list at most.
    """

    delay: timedelta = timedelta(hours=24)
    known_apart: timedelta = timedelta(days=7)
    known_within: timedelta = timedelta(days=90)
    dry_run: timedelta = timedelta(days=30)
    largest_list: int = 10_000

    def __post_init__(self) -> None:
        within("delay", self.delay, timedelta(hours=1), 7 * _DAY, "R5")
        within("known_apart", self.known_apart, _DAY, 30 * _DAY, "R5")
        within("known_within", self.known_within, 7 * _DAY, 365 * _DAY, "R5")
        within("dry_run", self.dry_run, _DAY, 365 * _DAY, "R5")
        within("largest_list", self.largest_list, 1, 10_000, "R5")
