"""P4 through the flows: what restricts a login, whom it leaves alone, and who lifts it (R1, R3)."""

from __future__ import annotations

import pytest

from sekisho.domain.authentication.authenticator import AuthenticatorState
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.checkpoint import Action, admits
from sekisho.flows.complete_login import Complete
from sekisho.flows.count_attempt import Counted, reserve
from sekisho.flows.see_portal import see_overview
from sekisho.flows.unlock_login import checked_staff_act, lift_own_restriction, unlock_login
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import STAFF, House, Person, caller

STRANGER = caller("198.51.100.9")


def exhaust(house: House, aiko: Person, count: int) -> None:
    """So many wrong passwords of strangers, each as soon as the restriction before it is over."""
    for _ in range(count):
        outcome = house.give_password(aiko.username, "a wrong password", STRANGER)
        if isinstance(outcome, Refused) and outcome.reason is Reason.LOGIN_RESTRICTED:
            house.clock.advance(minutes=15)
            outcome = house.give_password(aiko.username, "a wrong password", STRANGER)
        assert outcome == Refused(Reason.WRONG_PASSWORD)


def test_five_wrong_passwords_restrict_for_fifteen_minutes(house: House, aiko: Person) -> None:
    """R3: and a try while restricted is neither checked nor counted, and prolongs nothing."""
    assert [getattr(one, "reason", None) for one in house.fail_passwords(aiko, 5)] == [Reason.WRONG_PASSWORD] * 5
    house.clock.advance(minutes=14)
    assert isinstance(house.give_password("aiko", aiko.password), Refused)
    assert house.failures(aiko) == (5, 5)
    house.clock.advance(minutes=1, milliseconds=-1)
    assert isinstance(house.give_password("aiko", aiko.password), Refused)
    house.clock.advance(milliseconds=1)
    assert isinstance(house.give_password("aiko", aiko.password), Begun)
    assert house.failures(aiko) == (0, 0)


def test_owner_and_audit_are_told_once_of_a_restriction(house: House, aiko: Person) -> None:
    """R10: restriction is told to the phone; each further one within the hour waits for the digest."""
    exhaust(house, aiko, 7)
    assert house.audited("login.restricted", strangers=True, until_unlocked=False) == 3
    assert house.kinds()["login_restricted"] == 2  # the first at once, the digest of the others


def test_a_restriction_is_told_though_its_node_died(house: House, aiko: Person) -> None:
    """R1, R10: death between reservation and answer leaves a failed attempt, and the next refused try brings audit and notice."""
    house.fail_passwords(aiko, 4)
    password = house.record(aiko).password
    assert password is not None
    with house.storage.transaction() as tx:
        assert isinstance(reserve(password.id, "strangers", house.record(aiko), house.clock(), tx, house.deps), Counted)
    assert house.audited("login.restricted") == 0
    house.clock.advance(minutes=3)
    assert isinstance(house.give_password("aiko", aiko.password), Refused)
    assert house.audited("login.restricted") == house.kinds()["login_restricted"] == 1
    house.give_password("aiko", aiko.password)
    assert house.audited("login.restricted") == 1


def test_a_right_fifth_try_after_four_failures_is_let_in(house: House, aiko: Person) -> None:
    house.fail_passwords(aiko, 4)
    assert isinstance(house.give_password("aiko", aiko.password), Begun)
    assert house.failures(aiko) == (0, 0)
    assert house.audited("login.restricted") == 0


def test_ten_wrong_passwords_restrict_until_unlocked(house: House, aiko: Person) -> None:
    exhaust(house, aiko, 10)
    house.clock.advance(days=400)
    assert house.give_password("aiko", aiko.password) == Refused(Reason.LOGIN_RESTRICTED)
    assert house.kinds()["login_restricted_until_unlocked"] == 1


def test_a_day_without_a_failure_clears_the_count_not_the_sum(house: House, aiko: Person) -> None:
    exhaust(house, aiko, 9)
    house.clock.advance(hours=24)
    assert house.fail_passwords(aiko, 1) == [Refused(Reason.WRONG_PASSWORD)]
    assert house.failures(aiko) == (1, 10)


def test_the_known_client_still_gets_in_and_lifts_it_with_one_press(house: House, aiko: Person) -> None:
    """R3: strangers share one lane, a known client has its own."""
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    exhaust(house, aiko, 10)
    complete = house.log_in(aiko, caller(client_token=first.client_token))
    live = house.present(complete)
    assert see_overview(live, house.deps).alerts.strangers_restricted
    assert not admits(Action.LIFT_RESTRICTION, live, house.clock()).refused
    assert lift_own_restriction(live, house.deps) == 1
    assert not see_overview(live, house.deps).alerts.strangers_restricted
    assert house.audited("login.unrestricted", lanes=1) == 1
    assert isinstance(house.give_password("aiko", aiko.password, caller("192.0.2.99")), Begun)
    assert not isinstance(house.live(complete), Refused)  # and he stays logged in


