"""The numbers of automatic logoff, with their bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["SessionPolicy"]

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """When a session ends by itself.

    idle: logoff after this time without human input in the portal (NIST SP 800-63B-4 §2.2.3: at most 1 h).
    idle_program: the same for `api` and `workstation` (I34).
    idle_shortest: the shortest time that a trader may choose for himself.
    idle_longest: the longest time that a trader may choose for himself; at most 1 h (N02).
    absolute: a portal session ends after this time, whatever the activity (N01).
    absolute_program: the same for `api` and `workstation` (I35: 24 h).
    warn_before: how long before the end the page warns (ASVS 7.1.1, WCAG 2.2.1).
    per_trader: live sessions of one trader at most; a further login ends the oldest (R6).
    keep_logins: how long the history of logins is kept and shown (J13).
    """

    idle: timedelta = timedelta(minutes=10)
    idle_program: timedelta = timedelta(minutes=30)
    idle_shortest: timedelta = timedelta(minutes=1)
    idle_longest: timedelta = timedelta(minutes=60)
    absolute: timedelta = timedelta(hours=12)
    absolute_program: timedelta = timedelta(hours=24)
    warn_before: timedelta = timedelta(seconds=60)
    per_trader: int = 10
    keep_logins: timedelta = timedelta(days=365)

    def __post_init__(self) -> None:
        source = "NIST SP 800-63B-4 §2.2.3"
        within("idle_shortest", self.idle_shortest, _MINUTE, _HOUR, source)
        within("idle_longest", self.idle_longest, self.idle_shortest, _HOUR, source)
        within("idle", self.idle, self.idle_shortest, self.idle_longest, source)
        within("idle_program", self.idle_program, self.idle_shortest, self.idle_longest, source)
        within("absolute", self.absolute, self.idle_longest, 24 * _HOUR, source)
        within("absolute_program", self.absolute_program, self.idle_longest, 24 * _HOUR, source)
        within("warn_before", self.warn_before, timedelta(seconds=20), timedelta(minutes=5), "WCAG 2.2 SC 2.2.1")
        within("per_trader", self.per_trader, 1, 10, "R6")
        within("keep_logins", self.keep_logins, timedelta(days=100), timedelta(days=7 * 365), "R5: known addresses look back 90 days")
