"""P5 through the flows: automatic logoff to the second, and how sessions end otherwise (R6; N01-N05, N46-N50)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.adapters.memory.steady_clock import SteadyClock
from sekisho.domain.authentication.sends import SendPolicy
from sekisho.domain.sessions import Channel, EndReason
from sekisho.flows.auto_log_off import end_over_sessions, record_input
from sekisho.flows.checkpoint import live_session
from sekisho.flows.complete_login import Complete
from sekisho.flows.log_off import end_session, log_off
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.see_presence import end_of_session
from sekisho.flows.set_logoff_time import set_logoff_time
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House, Person, caller
from tests.flows.own_devices import end_one

MANY = SendPolicy(per_lane=20, per_lane_daily=50)


async def poll(house: House, complete: Complete, seconds: int) -> list[int]:
    """Asked every second; the seconds at which it was alive."""
    alive = []
    for second in range(1, seconds + 1):
        house.clock.advance(seconds=1)
        if isinstance(await live_session(complete.session_token, Channel.PORTAL, None, house.deps), LiveSession):
            alive.append(second)
    return alive


def test_a_session_polled_every_second_ends_600_s_after_the_last_input(house: House, aiko: Person) -> None:
    """P5: not 599 nor 601; fetches, streams and session checks never count."""
    complete = house.log_in(aiko)
    assert asyncio.run(poll(house, complete, 602)) == list(range(1, 600))
    assert end_of_session(complete.session_token, house.deps) is EndReason.IDLE
    assert house.audited("session.ended", EndReason.IDLE) == 1


def test_human_input_counts_from_when_it_happened(house: House, aiko: Person) -> None:
    """R6: the server books receipt minus age."""
    complete = house.log_in(aiko)
    house.clock.advance(seconds=300)
    record_input(house.present(complete), timedelta(seconds=20), house.deps)
    house.clock.advance(seconds=579.999)
    assert isinstance(house.live(complete), LiveSession)
    house.clock.advance(seconds=0.001)
    assert house.live(complete) == Refused(Reason.SESSION_IDLE)
    assert house.live(complete) == Refused(Reason.SESSION_ENDED)


def test_input_wakes_no_session_that_is_over(house: House, aiko: Person) -> None:
    complete = house.log_in(aiko)
    live = house.present(complete)
    house.clock.advance(seconds=600)
    assert record_input(live, timedelta(seconds=30), house.deps) == Refused(Reason.SESSION_IDLE)
    assert house.live(complete) == Refused(Reason.SESSION_IDLE)


def test_a_node_reads_the_row_before_it_ends_a_session(house: House, aiko: Person) -> None:
    """R6: input may have been booked on another node since."""
    complete = house.log_in(aiko)
    live = house.present(complete)
    other = replace(house.deps, memory=FreshSessions(lambda: 0.0))
    house.clock.advance(seconds=590)
    record_input(live, timedelta(0), other)
    house.clock.advance(seconds=20)
    assert isinstance(house.live(complete), LiveSession)


def test_a_node_that_hears_of_no_changes_answers_from_the_database(house: House, aiko: Person) -> None:
    """R6: memory is trusted only while the last confirmed read is under a second old."""
    age = [0.0]
    node = replace(house.deps, memory=FreshSessions(lambda: age[0]))
    complete = house.log_in(aiko)
    assert isinstance(asyncio.run(live_session(complete.session_token, Channel.PORTAL, None, node)), LiveSession)
    end_session(complete.session.id, EndReason.ENDED_BY_STAFF, "os:desk", house.deps)  # this node hears nothing of it
    age[0] = 1.0
    assert asyncio.run(live_session(complete.session_token, Channel.PORTAL, None, node)) == Refused(Reason.SESSION_ENDED)


def test_the_absolute_end_comes_whatever_the_activity(house: House, aiko: Person) -> None:
    """N01: 12 h in the portal."""
    complete = house.log_in(aiko)
    for _ in range(12 * 6):
        house.clock.advance(minutes=9, seconds=55)
        record_input(house.present(complete), timedelta(0), house.deps)
    house.clock.now = complete.session.ends - timedelta(milliseconds=1)
    assert isinstance(house.live(complete), LiveSession)
    house.clock.advance(milliseconds=1)
    assert house.live(complete) == Refused(Reason.SESSION_TOO_OLD)


@pytest.mark.parametrize("channel, minutes", [(Channel.PORTAL, 10), (Channel.API, 30), (Channel.WORKSTATION, 30)])
def test_each_door_has_its_own_time(house: House, aiko: Person, channel: Channel, minutes: int) -> None:
    """DESIGN §5, I34."""
    complete = house.log_in(aiko, caller(channel=channel))
    house.clock.advance(minutes=minutes, milliseconds=-1)
    assert isinstance(house.live(complete, channel), LiveSession)
    house.clock.advance(milliseconds=1)
    assert isinstance(house.live(complete, channel), Refused)


def test_a_clock_set_back_extends_nothing(house: House, aiko: Person) -> None:
    """R6 and the issue: restriction, code and session end on time, though the machine's clock goes back an hour."""
    wall, ticks = [house.clock()], [0.0]

    def pass_time(seconds: float) -> None:
        wall[0] += timedelta(seconds=seconds)
        ticks[0] += seconds

    house.deps = replace(house.deps, clock=SteadyClock(wall=lambda: wall[0], monotonic=lambda: ticks[0]))
    complete = house.log_in(aiko)
    started = house.start(aiko)
    code = house.ask_code(started.token)
    wall[0] -= timedelta(hours=1)
    pass_time(299)
    assert isinstance(house.live(complete), LiveSession)
    pass_time(1)
    assert house.give_code(started.token, code) == Refused(Reason.CODE_EXPIRED)
    house.fail_passwords(aiko, 5)
    wall[0] -= timedelta(days=30)
    pass_time(300)
    assert house.live(complete) == Refused(Reason.SESSION_IDLE)
    pass_time(599)
    assert isinstance(house.give_password("aiko", aiko.password), Refused)
    pass_time(1)
    assert not isinstance(house.give_password("aiko", aiko.password), Refused)


