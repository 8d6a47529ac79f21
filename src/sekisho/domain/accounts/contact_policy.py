"""The numbers of a change of contact, with their bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["ContactPolicy"]

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """How a new e-mail address or phone number takes effect.

    delay: a confirmed one waits so long, while the old one is told of it and can stop it (R4, J14).
    unconfirmed_life: one that nobody confirms is forgotten after this time.
    """

    delay: timedelta = timedelta(hours=24)
    unconfirmed_life: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        within("delay", self.delay, _HOUR, timedelta(days=7), "R4, J14")
        within("unconfirmed_life", self.unconfirmed_life, _HOUR, timedelta(days=7), "R4")
