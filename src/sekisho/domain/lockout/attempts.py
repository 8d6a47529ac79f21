"""Consecutive failures of one authenticator in one lane, and the restriction they cause (R1, R3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.lockout.policy import LockoutPolicy
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["RESERVATION_LIFE", "STRANGERS", "Attempts", "OpenReservation", "Restriction"]

STRANGERS = "strangers"  # the lane that all clients share which are not known to the trader
RESERVATION_LIFE = timedelta(minutes=2)  # an older one belongs to a node that died: it stays counted, but is no longer open


@dataclass(frozen=True, slots=True)
class OpenReservation:
    """An attempt whose secret is being checked at this moment."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Restriction:
    """until: None means until unlocked. caused_by: the reservation that reached the limit, until it is settled as failed."""

    since: datetime
    until: datetime | None
    caused_by: str | None

    def over(self, now: datetime) -> bool:
        return self.until is not None and now >= self.until


@dataclass(frozen=True, slots=True)
class Attempts:
    """Consecutive failures of one authenticator in one lane. `open` are reservations not yet settled."""

    failures: int = 0
    last_failure: datetime | None = None
    restriction: Restriction | None = None
    open: tuple[OpenReservation, ...] = ()

    def admits(self, now: datetime) -> Decision:
        """Whether an attempt may be checked. A refused one prolongs nothing."""
        if self.restriction is None or self.restriction.over(now):
            return Allowed()
        return Refused(Reason.LOGIN_RESTRICTED, until=self.restriction.until)

    def reserve(self, reservation: str, policy: LockoutPolicy, now: datetime) -> Attempts:
        """This attempt counted as failed, until `succeeded` says otherwise. Only after `admits` allowed it."""
        failures = self._remembered(policy, now) + 1
        return Attempts(
            failures=failures,
            last_failure=now,
            restriction=self._restriction(failures, reservation, policy, now),
            open=(*self._still_open(now), OpenReservation(reservation, now)),
        )

    def failed(self, reservation: str, now: datetime) -> Attempts:
        """The secret was wrong: the count stands, the reservation is no longer open."""
        restriction = self.restriction
        if restriction is not None and restriction.caused_by == reservation:
            restriction = replace(restriction, caused_by=None)
        return replace(self, restriction=restriction, open=self._others(reservation, now))

    def orphaned(self, now: datetime) -> bool:
        """Whether the restriction came from an attempt whose node died before it was settled: nobody has been told of it."""
        cause = self.restriction.caused_by if self.restriction else None
        return cause is not None and all(one.id != cause for one in self._still_open(now))

    def succeeded(self, reservation: str, now: datetime) -> Attempts:
        """The secret was right: the count is cleared but for attempts still being checked, which count as failed.

        A restriction goes with it unless it is one until unlocked which a settled failure caused.
        """
        others = self._others(reservation, now)
        causes = {reservation, *(other.id for other in others)}
        kept = self.restriction
        if kept is not None and (kept.until is not None or kept.caused_by in causes):
            kept = None
        return Attempts(failures=len(others), last_failure=self.last_failure if others else None, restriction=kept, open=others)

    def restricted_again(self, policy: LockoutPolicy, until_unlocked: bool, now: datetime) -> Attempts:
        """Restricted as it was in what a restore lost (R9). What is restricted more sternly stays so."""
        if self.restriction is not None and self.restriction.until is None:
            return self
        reached = policy.hard_failures if until_unlocked else policy.soft_failures
        until = None if until_unlocked else now + policy.soft_wait
        return Attempts(max(self.failures, reached), now, Restriction(now, until, None), ())

    def unlocked(self) -> Attempts:
        """Count and restriction lifted. Open reservations die at settling, since an unlock came between (R1): they count no more either."""
        return Attempts()

    def unlocked_since(self, reservation: str, at: datetime, now: datetime) -> bool:
        """Whether this attempt, reserved then and not settled, is from before an unlock: nothing else takes a young one out of `open`."""
        return now - at < RESERVATION_LIFE and all(one.id != reservation for one in self.open)

    def _remembered(self, policy: LockoutPolicy, now: datetime) -> int:
        if self.last_failure is not None and now - self.last_failure >= policy.forget_after:
            return 0
        return self.failures

    def _restriction(self, failures: int, cause: str, policy: LockoutPolicy, now: datetime) -> Restriction | None:
        if failures >= policy.hard_failures:
            return Restriction(since=now, until=None, caused_by=cause)
        if failures >= policy.soft_failures:
            return Restriction(since=now, until=now + policy.soft_wait, caused_by=cause)
        return None

    def _still_open(self, now: datetime) -> tuple[OpenReservation, ...]:
        return tuple(one for one in self.open if now - one.at < RESERVATION_LIFE)

    def _others(self, reservation: str, now: datetime) -> tuple[OpenReservation, ...]:
        return tuple(one for one in self._still_open(now) if one.id != reservation)
