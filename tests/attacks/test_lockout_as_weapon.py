"""The lockout as a weapon: he wants the owner out, not himself in (R2, R3, R10)."""

from __future__ import annotations

import pytest

from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.complete_login import Complete
from sekisho.flows.send_code import send_code
from sekisho.flows.unlock_login import lift_own_restriction
from sekisho.kernel.decision import Refused
from tests.flows.house import House, Person, caller

STRANGER = caller("198.51.100.66")


def rage(house: House, aiko: Person, days: int) -> None:
    for _ in range(days * 4):
        house.fail_passwords(aiko, 6, STRANGER)
        house.clock.advance(hours=6)


@pytest.mark.parametrize("days", [1, 30])
def test_strangers_never_keep_the_owners_known_client_out(house: House, aiko: Person, days: int) -> None:
    token = house.log_in(aiko).client_token
    rage(house, aiko, days)
    complete = house.log_in(aiko, caller(client_token=token))
    assert lift_own_restriction(house.present(complete), house.deps) == 1
    assert isinstance(house.give_password("aiko", aiko.password, caller("192.0.2.5")), Begun)


def test_a_restricted_lane_is_checked_no_more_so_the_sum_stops(house: House, aiko: Person) -> None:
    """He cannot drive the sum to a hundred by himself: from the tenth on nothing is checked or counted."""
    rage(house, aiko, 30)
    assert house.failures(aiko)[1] == 10


def test_the_owner_is_told_but_not_flooded(house: House, aiko: Person) -> None:
    """R10: at most one per kind and hour, then a digest."""
    for _ in range(9):
        house.fail_passwords(aiko, 6, STRANGER)
        house.clock.advance(minutes=16)
    kinds = house.kinds()
    assert 1 <= kinds["login_restricted"] + kinds["login_restricted_until_unlocked"] <= 5


def test_strangers_cannot_use_up_the_owners_codes(house: House, aiko: Person) -> None:
    """R3: even with the right password; sends have lanes too, and his phone rings at most ten times a day."""
    own = caller(client_token=house.log_in(aiko).client_token)
    before = house.kinds()["code.login"]
    for _ in range(20):
        send_code(house.start(aiko, STRANGER).token, STRANGER, house.deps)
        house.clock.advance(minutes=20)
    assert house.kinds()["code.login"] - before <= 11
    assert isinstance(house.log_in(aiko, own), Complete)


def test_strangers_cannot_throw_out_a_live_session_or_a_login_in_progress(house: House, aiko: Person) -> None:
    complete = house.log_in(aiko)
    started = house.start(aiko)
    code = house.ask_code(started.token)
    house.fail_passwords(aiko, 20, STRANGER)
    assert not isinstance(house.live(complete), Refused)
    assert isinstance(house.give_code(started.token, code), Complete)
