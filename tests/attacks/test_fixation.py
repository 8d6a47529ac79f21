"""Fixation: he plants a ceremony or a session of his own and waits for the owner to complete it (R4; V7.2.4)."""

from __future__ import annotations

from sekisho.domain.sessions import Channel
from sekisho.kernel.decision import Reason, Refused
from tests.flows.house import House, Person, caller
from tests.web.portal.brokerage import Brokerage


def test_a_planted_cookie_is_replaced_at_the_first_step(brokerage: Brokerage) -> None:
    brokerage.browser().activate("hanako")
    owner = brokerage.browser()
    owner.see("/login")
    planted = owner.cookie("gate")
    owner.give_password("hanako")
    assert planted and owner.cookie("gate") not in (None, planted)


def test_a_browser_with_the_planted_cookie_does_not_get_the_session(brokerage: Brokerage) -> None:
    brokerage.browser().activate("hanako")
    thief, owner = brokerage.browser(), brokerage.browser()
    thief.see("/login")
    owner.http.cookies.set("__Host-gate", thief.cookie("gate") or "", domain="portal.example", path="/")
    owner.see("/login")
    owner.log_in("hanako")
    assert thief.see("/").status_code == 303 and "/login" in thief.see("/").headers["location"]


def test_every_step_makes_a_token_of_its_own(house: House, aiko: Person) -> None:
    """The ceremony's token opens no session, and two logins of one browser share nothing."""
    one, other = house.start(aiko), house.start(aiko)
    assert one.token != other.token
    complete = house.give_code(one.token, house.ask_code(one.token))
    assert not isinstance(complete, Refused)
    assert complete.session_token != one.token
    assert house.look(one.token) == Refused(Reason.SESSION_UNKNOWN)
    assert house.look(complete.client_token) == Refused(Reason.SESSION_UNKNOWN)


def test_a_session_of_one_door_opens_no_other(house: House, aiko: Person) -> None:
    """R4: a bearer token in a cookie, or the reverse, is refused."""
    program = house.log_in(aiko, caller(channel=Channel.API))
    assert house.live(program, Channel.PORTAL) == Refused(Reason.WRONG_DOOR)
    browser = house.log_in(aiko)
    assert house.live(browser, Channel.API) == Refused(Reason.WRONG_DOOR)


def test_the_code_of_the_thiefs_login_does_not_complete_the_owners(house: House, aiko: Person) -> None:
    """Login CSRF: he cannot lead the owner into a login of his."""
    thiefs, owners = house.start(aiko, caller("198.51.100.1")), house.start(aiko)
    house.ask_code(owners.token)
    assert house.give_code(owners.token, house.ask_code(thiefs.token)) == Refused(Reason.WRONG_CODE)
