"""Security codes in the flows: what they are bound to, how many are sent, and how a login in progress dies (R1, R3, R4; N22-N27)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.authentication.sends import SendPolicy
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.complete_login import Complete
from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.send_code import CodeStep, send_code
from sekisho.flows.unlock_login import lift_own_restriction, unlock_login
from sekisho.flows.watch_logins import close_expired_logins
from sekisho.kernel.decision import Reason, Refused
from tests.flows.house import STAFF, House, Person, caller, wrong

KNOWN = "192.0.2.44"


def by_staff_unlock(house: House, aiko: Person) -> None:
    unlock_login("aiko", STAFF, house.deps)


def by_password_change(house: House, aiko: Person) -> None:
    known = house.log_in(aiko, caller(KNOWN))
    house.clock.advance(days=1)
    live = house.present(house.log_in(aiko, caller(KNOWN, known.client_token)))
    started = house.start(aiko)  # a younger one, since the first has expired
    house.clock.advance(minutes=1)
    house.change_password(aiko, live)
    assert isinstance(house.give_code(started.token, "000000"), Refused)


def by_suspension(house: House, aiko: Person) -> None:
    house.alter(aiko, lambda trader: replace(trader, suspended=house.clock()))


def by_freeze(house: House, aiko: Person) -> None:
    house.alter(aiko, lambda trader: replace(trader, frozen=frozenset({"compromise"})))


def by_reset(house: House, aiko: Person) -> None:
    reset_trader("aiko", None, STAFF, house.deps)


def by_reset_with_a_new_phone(house: House, aiko: Person) -> None:
    reset_trader("aiko", "+819099998888", STAFF, house.deps)


def by_restriction_of_its_lane(house: House, aiko: Person) -> None:
    other = house.start(aiko, caller("198.51.100.1"))
    house.fail_codes(other.token, house.ask_code(other.token), 5)


def by_expiry(house: House, aiko: Person) -> None:
    house.clock.advance(minutes=15)


@pytest.mark.parametrize(
    "death",
    [by_staff_unlock, by_suspension, by_freeze, by_reset, by_reset_with_a_new_phone, by_restriction_of_its_lane, by_expiry],
)
def test_a_login_in_progress_dies(house: House, aiko: Person, death: Callable[[House, Person], None]) -> None:
    """R1: dead, it answers `send` as ever and sends nothing, and every `verify` as a wrong code; and nothing is counted."""
    started = house.start(aiko)
    alive = send_code(started.token, caller(), house.deps)
    code = next(m.code.reveal() for m in reversed(house.messages()) if m.code and m.kind == "code.login")
    death(house, aiko)
    assert isinstance(house.give_code(started.token, code), Refused)
    before, counted = house.kinds()["code.login"], house.failures(aiko, method="phone")
    shown = send_code(started.token, caller(), house.deps)
    assert house.kinds()["code.login"] == before
    assert isinstance(shown, CodeStep) and isinstance(alive, CodeStep)
    assert (shown.masked, shown.tries_left) == (alive.masked, alive.tries_left)
    assert shown.expires == house.clock() + timedelta(minutes=5)
    assert isinstance(house.give_code(started.token, code), Refused)
    assert house.failures(aiko, method="phone") == counted
    assert house.audited("code.withheld") == 1
    assert house.audited("login.completed", known_client=False) == 0


def test_the_owners_press_stops_logins_of_strangers_and_of_nobody_else(house: House, aiko: Person) -> None:
    """R1, R3: dead, theirs answers as ever; a known client's goes on."""
    first = house.log_in(aiko, caller(KNOWN))
    house.clock.advance(days=1)
    complete = house.log_in(aiko, caller(KNOWN, first.client_token))
    live, own = house.present(complete), caller(KNOWN, complete.client_token)
    theirs, his = house.start(aiko), house.start(aiko, own)
    code, own_code = house.ask_code(theirs.token), house.ask_code(his.token, own)
    house.fail_passwords(aiko, 5)
    assert lift_own_restriction(live, house.deps) == 1
    assert house.give_code(theirs.token, code) == Refused(Reason.STATE_CHANGED) and house.asked(theirs.token) == []
    assert isinstance(house.give_code(his.token, own_code, own), Complete)
    house.clock.advance(minutes=15)
    assert close_expired_logins(house.deps) == 1  # that somebody knew the password is told all the same
    assert house.kinds()["password_without_second_factor"] == 1


