"""The clock that every flow asks: it never runs backwards, and a leap that was put right heals (R6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sekisho.adapters.memory.steady_clock import SteadyClock
from sekisho.kernel.errors import Kind, SekishoError

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


class Machine:
    """leaps: how far its wall clock was moved. Both clocks go on by `passes`."""

    def __init__(self, floor: float | None = None) -> None:
        self.passed, self.leaps = 0.0, 0.0
        newest = None if floor is None else NOON + timedelta(seconds=floor)
        self.clock = SteadyClock(newest, lambda: NOON + timedelta(seconds=self.passed + self.leaps), lambda: self.passed)

    def after(self, passes: float, leap: float = 0.0) -> float:
        """Seconds since noon by the house's clock."""
        self.leaps += leap
        self.passed += passes
        return (self.clock.time() - NOON).total_seconds()


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ([(10, 0), (5, 0)], [10, 15]),
        ([(10, 0), (5, -3600), (5, 0)], [10, 15, 20]),  # set back: it goes on as if nothing had happened
        ([(10, 0), (0, -0.03), (5, 0)], [10, 10, 14.97]),  # drift between two clocks: it holds still
        ([(10, 0), (0, 60), (5, 0)], [10, 70, 75]),  # set forward: it follows
        ([(10, 0), (0, 60), (5, -60), (100, 0)], [10, 70, 75, 175]),  # and never comes back by itself
    ],
)
def test_it_never_runs_backwards(steps: list[tuple[float, float]], shown: list[float]) -> None:
    machine = Machine()
    assert [machine.after(*step) for step in steps] == pytest.approx(shown)


def test_after_a_restart_with_a_clock_set_back_time_goes_on_from_the_newest_that_was_seen() -> None:
    machine = Machine(floor=3600)
    assert [machine.after(1), machine.after(1)] == [3601, 3602]


def test_a_leap_forward_that_was_put_right_is_waited_out() -> None:
    """While it is off the database's clock nobody is served, so it may hold still until the true time has caught up."""
    machine = Machine()
    assert machine.after(10, leap=6) == 16
    machine.clock.mistrusted = True
    with pytest.raises(SekishoError) as refused:
        machine.clock()
    assert refused.value.kind is Kind.UNAVAILABLE
    assert [machine.after(1, leap=-6), machine.after(4), machine.after(3)] == [16, 16, 18]
    machine.clock.mistrusted = False
    assert machine.after(2) == 20
