"""Replay: what was seen once is shown again (R3, R4, R6; N24)."""

from __future__ import annotations

import pytest

from sekisho.domain.sessions import EndReason
from sekisho.flows.activate_trader import begin_activation
from sekisho.flows.complete_login import Complete
from sekisho.flows.log_off import end_session, log_off
from sekisho.kernel.decision import Reason, Refused
from tests.flows.house import House, Person, caller


def test_a_used_code_is_wrong_wherever_it_is_shown(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    code = house.ask_code(started.token)
    assert isinstance(house.give_code(started.token, code), Complete)
    assert house.give_code(started.token, code) == Refused(Reason.CODE_SPENT)
    again = house.start(aiko)
    house.ask_code(again.token)
    assert house.give_code(again.token, code) == Refused(Reason.WRONG_CODE)


@pytest.mark.parametrize("reason", [EndReason.LOGGED_OFF, EndReason.ENDED_BY_STAFF])
def test_a_session_token_from_before_the_logoff_opens_nothing(house: House, aiko: Person, reason: EndReason) -> None:
    """A cookie restored from a backup of the browser, or with the back button."""
    complete = house.log_in(aiko)
    if reason is EndReason.LOGGED_OFF:
        log_off(house.present(complete), house.deps)
    else:
        end_session(complete.session.id, reason, "os:desk", house.deps)
    house.clock.advance(seconds=1)
    assert house.live(complete) == Refused(Reason.SESSION_ENDED)


def test_a_clients_token_is_good_for_one_login(house: House, aiko: Person) -> None:
    """R3: rotated at each."""
    token = house.log_in(aiko).client_token
    house.log_in(aiko, caller(client_token=token))
    assert house.start(aiko, caller(client_token=token)).ceremony.lane == "strangers"


def test_a_used_activation_code_activates_nobody(house: House) -> None:
    added = house.add()
    house.activate(added)
    assert isinstance(begin_activation("aiko", added.activation_code, caller(), house.deps), Refused)