def test_the_owners_timer_ends_what_nobody_asks_about(house: House, aiko: Person) -> None:
    complete = house.log_in(aiko)
    house.clock.advance(seconds=599)
    assert not end_over_sessions(house.deps, limit=1) and house.audited("session.ended") == 0
    house.clock.advance(seconds=1)
    assert end_over_sessions(house.deps, limit=1) and house.audited("session.ended", EndReason.IDLE) == 1
    assert not end_over_sessions(house.deps, limit=1) and house.audited("session.ended") == 1
    assert house.live(complete) == Refused(Reason.SESSION_ENDED)


def test_at_most_ten_sessions_the_oldest_goes(house: House, aiko: Person) -> None:
    """R6."""
    house.with_policies(sends=MANY)
    sessions: list[Complete] = []
    for _ in range(10):
        sessions.append(house.log_in(aiko, caller(client_token=sessions[-1].client_token if sessions else None, channel=Channel.API)))
        house.clock.advance(minutes=2)
    record_input(house.look(sessions[0].session_token, Channel.API), timedelta(0), house.deps)  # type: ignore[arg-type]
    alive = [isinstance(house.live(one, Channel.API), LiveSession) for one in sessions]
    assert alive == [True] * 10
    house.clock.advance(minutes=1)
    sessions.append(house.log_in(aiko, caller(client_token=sessions[-1].client_token, channel=Channel.API)))
    alive = [isinstance(house.live(one, Channel.API), LiveSession) for one in sessions]
    assert alive == [False] + [True] * 10
    assert house.audited("session.ended", EndReason.REPLACED) == 1


def test_sessions_that_are_over_take_no_place(house: House, aiko: Person) -> None:
    """One that nobody has ended yet is no reason to end a live one."""
    house.with_policies(sends=MANY)
    first = house.log_in(aiko, caller(channel=Channel.API))
    for _ in range(9):
        house.log_in(aiko, caller(client_token=first.client_token))
        house.clock.advance(minutes=2)
    house.clock.advance(minutes=8)  # most portal sessions are over, the program's first one is not
    house.log_in(aiko)
    assert isinstance(house.live(first, Channel.API), LiveSession)


def test_logging_off_ends_the_session_and_the_token_opens_nothing(house: House, aiko: Person) -> None:
    complete = house.log_in(aiko)
    log_off(house.present(complete), house.deps)
    assert house.live(complete) == Refused(Reason.SESSION_ENDED)
    assert end_of_session(complete.session_token, house.deps) is EndReason.LOGGED_OFF


