"""The numbers of the lockout, with their bounds and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["LockoutPolicy"]


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """How many failures are borne, and for how long access is then restricted.

    soft_failures: consecutive failures that restrict for `soft_wait` (ASVS 6.3.1).
    hard_failures: consecutive failures that restrict until unlocked (I26: a large broker uses 10).
    soft_wait: how long access is restricted from the soft limit on (NIST SP 800-63B-4 §3.2.2 names 30 s to 1 h).
    forget_after: time without a failure that clears the consecutive count, never a restriction until unlocked.
    disable_total: failures over all lanes since the last success that disable the authenticator for good (N29).
    """

    soft_failures: int = 5
    hard_failures: int = 10
    soft_wait: timedelta = timedelta(minutes=15)
    forget_after: timedelta = timedelta(hours=24)
    disable_total: int = 100

    def __post_init__(self) -> None:
        within("hard_failures", self.hard_failures, 2, 100, source="NIST SP 800-63B-4 §3.2.2")
        within("soft_failures", self.soft_failures, 1, self.hard_failures - 1, source="below hard_failures")
        within("soft_wait", self.soft_wait, timedelta(seconds=30), timedelta(hours=24), source="NIST SP 800-63B-4 §3.2.2")
        within("forget_after", self.forget_after, timedelta(hours=1), timedelta(days=30), source="I26")
        within("disable_total", self.disable_total, self.hard_failures, 100, source="NIST SP 800-63B-4 §3.2.2")
