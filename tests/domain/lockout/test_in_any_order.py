"""The lockout under reservations and settlings in any order (R1, R3): held against a plain account of the rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from sekisho.domain.lockout import Attempts, FailureTotal, LockoutPolicy

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
POLICY = LockoutPolicy()


class AnyOrder(RuleBasedStateMachine):
    """The clock goes as `SteadyClock` lets it: a wall clock that is set back stands still."""

    pending = Bundle("pending")

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.attempts, self.total = Attempts(), FailureTotal()
        self.number = 0
        self.dead: set[str] = set()  # reserved before an unlock: at settling they are refused, right or wrong (R1)
        self.checked_since_clear: list[datetime] = []  # moments at which an attempt was let through to the check
        self.hard_settled = False  # a settled failure has restricted until unlocked

    @staticmethod
    def span(attempts: Attempts) -> tuple[datetime, datetime | None] | None:
        """From when to when a lane is restricted."""
        return attempts.restriction and (attempts.restriction.since, attempts.restriction.until)

    @rule(target=pending)
    def reserve(self) -> str:
        self.number += 1
        name = f"try {self.number}"
        before = self.attempts
        if before.admits(self.now).refused or self.total.admits(POLICY).refused:
            return "refused"
        self.attempts, self.total = before.reserve(name, POLICY, self.now), self.total.reserve()
        self.checked_since_clear.append(self.now)
        assert self.attempts.failures in (before.failures + 1, 1)
        return name

    @rule(name=consumes(pending))
    def fail(self, name: str) -> None:
        if name == "refused":
            return
        before = self.attempts
        self.attempts = before.failed(name, self.now)
        assert self.attempts.failures == before.failures
        assert self.span(self.attempts) == self.span(before)
        if before.restriction is not None and before.restriction.until is None and before.restriction.caused_by == name:
            self.hard_settled = True

    @rule(name=consumes(pending))
    def succeed(self, name: str) -> None:
        if name == "refused":
            return
        if name in self.dead:
            self.attempts = self.attempts.failed(name, self.now)
            return
        self.attempts = self.attempts.succeeded(name, self.now)
        self.total = self.total.succeeded(len(self.attempts.open))
        self.checked_since_clear = [one.at for one in self.attempts.open]
        assert name not in [one.id for one in self.attempts.open]
        assert self.attempts.failures == self.total.failures == len(self.attempts.open)
        if self.hard_settled:  # a success never lifts what a settled failure caused (R3)
            assert self.attempts.restriction is not None and self.attempts.restriction.until is None
        else:
            assert self.attempts.restriction is None or self.attempts.restriction.until is None

    @rule()
    def unlock(self) -> None:
        before = self.total
        self.attempts = self.attempts.unlocked()
        self.checked_since_clear, self.hard_settled = [], False
        self.dead = {f"try {number}" for number in range(1, self.number + 1)}
        assert self.total == before  # an unlock never lowers the sum (R3)
        assert not self.attempts.admits(self.now).refused

    @rule(minutes=st.sampled_from([0, 1, 14, 15, 16, 60, 24 * 60 - 1, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(minutes=st.integers(1, 60 * 24 * 365))
    def set_the_clock_back(self, minutes: int) -> None:
        """A reading from before extends nothing and clears nothing: what is refused now was refused then."""
        if self.attempts.admits(self.now).refused:
            assert self.attempts.admits(self.now - timedelta(minutes=minutes)).refused
        if self.attempts.last_failure is not None and self.attempts.failures:
            back = self.attempts.last_failure - timedelta(minutes=minutes)
            if not self.attempts.admits(back).refused:
                assert self.attempts.reserve("back", POLICY, back).failures == self.attempts.failures + 1

    @invariant()
    def never_more_checked_than_the_rule_allows(self) -> None:
        """Within any 15 minutes at most five are checked, within any 24 h at most ten, since the count was cleared last."""
        moments = self.checked_since_clear
        for first in moments:
            assert sum(first <= at < first + timedelta(minutes=15) for at in moments) <= POLICY.soft_failures
            assert sum(first <= at < first + timedelta(hours=24) for at in moments) <= POLICY.hard_failures

    @invariant()
    def the_sum_is_bounded(self) -> None:
        assert self.total.failures <= POLICY.disable_total

    @invariant()
    def a_soft_restriction_is_never_longer_than_its_wait(self) -> None:
        restriction = self.attempts.restriction
        if restriction is not None and restriction.until is not None:
            assert restriction.until - restriction.since == POLICY.soft_wait


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
