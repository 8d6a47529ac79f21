"""The code guesser: he has the password and tries six digits (R3, R4; N22-N25)."""

from __future__ import annotations

from sekisho.flows.complete_login import Complete
from sekisho.flows.unlock_login import unlock_login
from sekisho.kernel.decision import Reason, Refused
from tests.flows.house import STAFF, House, Person, caller, wrong


def guess_all_day(house: House, aiko: Person) -> int:
    """A day of new logins, new codes and guesses, as fast as the house lets him; how many codes were checked."""
    for _ in range(48):
        started = house.start(aiko)
        for _ in range(2):
            left = house.asked(started.token)
            house.fail_codes(started.token, left[0] if left else "123456", 3)
        house.clock.advance(minutes=30)
    return house.audited("login.refused", Reason.WRONG_CODE)


def test_a_new_code_or_a_new_login_gives_no_new_tries(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    for _ in range(2):
        house.fail_codes(started.token, house.ask_code(started.token), 2)
    again = house.start(aiko)
    code = house.ask_code(again.token)
    assert house.give_code(again.token, wrong(code)) == Refused(Reason.WRONG_CODE)  # the fifth in all
    assert isinstance(house.give_code(again.token, code), Refused)
    assert house.failures(aiko, method="phone") == (5, 5)


def test_ten_guesses_a_day_are_all_he_gets(house: House, aiko: Person) -> None:
    """Ten of a million; then the desk must unlock, and the sum stands."""
    assert guess_all_day(house, aiko) == 10
    unlock_login("aiko", STAFF, house.deps)
    assert house.failures(aiko, method="phone") == (0, 10)


def test_a_hundred_guesses_in_all_disable_the_phone(house: House, aiko: Person) -> None:
    """N29: whoever unlocks him, however slowly he goes."""
    for _ in range(40):
        unlock_login("aiko", STAFF, house.deps)
        started = house.start(aiko)
        left = house.asked(started.token)
        house.fail_codes(started.token, left[0] if left else "123456", 4)
        house.clock.advance(days=2)
    assert house.audited("login.refused", Reason.WRONG_CODE) == 100
    assert house.audited("authenticator.disabled", method="phone") == 1
    unlock_login("aiko", STAFF, house.deps)
    assert house.asked(house.start(aiko).token) == []


def test_the_owner_with_his_known_client_is_not_kept_out(house: House, aiko: Person) -> None:
    token = house.log_in(aiko).client_token
    guess_all_day(house, aiko)
    assert isinstance(house.log_in(aiko, caller(client_token=token)), Complete)
