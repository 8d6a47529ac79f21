"""R3 as tables: which failures restrict a login, for how long, and what lifts it (P4; J15, N29-N31)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sekisho.domain.lockout import Attempts, FailureTotal, LockoutPolicy, OpenReservation, Restriction
from sekisho.domain.lockout.attempts import RESERVATION_LIFE
from sekisho.kernel.decision import Reason

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
POLICY = LockoutPolicy()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def fail(attempts: Attempts, number: int, now: datetime) -> Attempts:
    """One wrong secret, from reservation to settling."""
    assert not attempts.admits(now).refused
    return attempts.reserve(f"try {number}", POLICY, now).failed(f"try {number}", now)


def after_failures(count: int) -> tuple[Attempts, datetime]:
    """So many failures, each as soon as the one before allows; and the moment of the last."""
    attempts, now = Attempts(), START
    for number in range(count):
        decision = attempts.admits(now)
        now = getattr(decision, "until", None) or now
        attempts = fail(attempts, number, now)
    return attempts, now


@pytest.mark.parametrize(
    "failures, later, admitted",
    [
        (0, timedelta(0), True),
        (4, timedelta(0), True),  # below the limit
        (5, timedelta(0), False),  # restricted
        (5, 15 * MINUTE - timedelta(milliseconds=1), False),
        (5, 15 * MINUTE, True),  # the wait is over
        (6, 15 * MINUTE - timedelta(milliseconds=1), False),  # each of the 6th to 9th restricts again
        (6, 15 * MINUTE, True),
        (7, 14 * MINUTE, False),
        (8, 14 * MINUTE, False),
        (9, 15 * MINUTE - timedelta(milliseconds=1), False),
        (9, 15 * MINUTE, True),
        (10, 15 * MINUTE, False),  # only an unlock helps now
        (10, 24 * HOUR, False),  # 24 h clear the count, not a restriction until unlocked
        (10, 365 * 24 * HOUR, False),
    ],
)
def test_access_is_restricted_after_failures(failures: int, later: timedelta, admitted: bool) -> None:
    """R3: the 5th failure restricts for 15 min, each of the 6th to 9th, the 10th until unlocked."""
    attempts, last = after_failures(failures)
    assert attempts.failures == failures
    assert attempts.admits(last + later).refused is not admitted


@pytest.mark.parametrize("failures, until", [(5, START + 15 * MINUTE), (10, None)])
def test_the_refusal_says_until_when(failures: int, until: datetime | None) -> None:
    attempts, last = after_failures(failures)
    decision = attempts.admits(last)
    assert decision.refused
    assert decision.reason is Reason.LOGIN_RESTRICTED
    assert decision.until == until if until is None else decision.until == last + 15 * MINUTE


@pytest.mark.parametrize(
    "failures, quiet, count_of_the_next",
    [
        (4, 24 * HOUR - timedelta(milliseconds=1), 5),
        (4, 24 * HOUR, 1),  # forgotten
        (9, 24 * HOUR, 1),
        (9, 23 * HOUR, 10),
    ],
)
def test_a_day_without_a_failure_clears_the_count(failures: int, quiet: timedelta, count_of_the_next: int) -> None:
    """R3: 24 h without a failure clear the count."""
    attempts, last = after_failures(failures)
    assert fail(attempts, 99, last + quiet).failures == count_of_the_next


def test_the_day_is_counted_from_the_last_failure_not_from_the_first() -> None:
    attempts = Attempts()
    for number in range(4):
        attempts = fail(attempts, number, START + number * 20 * HOUR)
    assert attempts.failures == 4


def test_a_success_clears_the_count() -> None:
    attempts, last = after_failures(4)
    reserved = attempts.reserve("right", POLICY, last)
    assert reserved.failures == 5 and reserved.restriction is not None  # counted as failed until settled
    cleared = reserved.succeeded("right", last)
    assert cleared == Attempts()


def test_an_unlock_clears_count_and_restriction() -> None:
    attempts, last = after_failures(9)
    attempts = attempts.reserve("open", POLICY, last + 15 * MINUTE)  # the 10th, still being checked: it dies at settling (R1)
    assert attempts.unlocked() == Attempts()
    assert not attempts.unlocked().admits(last).refused


def test_of_parallel_tries_exactly_five_are_reserved() -> None:
    """R1: an attempt counts as failed before its secret is looked at."""
    attempts, reserved = Attempts(), 0
    for number in range(200):
        if not attempts.admits(START).refused:
            attempts, reserved = attempts.reserve(f"try {number}", POLICY, START), reserved + 1
    assert reserved == attempts.failures == 5


def test_a_right_secret_among_parallel_wrong_ones_leaves_those_still_being_checked() -> None:
    """R1: success removes its own reservation and clears the consecutive count; the others stand as failed."""
    attempts = Attempts()
    for name in ("a", "b", "right", "c", "d"):
        attempts = attempts.reserve(name, POLICY, START)
    attempts = attempts.failed("a", START).succeeded("right", START)
    assert attempts.failures == 3  # b, c and d; a was settled before the success and is cleared
    assert attempts.restriction is None  # d, still open, had caused it
    assert [one.id for one in attempts.open] == ["b", "c", "d"]


@pytest.mark.parametrize("settled_first, lifted", [(False, True), (True, False)])
def test_a_success_lifts_a_restriction_until_unlocked_only_if_an_open_reservation_caused_it(settled_first: bool, lifted: bool) -> None:
    """R1, R3: a success clears the count, not a restriction until unlocked which a failure has caused."""
    attempts, last = after_failures(8)
    now = last + 15 * MINUTE
    attempts = attempts.reserve("right", POLICY, now)  # the 9th
    attempts = Attempts(attempts.failures, attempts.last_failure, None, attempts.open)  # as if its restriction were over already
    attempts = attempts.reserve("wrong", POLICY, now)  # the 10th
    if settled_first:
        attempts = attempts.failed("wrong", now)
    after = attempts.succeeded("right", now)
    assert (after.restriction is None) is lifted


def test_a_reservation_of_a_dead_node_stays_counted_but_is_no_longer_open() -> None:
    """R1: death in between leaves a failed attempt."""
    attempts = Attempts().reserve("lost", POLICY, START)
    later = START + RESERVATION_LIFE
    attempts = attempts.reserve("next", POLICY, later)
    assert attempts.failures == 2
    assert attempts.open == (OpenReservation("next", later),)


def test_a_restriction_until_unlocked_never_ends_by_the_clock() -> None:
    assert not Restriction(START, None, "try").over(START + timedelta(days=36500))


@pytest.mark.parametrize("failures, admitted", [(99, True), (100, False), (101, False)])
def test_the_sum_disables_at_a_hundred(failures: int, admitted: bool) -> None:
    """R3, N29, N31: the sum over all lanes since the last success is never forgotten by time; at 100 it disables."""
    total = FailureTotal()
    for _ in range(failures):
        total = total.reserve()
    decision = total.admits(POLICY)
    assert decision.refused is not admitted
    assert admitted or decision.reason is Reason.AUTHENTICATOR_DISABLED


def test_only_a_success_lowers_the_sum() -> None:
    assert FailureTotal(42).succeeded(still_open=0) == FailureTotal(0)
    assert FailureTotal(42).succeeded(still_open=3) == FailureTotal(3)


@pytest.mark.parametrize(
    "numbers",
    [
        {"hard_failures": 101, "disable_total": 100},
        {"hard_failures": 5, "soft_failures": 5},
        {"soft_failures": 0},
        {"soft_wait": timedelta(seconds=29)},
        {"soft_wait": timedelta(hours=25)},
        {"forget_after": timedelta(minutes=59)},
        {"disable_total": 101},
        {"disable_total": 9},
        {"soft_failures": True},
    ],
)
def test_numbers_outside_the_standards_bounds_are_refused(numbers: dict[str, object]) -> None:
    """DESIGN §2: a policy refuses values outside the standard's bounds and names the source."""
    with pytest.raises(ValueError, match=r"between .* \(.+\)"):
        LockoutPolicy(**numbers)  # type: ignore[arg-type]