def test_a_password_change_kills_logins_in_progress(house: House, aiko: Person) -> None:
    known = house.log_in(aiko, caller(KNOWN))
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(KNOWN, known.client_token)))
    started = house.start(aiko)
    code = house.ask_code(started.token)
    house.change_password(aiko, live)
    assert house.give_code(started.token, code) == Refused(Reason.STATE_CHANGED)
    assert house.asked(started.token) == []


def test_a_restriction_of_strangers_leaves_the_known_clients_login_alive(house: House, aiko: Person) -> None:
    """R1: a login dies when its own trader × authenticator × lane is restricted; not when another lane is."""
    own = caller(KNOWN, house.log_in(aiko, caller(KNOWN)).client_token)
    started = house.start(aiko, own)
    code = house.ask_code(started.token, own)
    by_restriction_of_its_lane(house, aiko)
    assert isinstance(house.give_code(started.token, code, own), Complete)


def test_a_restriction_of_the_password_leaves_logins_in_progress_alive(house: House, aiko: Person) -> None:
    """R3: so strangers cannot throw out somebody who has proved his password already."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    house.fail_passwords(aiko, 5)
    assert isinstance(house.give_code(started.token, code), Complete)


def test_a_code_is_good_once(house: House, aiko: Person) -> None:
    """N24: used, it answers as wrong and counts nothing."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    assert isinstance(house.give_code(started.token, code), Complete)
    assert house.fail_codes(started.token, wrong(code), 10) == [Refused(Reason.CODE_SPENT)] * 10
    assert house.failures(aiko, method="phone") == (0, 0)


def test_a_code_lives_five_minutes(house: House, aiko: Person) -> None:
    for late, complete in ((timedelta(minutes=5), False), (timedelta(minutes=5) - timedelta(milliseconds=1), True)):
        started = house.start(aiko)
        code = house.ask_code(started.token)
        house.clock.now += late
        assert isinstance(house.give_code(started.token, code), Complete) is complete
    assert house.failures(aiko, method="phone") == (0, 0)


def test_no_code_was_asked_for_and_none_is_right(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    for guess in ("", "000000", "123456"):
        assert house.give_code(started.token, guess) == Refused(Reason.NO_CODE)
    assert house.failures(aiko, method="phone") == (0, 0)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "１２３４５６", "12 34 56", "\x00" * 6, "x" * 100_000])
def test_nonsense_is_a_wrong_code(house: House, aiko: Person, typed: str) -> None:
    started = house.start(aiko)
    house.ask_code(started.token)
    assert house.give_code(started.token, typed) == Refused(Reason.WRONG_CODE)


def test_the_code_of_another_login_is_wrong(house: House, aiko: Person) -> None:
    """R4: a code is bound to its ceremony."""
    one, other = house.start(aiko), house.start(aiko)
    code, other_code = house.ask_code(one.token), house.ask_code(other.token)
    assert house.give_code(one.token, other_code) == Refused(Reason.WRONG_CODE)
    assert isinstance(house.give_code(one.token, code), Complete)


def test_the_code_of_another_trader_is_wrong(house: House, aiko: Person) -> None:
    botan = house.enrol("botan")
    own, others = house.start(aiko), house.start(botan)
    house.ask_code(own.token)
    assert house.give_code(own.token, house.ask_code(others.token)) == Refused(Reason.WRONG_CODE)


def test_the_code_of_a_step_up_is_wrong_at_login_and_the_reverse(house: House, aiko: Person) -> None:
    """R4: bound to its purpose; the login's own code never serves as step-up."""
    known = house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=known.client_token)))
    step, login = house.prove_password(live, aiko.password), house.start(aiko)
    assert not isinstance(step, Refused)
    step_code, login_code = house.ask_code(step.token), house.ask_code(login.token)
    assert house.give_code(login.token, step_code) == Refused(Reason.WRONG_CODE)
    assert house.give_code(step.token, step_code) == Refused(Reason.LOGIN_DEAD)  # the step-up's token opens no login
    assert house.change(login.token, login_code, live) == Refused(Reason.STEP_UP_NEEDED)
    assert house.change(step.token, login_code, live) == Refused(Reason.WRONG_CODE)


