"""The phisher with a live relay: his page passes password and code on while the owner types (R4, R10; J06, N27)."""

from __future__ import annotations

import pytest

from sekisho.flows.check_message import check_message
from sekisho.flows.checkpoint import Action, admits
from sekisho.flows.complete_login import Complete
from sekisho.flows.drop_known_client import drop_known_client
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import House, Person, caller
from tests.flows.own_devices import end_one, prove_for_client

RELAY = caller("198.51.100.77")


def relayed(house: House, aiko: Person) -> Complete:
    """A code by SMS can be relayed: this login succeeds, and the page says so (interim mode)."""
    return house.log_in(aiko, RELAY)


@pytest.mark.parametrize("action", [Action.CHANGE_PASSWORD, Action.LIFT_RESTRICTION])
@pytest.mark.parametrize("hours", [0, 1, 9])
def test_a_relayed_login_changes_nothing_at_the_gate_for_a_day(house: House, aiko: Person, action: Action, hours: int) -> None:
    """R4: quarantined 24 h, whatever the step-up, also after logging in again."""
    first = relayed(house, aiko)
    house.clock.advance(hours=hours)
    again = house.log_in(aiko, caller("198.51.100.77", first.client_token))
    decision = admits(action, house.present(again), house.clock())
    assert decision.refused and decision.reason is Reason.QUARANTINED


def test_the_owner_is_told_at_once_and_ends_it_with_one_factor(house: House, aiko: Person) -> None:
    own = caller(client_token=house.log_in(aiko).client_token)
    house.clock.advance(days=2)
    told = house.kinds()["login_unknown_client"]
    stolen = relayed(house, aiko)
    assert house.kinds()["login_unknown_client"] == told + 1
    assert house.end_others(house.present(house.log_in(aiko, own))) == 2
    assert house.live(stolen) == Refused(Reason.SESSION_ENDED)
    assert house.start(aiko, caller("198.51.100.77", stolen.client_token)).ceremony.lane == "strangers"


def test_the_message_says_where_the_code_belongs(house: House, aiko: Person) -> None:
    """R4: purpose, place and program, and the origin-bound form that a phone fills in at the right host alone."""
    started = house.start(aiko, RELAY)
    code = house.ask_code(started.token, RELAY)
    (body,) = [m.body.reveal() for m in house.messages() if m.code and m.code.reveal() == code and m.kind == "code.login"]
    assert body.endswith(f"@portal.example #{code}") and "http" not in body


def test_a_true_reference_under_a_false_text_is_vouched_for_to_nobody_else(house: House, aiko: Person) -> None:
    """The thief is a customer too, gets a true notice, and puts its reference under a text of his own (R10)."""
    thief = house.enrol("botan")
    stolen = next(one.reference for one in house.messages() if one.trader == thief.id and one.reference)
    own = next(one.reference for one in house.messages() if one.trader == aiko.id and one.reference)
    assert check_message(stolen, house.present(house.log_in(thief)), house.deps) is not None
    live = house.present(house.log_in(aiko))
    assert check_message(stolen, live, house.deps) is None
    assert check_message(own, live, house.deps) is not None


def test_the_logins_code_never_serves_as_step_up(house: House, aiko: Person) -> None:
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    started = house.start(aiko, RELAY)
    assert house.change(started.token, house.ask_code(started.token, RELAY), live) == Refused(Reason.STEP_UP_NEEDED)


def test_a_relayed_login_cannot_take_the_owners_lane(house: House, aiko: Person) -> None:
    """R3, R4: with the password alone he ends the owner's sessions, but the owner's client stays known and gets in again."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    stolen = house.present(relayed(house, aiko))
    house.end_others(stolen)
    assert house.start(aiko, caller(client_token=own.client_token)).ceremony.lane == own.session.client
    assert admits(Action.DROP_KNOWN_CLIENT, stolen, house.clock()).refused


def test_a_relayed_login_forgets_no_browser_and_the_owner_comes_back(house: House, aiko: Person) -> None:
    """R4, R6: with the password he ends a session of the owner's, who logs in again from his known browser, and ends the thief's."""
    known = house.log_in(aiko)
    house.clock.advance(days=2)
    own = house.log_in(aiko, caller(client_token=known.client_token))
    stolen = house.present(relayed(house, aiko))
    checked = house.quick.verified
    refused = prove_for_client(house, stolen, own.session.client or "")
    assert isinstance(refused, Refused) and refused.reason is Reason.QUARANTINED and house.quick.verified == checked
    assert end_one(house, stolen, own.session.id) == 1
    back = house.log_in(aiko, caller(client_token=own.client_token))
    assert back.session.client == own.session.client and not back.session.quarantined(house.clock())
    assert end_one(house, house.present(back), stolen.session.id) == 1
    assert house.look_at(stolen) == Refused(Reason.SESSION_ENDED)


def test_a_relayed_code_approves_no_other_act(house: House, aiko: Person) -> None:
    """R4, J08: a code is bound to the words of its act; one that the owner gave away for another forgets no browser of his."""
    known = house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=known.client_token)))
    password, forget = house.prove_password(live, aiko.password), prove_for_client(house, live, live.session.client or "")
    assert not isinstance(password, Refused) and not isinstance(forget, Refused)
    given = Secret(house.ask_code(password.token))
    assert drop_known_client(password.token, given, live, house.deps) == Refused(Reason.STEP_UP_NEEDED)
    asked = house.ask_code(forget.token)
    if asked != given.reveal():
        assert drop_known_client(forget.token, given, live, house.deps) == Refused(Reason.WRONG_CODE)
    assert house.audited("known_client.dropped") == 0
