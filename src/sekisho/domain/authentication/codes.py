"""Security codes: random digits, one use, bound to a ceremony, its purpose and the hash of its action (R4; N22-N25)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.kernel.bounds import within
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["CodePolicy", "SecurityCode"]


@dataclass(frozen=True, slots=True)
class CodePolicy:
    """The numbers of security codes.

    digits: length of a code (N23: at least 6).
    life: how long a code is valid (N22: at most 10 min); one for a step-up never longer than 5 min.
    tries: wrong tries of one code after which it is spent; a new code never resets the lockout's count (N23).
    ceremony_life: how long a login in progress lives.
    """

    digits: int = 6
    life: timedelta = timedelta(minutes=5)
    tries: int = 5
    ceremony_life: timedelta = timedelta(minutes=15)

    @property
    def proof_life(self) -> timedelta:
        """How long a step-up lives, and every code for it: never over 5 min, however long a login's code is valid (R4)."""
        return min(self.life, timedelta(minutes=5))

    def __post_init__(self) -> None:
        within("digits", self.digits, 6, 10, source="NIST SP 800-63B-4 §3.1.3.2")
        within("life", self.life, timedelta(minutes=1), timedelta(minutes=10), source="NIST SP 800-63B-4 §3.1.3.2")
        within("tries", self.tries, 1, 10, source="NIST SP 800-63B-4 §3.2.2")
        within("ceremony_life", self.ceremony_life, self.life, timedelta(hours=1), source="ASVS 6.6.2")


@dataclass(frozen=True, slots=True)
class SecurityCode:
    """A code that was sent. hash: keyed hash over ceremony, purpose, action and digits; the digits are kept nowhere."""

    hash: str
    sent: datetime
    expires: datetime
    tries_left: int
    used: datetime | None = None

    def admits(self, now: datetime) -> Decision:
        if self.used is not None:
            return Refused(Reason.CODE_SPENT)
        if now >= self.expires:
            return Refused(Reason.CODE_EXPIRED)
        if self.tries_left <= 0:
            return Refused(Reason.CODE_TRIES_SPENT)
        return Allowed()

    def tried(self) -> SecurityCode:
        return replace(self, tries_left=self.tries_left - 1)

    def spent(self, now: datetime) -> SecurityCode:
        return replace(self, used=now)