def test_the_code_of_an_activation_is_no_login(house: House) -> None:
    added = house.add()
    token = house.begin_activation(added)
    code = house.ask_code(token)
    assert house.give_code(token, code) == Refused(Reason.LOGIN_DEAD)


def test_a_new_code_voids_the_one_before_and_does_not_reset_the_count(house: House, aiko: Person) -> None:
    """N23, N25: a new code does not reset the count."""
    started = house.start(aiko)
    first = house.ask_code(started.token)
    assert len(house.fail_codes(started.token, first, 3)) == 3
    second = house.ask_code(started.token)
    assert house.give_code(started.token, first) == Refused(Reason.WRONG_CODE)  # the 4th
    assert house.fail_codes(started.token, second, 1) == [Refused(Reason.WRONG_CODE)]  # the 5th
    assert isinstance(house.give_code(started.token, second), Refused)
    assert house.failures(aiko, method="phone") == (5, 5)


def test_five_codes_in_fifteen_minutes_and_ten_a_day(house: House, aiko: Person) -> None:
    """R3: per lane, whatever login asks; one too many leaves the code before good."""
    sent = []
    for _ in range(4):
        started = house.start(aiko)
        sent += [len(house.asked(started.token)) for _ in range(2)]
        house.clock.advance(minutes=1)
    assert sent == [1, 1, 1, 1, 1, 0, 0, 0]
    house.clock.advance(minutes=15)
    started = house.start(aiko)
    assert [len(house.asked(started.token)) for _ in range(6)] == [1, 1, 1, 1, 1, 0]
    house.clock.advance(hours=1)
    started = house.start(aiko)
    assert house.asked(started.token) == []  # ten in the day
    house.clock.advance(hours=24)
    assert len(house.asked(house.start(aiko).token)) == 1
    assert house.audited("code.withheld", Reason.SENDS_EXHAUSTED) == 5


def test_one_code_too_many_leaves_the_one_before_good(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    codes = [house.ask_code(started.token) for _ in range(5)]
    assert house.asked(started.token) == []
    assert isinstance(house.give_code(started.token, codes[-1]), Complete)


def test_the_known_client_has_sends_of_its_own(house: House, aiko: Person) -> None:
    """R3: sends of codes have lanes too: strangers cannot use up the owner's."""
    own = caller(KNOWN, house.log_in(aiko, caller(KNOWN)).client_token)
    stranger = house.start(aiko)
    for _ in range(6):
        send_code(stranger.token, caller(), house.deps)
    assert house.asked(house.start(aiko).token) == []
    assert len(house.asked(house.start(aiko, own).token, own)) == 1


@pytest.mark.parametrize(
    "sends, reason",
    [
        (SendPolicy(countries=("+1", "+82")), Reason.COUNTRY_NOT_SERVED),
        (SendPolicy(countries=()), Reason.COUNTRY_NOT_SERVED),
        (SendPolicy(per_firm_hourly=1), Reason.FIRM_SENDS_EXHAUSTED),  # the code of the other trader's login was the first
    ],
)
def test_the_firms_limits_withhold_codes(house: House, aiko: Person, sends: SendPolicy, reason: Reason) -> None:
    """R3, V6.6.3: an allow-list of country codes and an hourly cap for the firm; and an alert to count by."""
    botan = house.enrol("botan")
    house.clock.advance(hours=1)
    house.ask_code(house.start(botan).token)
    house.with_policies(sends=sends)
    started = house.start(aiko)
    assert isinstance(started, Begun)
    assert house.asked(started.token) == []
    assert house.audited("code.withheld", reason) == 1
    assert f"code {reason}" in house.watching.outcomes


def test_the_firms_cap_is_for_an_hour(house: House, aiko: Person) -> None:
    house.with_policies(sends=SendPolicy(per_firm_hourly=1))
    started = house.start(aiko)
    assert [len(house.asked(started.token)) for _ in range(2)] == [1, 0]
    house.clock.advance(hours=1, seconds=1)
    assert len(house.asked(house.start(aiko).token)) == 1