def test_the_known_clients_own_failures_restrict_it_alone(house: House, aiko: Person) -> None:
    first = house.log_in(aiko)
    own = caller(client_token=first.client_token)
    house.fail_passwords(aiko, 5, own)
    assert isinstance(house.give_password("aiko", aiko.password, own), Refused)
    assert house.failures(aiko) == (0, 5)
    assert house.failures(aiko, lane=first.session.client or "") == (5, 5)
    assert isinstance(house.give_password("aiko", aiko.password, STRANGER), Begun)


def test_an_unknown_client_in_quarantine_lifts_nothing(house: House, aiko: Person) -> None:
    """R3, R4: from a known client; the first day of a client is quarantined."""
    live = house.present(house.log_in(aiko))
    assert admits(Action.LIFT_RESTRICTION, live, house.clock()).refused


def test_staff_unlock_with_reason_and_identity_check(house: House, aiko: Person) -> None:
    """R3: the desk, with a recorded identity check; it never lowers the sum."""
    exhaust(house, aiko, 10)
    assert unlock_login("aiko", STAFF, house.deps) == 1
    assert house.failures(aiko) == (0, 10)
    assert house.audited("trader.unlocked", identity_check=STAFF.identity_check, why=STAFF.reason) == 1
    assert house.kinds()["login_unrestricted"] == 1
    assert isinstance(house.give_password("aiko", aiko.password), Begun)


@pytest.mark.parametrize("name, kind", [("nobody", Kind.MISSING), ("", Kind.MISSING)])
def test_nobody_unlocks_a_name_that_is_not_there(house: House, aiko: Person, name: str, kind: Kind) -> None:
    with pytest.raises(SekishoError) as raised:
        unlock_login(name, STAFF, house.deps)
    assert raised.value.kind is kind


def test_staff_may_write_the_name_as_they_read_it(house: House, aiko: Person) -> None:
    exhaust(house, aiko, 5)
    assert unlock_login(" Aiko ", STAFF, house.deps) == 1


@pytest.mark.parametrize("reason, check", [("", "passport seen"), ("customer called", ""), ("    ", "passport"), ("ok", "passport seen"),
                                           ("line\nbreak in it", "passport seen")])  # fmt: skip
def test_an_unlock_without_reason_or_check_is_refused(reason: str, check: str) -> None:
    """J20: written out, in one line each."""
    with pytest.raises(SekishoError) as raised:
        checked_staff_act("os:desk", reason, check)
    assert raised.value.kind is Kind.INVALID


def test_wrong_codes_count_apart_from_wrong_passwords(house: House, aiko: Person) -> None:
    """R3: what is restricted is trader × authenticator × lane."""
    house.fail_passwords(aiko, 4)
    started = house.start(aiko)
    code = house.ask_code(started.token)
    assert house.fail_codes(started.token, code, 4) == [Refused(Reason.WRONG_CODE)] * 4
    assert house.failures(aiko) == (0, 0)
    assert house.failures(aiko, method="phone") == (4, 4)
    house.fail_passwords(aiko, 4)
    assert house.failures(aiko) == (4, 4)
    assert isinstance(house.give_code(started.token, code), Complete)
    assert house.failures(aiko, method="phone") == (0, 0)
    assert house.failures(aiko) == (4, 4)


def test_five_wrong_codes_restrict_the_code_and_not_the_password(house: House, aiko: Person) -> None:
    started = house.start(aiko)
    code = house.ask_code(started.token)
    house.fail_codes(started.token, code, 5)
    assert isinstance(house.give_code(started.token, code), Refused)
    again = house.start(aiko)  # step one answers as ever
    assert house.asked(again.token) == []
    house.clock.advance(minutes=15)
    assert isinstance(house.log_in(aiko), Complete)


def test_a_hundred_failures_in_all_disable_the_password(house: House, aiko: Person) -> None:
    """R3, N29: the sum over all lanes survives time and unlock; at 100 the authenticator is gone and must be bound anew."""
    own = caller(client_token=house.log_in(aiko).client_token)
    for number in range(99):
        if number % 9 == 0:
            unlock_login("aiko", STAFF, house.deps)
        house.clock.advance(minutes=16)
        assert house.give_password("aiko", "a wrong password", own if number % 2 else None) == Refused(Reason.WRONG_PASSWORD)
    house.clock.advance(days=30)
    unlock_login("aiko", STAFF, house.deps)
    assert house.failures(aiko)[1] == 99
    assert house.give_password("aiko", "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    unlock_login("aiko", STAFF, house.deps)
    house.clock.advance(days=30)
    for who in (None, own):
        assert isinstance(house.give_password("aiko", aiko.password, who), Refused)
    with house.storage.reading() as tx:
        states = [one.state for one in tx.authenticators.of(aiko.id) if one.kind == "password"]
    assert states == [AuthenticatorState.DISABLED]
    assert house.audited("authenticator.disabled", method="password") == 1
    assert house.kinds()["authenticator_disabled"] == 1


def test_a_success_starts_the_sum_anew(house: House, aiko: Person) -> None:
    house.fail_passwords(aiko, 4)
    house.start(aiko)
    house.fail_passwords(aiko, 4)
    assert house.failures(aiko) == (4, 4)
