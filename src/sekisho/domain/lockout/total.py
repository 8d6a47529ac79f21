"""Failures of one authenticator over all lanes since its last success: never forgotten by time (R3; N29, N31)."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.lockout.policy import LockoutPolicy
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["FailureTotal"]


@dataclass(frozen=True, slots=True)
class FailureTotal:
    """An unlock does not lower it; only a success does. At the limit the authenticator is disabled and must be bound anew."""

    failures: int = 0

    def admits(self, policy: LockoutPolicy) -> Decision:
        if self.failures < policy.disable_total:
            return Allowed()
        return Refused(Reason.AUTHENTICATOR_DISABLED)

    def lifts(self, policy: LockoutPolicy) -> bool:
        """Whether the trader's own press lifts a restriction: below a third of the limit. A success, his next login, begins anew.

        So nobody who holds a session and no factor keeps a lane open for guesses until the authenticator is gone.
        """
        return 3 * self.failures < policy.disable_total

    def reserve(self) -> FailureTotal:
        return FailureTotal(self.failures + 1)

    def succeeded(self, still_open: int) -> FailureTotal:
        """still_open: other attempts being checked at this moment; they count as failed until settled."""
        return FailureTotal(still_open)