def test_ending_all_others_keeps_this_one(house: House, aiko: Person) -> None:
    others = [house.log_in(aiko) for _ in range(3)]
    own = house.log_in(aiko)
    assert house.end_others(house.present(own)) == 3
    assert [isinstance(house.live(one), LiveSession) for one in (*others, own)] == [False, False, False, True]


def test_ending_others_takes_the_password(house: House, aiko: Person) -> None:
    """R6: one factor; a session left open on a desk cannot throw the owner out elsewhere."""
    other, own = house.log_in(aiko), house.log_in(aiko)
    assert house.end_others(house.present(own), "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    assert isinstance(house.live(other), LiveSession)
    assert house.failures(aiko, lane=own.session.client or "") == (1, 1)


def test_one_other_session_ends_with_the_password_and_its_client_stays_known(house: House, aiko: Person) -> None:
    """R6, V7.5.2: one factor."""
    other, third, own = (house.log_in(aiko) for _ in range(3))
    live = house.present(own)
    assert end_one(house, live, other.session.id, "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    assert isinstance(house.live(other), LiveSession)
    assert end_one(house, live, other.session.id) == 1
    assert [isinstance(house.live(one), LiveSession) for one in (other, third, own)] == [False, True, True]
    assert end_of_session(other.session_token, house.deps) is EndReason.ENDED_BY_TRADER
    assert house.audited("session.ended", EndReason.ENDED_BY_TRADER, session=other.session.id) == 1
    assert house.start(aiko, caller(client_token=other.client_token)).ceremony.lane == other.session.client


def test_a_program_is_ended_from_the_portal(house: House, aiko: Person) -> None:
    program, own = house.log_in(aiko, caller(channel=Channel.API)), house.log_in(aiko)
    assert end_one(house, house.present(own), program.session.id) == 1
    assert house.live(program, Channel.API) == Refused(Reason.SESSION_ENDED)


def test_a_session_that_is_not_another_one_of_his_is_missing(house: House, aiko: Person) -> None:
    """R7: somebody else's, his present one, one that is over and one that never was answer alike; nothing is checked or counted."""
    foreign = house.log_in(house.enrol("botan"))
    over = house.log_in(aiko)
    log_off(house.present(over), house.deps)
    live = house.present(house.log_in(aiko))
    for named in (foreign.session.id, live.session.id, over.session.id, "ses_none"):
        with pytest.raises(SekishoError) as refused:
            end_one(house, live, named, "a wrong password")
        assert refused.value.kind is Kind.MISSING
    assert isinstance(house.live(foreign), LiveSession)
    assert house.audited("object.refused", what="session") == 4
    assert house.failures(aiko, lane=live.session.client or "") == (0, 0)


@pytest.mark.parametrize("change", [{"suspended": True}, {"frozen": frozenset({"compromise"})}])
def test_a_stopped_traders_session_opens_nothing_at_once(house: House, aiko: Person, change: dict[str, object]) -> None:
    complete = house.log_in(aiko)
    house.present(complete)
    stop = {name: house.clock() if value is True else value for name, value in change.items()}
    house.alter(aiko, lambda trader: replace(trader, **stop))  # type: ignore[arg-type]
    assert isinstance(house.live(complete), Refused)


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_a_trader_chooses_his_own_time(house: House, aiko: Person, minutes: int) -> None:
    """DESIGN §5: for this and later sessions."""
    complete = house.log_in(aiko)
    assert set_logoff_time(house.present(complete), minutes, house.deps) == timedelta(minutes=minutes)
    later = house.log_in(aiko)
    for one in (complete, later):
        assert house.present(one).session.idle == timedelta(minutes=minutes)
    house.clock.advance(minutes=minutes)
    assert house.live(complete) == Refused(Reason.SESSION_IDLE)


@pytest.mark.parametrize("minutes", [0, -1, 61, 10**9, 10**20, -(10**20)])
def test_times_outside_the_firms_bounds_are_refused(house: House, aiko: Person, minutes: int) -> None:
    live = house.present(house.log_in(aiko))
    with pytest.raises(SekishoError) as refused:
        set_logoff_time(live, minutes, house.deps)
    assert refused.value.kind is Kind.INVALID
    assert house.record(aiko).trader.logoff_after is None
