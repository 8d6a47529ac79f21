"""The lockout as a weapon: he wants the owner out, not himself in (R2, R3, R10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.complete_login import Complete
from sekisho.flows.see_portal import see_overview
from sekisho.flows.send_code import send_code
from sekisho.flows.set_preferences import Preferences, set_preferences
from sekisho.flows.unlock_login import lift_own_restriction
from sekisho.kernel.decision import Refused
from sekisho.texts.catalogue import Language
from tests.flows.house import House, Person, caller

STRANGER = caller("198.51.100.66")


def rage(house: House, aiko: Person, days: int) -> None:
    for _ in range(days * 4):
        house.fail_passwords(aiko, 6, STRANGER)
        house.clock.advance(hours=6)


@pytest.mark.parametrize("days, lifted", [(1, 0), (30, 1)])  # after a day the last quarter of an hour is over by itself
def test_strangers_never_keep_the_owners_known_client_out(house: House, aiko: Person, days: int, lifted: int) -> None:
    token = house.log_in(aiko).client_token
    rage(house, aiko, days)
    complete = house.log_in(aiko, caller(client_token=token))
    assert lift_own_restriction(house.present(complete), house.deps) == lifted
    assert isinstance(house.give_password("aiko", aiko.password, caller("192.0.2.5")), Begun)


def known(house: House, aiko: Person) -> Complete:
    """A login from a client known for two days; what a thief of cookies gets is its session."""
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    return house.log_in(aiko, caller(client_token=first.client_token))


def test_a_stolen_session_presses_nothing_where_nothing_is_restricted(house: House, aiko: Person) -> None:
    """R3: no count is cleared, no login in progress dies, nobody is told."""
    stolen = house.present(known(house, aiko))
    started = house.start(aiko)
    code, version = house.ask_code(started.token), house.record(aiko).trader.gate_version
    house.fail_passwords(aiko, 4, STRANGER)
    before = len(house.audit()), len(house.messages())
    assert [lift_own_restriction(stolen, house.deps) for _ in range(20)] == [0] * 20
    assert (len(house.audit()), len(house.messages())) == before
    assert house.failures(aiko) == (4, 4) and house.record(aiko).trader.gate_version == version
    assert isinstance(house.give_code(started.token, code), Complete)


def test_a_stolen_session_keeps_no_lane_open_until_the_password_is_gone(house: House, aiko: Person) -> None:
    """R3: from a third of the limit on the press takes a new login from a known client; and his phone does not ring at each."""
    complete = known(house, aiko)
    stolen = house.present(complete)
    for _ in range(30):
        house.fail_passwords(aiko, 5, STRANGER)
        lift_own_restriction(stolen, house.deps)
    assert house.failures(aiko)[1] == 35 and not see_overview(stolen, house.deps).alerts.press_lifts
    assert house.kinds()["login_unrestricted"] == 2 and house.audited("login.unrestricted") == 6  # the first, and a digest
    house.clock.advance(minutes=5)
    fresh = house.present(house.log_in(aiko, caller(client_token=complete.client_token)))
    assert see_overview(fresh, house.deps).alerts.press_lifts and lift_own_restriction(fresh, house.deps) == 1


def test_a_quarantined_session_lifts_nothing(house: House, aiko: Person) -> None:
    """R3, R4: whoever relayed a code has no known client; the flow says so too, not the door alone."""
    relayed = house.present(house.log_in(aiko))
    house.fail_passwords(aiko, 5, STRANGER)
    assert lift_own_restriction(relayed, house.deps) == 0
    assert isinstance(house.give_password("aiko", aiko.password, STRANGER), Refused)


def test_preferences_sent_again_and_again_tell_nobody(house: House, aiko: Person) -> None:
    """R10: a change is told at once and never digested; so the same again must be no change."""
    stolen = house.present(known(house, aiko))
    chosen = Preferences(Language.JA, True, "two cranes")
    set_preferences(stolen, chosen, house.deps)
    before = len(house.audit()), len(house.messages())
    for phrase in ("two cranes", "  two   cranes "):
        set_preferences(stolen, replace(chosen, phrase=phrase), house.deps)
    assert (len(house.audit()), len(house.messages())) == before
    assert house.kinds()["preferences_changed"] == house.audited("preference.changed") == 1


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
