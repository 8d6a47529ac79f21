"""P5 to the second: when a session is over, and what counts as input (R6; N01-N05, I34-I35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.sessions import Channel, EndReason, Session, SessionPolicy, book_input, idle_of
from sekisho.kernel.decision import Reason

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
POLICY = SessionPolicy()
SESSION = Session("ses_1", "trd_1", Channel.PORTAL, "hash", START, START, timedelta(minutes=10), START + timedelta(hours=12))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.mark.parametrize(
    "session, later, reason",
    [
        (SESSION, seconds(0), None),
        (SESSION, seconds(599), None),
        (SESSION, seconds(599.999), None),
        (SESSION, seconds(600), Reason.SESSION_IDLE),  # 600 s after the last input, not 599 and not 601
        (SESSION, seconds(601), Reason.SESSION_IDLE),
        (replace(SESSION, ends=START + seconds(300)), seconds(299.999), None),
        (replace(SESSION, ends=START + seconds(300)), seconds(300), Reason.SESSION_TOO_OLD),
        (SESSION.end(EndReason.LOGGED_OFF, START), seconds(0), Reason.SESSION_ENDED),
    ],
)
def test_a_session_is_over_to_the_second(session: Session, later: timedelta, reason: Reason | None) -> None:
    decision = session.admits(START + later)
    assert getattr(decision, "reason", None) is reason


def test_the_moment_of_logoff_is_the_earlier_end() -> None:
    assert SESSION.over_at == START + seconds(600)
    assert replace(SESSION, ends=START + seconds(60)).over_at == START + seconds(60)


@pytest.mark.parametrize(
    "received, age, booked",
    [
        (100, 0, 100),
        (100, 30, 70),  # receipt minus age
        (100, -30, 100),  # never later than receipt
        (100, 100, 0),
        (100, 500, 0),  # nor earlier than before
        (-50, 0, 0),  # a clock set back moves nothing back
        (-50, 20, 0),
    ],
)
def test_input_is_booked_at_receipt_minus_age(received: float, age: float, booked: float) -> None:
    """R6: never later than receipt nor earlier than before."""
    assert book_input(SESSION, START + seconds(received), seconds(age)).last_input == START + seconds(booked)


@given(st.lists(st.tuples(st.integers(-600, 600), st.integers(-100, 1000)), max_size=12))
def test_no_sequence_of_inputs_books_a_moment_that_has_not_come(inputs: list[tuple[int, int]]) -> None:
    session, latest = SESSION, START
    for received, age in inputs:
        before, latest = session.last_input, max(latest, START + seconds(received))
        session = book_input(session, START + seconds(received), seconds(age))
        assert before <= session.last_input <= latest


@pytest.mark.parametrize(
    "channel, own, idle",
    [
        (Channel.PORTAL, None, 10),
        (Channel.API, None, 30),
        (Channel.WORKSTATION, None, 30),
        (Channel.PORTAL, 5, 5),
        (Channel.API, 5, 5),
        (Channel.PORTAL, 60, 60),
        (Channel.PORTAL, 61, 60),  # a choice from before the firm narrowed its bounds
        (Channel.PORTAL, 0, 1),
    ],
)
def test_the_traders_own_choice_holds_within_the_firms_bounds(channel: Channel, own: int | None, idle: int) -> None:
    choice = None if own is None else timedelta(minutes=own)
    assert idle_of(channel, choice, POLICY) == timedelta(minutes=idle)


@pytest.mark.parametrize("later, quarantined", [(0, True), (24 * 3600 - 0.001, True), (24 * 3600, False)])
def test_the_quarantine_ends_after_its_day(later: float, quarantined: bool) -> None:
    session = replace(SESSION, quarantined_until=START + timedelta(hours=24))
    assert session.quarantined(START + seconds(later)) is quarantined
    assert not SESSION.quarantined(START)


@pytest.mark.parametrize(
    "numbers",
    [
        {"idle": timedelta(seconds=59)},
        {"idle": timedelta(minutes=61)},
        {"idle_program": timedelta(minutes=61)},
        {"idle_shortest": timedelta(seconds=1)},
        {"idle_longest": timedelta(hours=2)},
        {"absolute": timedelta(hours=24, seconds=1)},
        {"absolute_program": timedelta(hours=25)},
        {"warn_before": timedelta(seconds=5)},
        {"per_trader": 11},
        {"per_trader": 0},
    ],
)
def test_numbers_outside_the_bounds_are_refused(numbers: dict[str, object]) -> None:
    """R6: idle 1 to 60 min, absolute at most 24 h, at most 10 sessions."""
    with pytest.raises(ValueError, match=r"between .* \(.+\)"):
        SessionPolicy(**numbers)  # type: ignore[arg-type]
