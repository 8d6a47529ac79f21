"""Known clients, the quarantine of unknown ones, and passwords that are out (R3, R4; N14, N49)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.lockout import STRANGERS
from sekisho.flows.checkpoint import Action, admits
from sekisho.flows.complete_login import Complete
from sekisho.flows.drop_known_client import drop_known_client, drop_text, own_client
from sekisho.flows.log_in import client_of
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.purge_rows import purge_rows
from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.step_up import begin_step_up
from sekisho.flows.watch_logins import close_expired_logins
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.house import NEW_PASSWORD, PASSWORD, STAFF, House, Person, caller, wrong
from tests.flows.own_devices import drop_client, prove_for_client


def is_known(house: House, token: Secret, username: str = "aiko") -> bool:
    return client_of(username, caller(client_token=token), house.deps) is not None


def test_a_complete_login_makes_a_known_client(house: House, aiko: Person) -> None:
    """R3: given only at complete login; it never replaces a factor (N49)."""
    first = house.log_in(aiko)
    assert is_known(house, first.client_token)
    own = caller(client_token=first.client_token)
    assert house.start(aiko, own).ceremony.lane == first.session.client
    assert isinstance(house.log_in(aiko, own), Complete)  # with both factors, as everybody
    assert house.kinds()["login_unknown_client"] == 1


def test_its_token_rotates_at_each_login_and_its_lane_stays(house: House, aiko: Person) -> None:
    first = house.log_in(aiko)
    second = house.log_in(aiko, caller(client_token=first.client_token))
    assert first.session.client == second.session.client
    assert not is_known(house, first.client_token)
    assert is_known(house, second.client_token)


def test_a_stolen_token_that_was_rotated_is_a_strangers(house: House, aiko: Person) -> None:
    stolen = house.log_in(aiko).client_token
    house.log_in(aiko, caller(client_token=stolen))
    assert house.start(aiko, caller("198.51.100.1", stolen)).ceremony.lane == STRANGERS


@pytest.mark.parametrize("days, known", [(89, True), (90, False)])
def test_it_is_forgotten_after_ninety_days(house: House, aiko: Person, days: int, known: bool) -> None:
    token = house.log_in(aiko).client_token
    house.clock.advance(days=days)
    assert is_known(house, token) is known


def test_a_trader_has_ten_at_most(house: House, aiko: Person) -> None:
    """R3: the one that was used longest ago is dropped."""
    tokens = []
    for _ in range(10):
        tokens.append(house.log_in(aiko).client_token)
        house.clock.advance(hours=3)
    tokens[0] = house.log_in(aiko, caller(client_token=tokens[0])).client_token
    house.clock.advance(hours=3)
    tokens.append(house.log_in(aiko).client_token)
    assert [is_known(house, token) for token in tokens] == [True, False, *[True] * 9]


def test_for_any_other_trader_it_is_a_strangers(house: House, aiko: Person) -> None:
    """R3: bound to ONE trader."""
    botan = house.enrol("botan")
    token = house.log_in(aiko).client_token
    assert not is_known(house, token, "botan")
    assert house.start(botan, caller(client_token=token)).ceremony.lane == STRANGERS
    house.fail_passwords(botan, 5, caller(client_token=token))
    assert house.failures(botan) == (5, 5)
    assert house.start(aiko, caller(client_token=token)).ceremony.lane != STRANGERS


def test_what_drops_known_clients(house: House, aiko: Person) -> None:
    """R3: dropped on password change, recovery and "end all others"; and one by one."""
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    others = house.log_in(aiko).client_token
    own = house.log_in(aiko, caller(client_token=first.client_token))
    live = house.present(own)
    assert house.end_others(live) == 2
    assert (is_known(house, own.client_token), is_known(house, others)) == (True, False)
    others = house.log_in(aiko).client_token
    house.change_password(aiko, live)
    assert (is_known(house, own.client_token), is_known(house, others)) == (True, False)
    reset_trader("aiko", None, STAFF, house.deps)
    assert not is_known(house, own.client_token)


def test_one_known_client_is_dropped_by_its_trader_alone(house: House, aiko: Person) -> None:
    botan = house.enrol("botan")
    first = house.log_in(aiko)
    stranger = house.present(house.log_in(botan))
    with pytest.raises(SekishoError) as refused:
        own_client(stranger, first.session.client or "", house.deps)
    assert refused.value.kind is Kind.MISSING and house.audited("object.refused", what="known_client") == 1
    assert is_known(house, first.client_token)
    house.clock.advance(days=2)
    own = house.log_in(aiko, caller(client_token=first.client_token))
    drop_client(house, house.present(own), own.session.client or "")
    assert not is_known(house, own.client_token)
    assert house.audited("known_client.dropped", client=own.session.client) == 1


@pytest.fixture
def live(house: House, aiko: Person) -> LiveSession:
    """A session from a client that has been known for two days."""
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    return house.present(house.log_in(aiko, caller(client_token=first.client_token)))


def test_forgetting_takes_a_proof_that_names_the_client(house: House, live: LiveSession) -> None:
    """R4, J08: password and a code made for it; the present client is no exception, for a stolen session is the owner's own."""
    client = live.session.client or ""
    step = prove_for_client(house, live, client)
    assert not isinstance(step, Refused)
    code = house.ask_code(step.token)
    (told,) = [message.body.reveal() for message in house.messages() if message.code and message.code.reveal() == code]
    assert "forget the device Firefox on Linux, known since 3 April 2026" in told
    refused = drop_known_client(step.token, Secret(wrong(code)), live, house.deps)
    assert refused == Refused(Reason.WRONG_CODE) and own_client(live, client, house.deps).id == client
    assert not drop_known_client(step.token, Secret(code), live, house.deps).refused
    assert drop_known_client(step.token, Secret(code), live, house.deps) == Refused(Reason.CODE_SPENT)
    assert house.audited("step_up.completed", action="drop_known_client") == 1


@pytest.mark.parametrize("program", ["curl 8.14.1.99", "evil.example/pay", "0120-999-999", "", "端末"])
def test_no_name_of_a_program_keeps_the_code_from_being_sent(house: House, live: LiveSession, program: str) -> None:
    """J09: what a stranger's program called itself stands in no message as a link or a number."""
    client = replace(own_client(live, live.session.client or "", house.deps), program=program)
    text = drop_text(client, live, house.deps)
    step = asyncio.run(begin_step_up(Action.DROP_KNOWN_CLIENT, text, Secret(PASSWORD), live, caller(), house.deps, client.id))
    assert not isinstance(step, Refused) and house.ask_code(step.token)


def test_a_proof_for_the_password_forgets_nothing(house: House, live: LiveSession) -> None:
    step = house.prove_password(live, PASSWORD)
    assert not isinstance(step, Refused)
    refused = drop_known_client(step.token, Secret(house.ask_code(step.token)), live, house.deps)
    assert refused == Refused(Reason.STEP_UP_NEEDED)


def test_a_client_dropped_while_it_logs_in_becomes_a_new_one(house: House, aiko: Person) -> None:
    """R4, R10: it is quarantined like any unknown client, and the owner is told."""
    first, beside = house.log_in(aiko), house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=beside.client_token)))
    own = caller(client_token=first.client_token)
    started = house.start(aiko, own)
    code = house.ask_code(started.token, own)
    drop_client(house, live, first.session.client or "")
    told = house.kinds()["login_unknown_client"]
    complete = house.give_code(started.token, code, own)
    assert isinstance(complete, Complete)
    assert complete.session.client != first.session.client
    assert complete.session.quarantined(house.clock())
    assert house.kinds()["login_unknown_client"] == told + 1


@pytest.mark.parametrize("hours_to_the_next_login, quarantined", [(0, True), (1, True), (23.999, True), (24, False), (48, False)])
def test_a_new_client_is_quarantined_for_its_first_day(
    house: House, aiko: Person, hours_to_the_next_login: float, quarantined: bool
) -> None:
    """R4: 24 h, also after a second login of the same client; a password change is refused meanwhile."""
    first = house.log_in(aiko)
    house.clock.advance(hours=hours_to_the_next_login)
    live = house.present(house.log_in(aiko, caller(client_token=first.client_token)))
    decision = admits(Action.CHANGE_PASSWORD, live, house.clock())
    assert decision.refused is quarantined
    if decision.refused:
        assert (decision.reason, decision.until) == (Reason.QUARANTINED, first.session.quarantined_until)
    assert not admits(Action.SEE_OVERVIEW, live, house.clock()).refused


def abandon(house: House, aiko: Person, *addresses: str, hours: float = 0.3, token: Secret | None = None) -> None:
    """Right passwords whose second factor never comes, one after the other."""
    for address in addresses:
        house.start(aiko, caller(address, token))
        house.clock.advance(hours=hours)
        close_expired_logins(house.deps)


@pytest.mark.parametrize(
    "addresses, hours, forced",
    [
        (("198.51.100.1", "198.51.100.2"), 0.3, True),
        (("198.51.100.1", "198.51.100.1"), 0.3, False),  # one source
        (("198.51.100.1",), 0.3, False),
        (("2001:db8::1", "2001:db8::2"), 0.3, False),  # one /64
        (("2001:db8::1", "2001:db8:0:1::1"), 0.3, True),
        (("198.51.100.1", "198.51.100.2"), 23.5, True),
        (("198.51.100.1", "198.51.100.2"), 24.5, False),  # not within 24 h of each other
    ],
)
def test_a_password_seen_at_two_unknown_sources_is_changed_at_the_next_login(
    house: House, aiko: Person, addresses: tuple[str, ...], hours: float, forced: bool
) -> None:
    """R3, N14: right password without the second factor from two unknown sources within 24 h is evidence of compromise."""
    abandon(house, aiko, *addresses, hours=hours)
    assert house.kinds()["password_without_second_factor"] >= 1
    complete = house.log_in(aiko, caller("192.0.2.1"))
    live = house.present(complete)
    decision = admits(Action.SEE_OVERVIEW, live, house.clock())
    assert decision.refused is forced
    if not decision.refused:
        return
    assert decision.reason is Reason.PASSWORD_CHANGE_NEEDED
    assert not admits(Action.CHANGE_PASSWORD, live, house.clock()).refused  # though an unknown client's (R4)
    changed = house.change_password(aiko, live)
    again = house.look(changed.session_token)
    assert not admits(Action.SEE_OVERVIEW, again, house.clock()).refused  # type: ignore[arg-type]
    assert again.session.quarantined(house.clock())  # type: ignore[union-attr]
    assert house.audited("password.change_forced", "two_sources") == 1


@pytest.mark.parametrize("days", [1, 3, 30])
def test_the_evidence_waits_for_the_next_login_however_late(house: House, aiko: Person, days: int) -> None:
    abandon(house, aiko, "198.51.100.1", "198.51.100.2")
    house.clock.advance(days=days)
    purge_rows(timedelta(days=400), house.deps)
    live = house.present(house.log_in(aiko))
    assert admits(Action.SEE_OVERVIEW, live, house.clock()).refused


def test_a_live_session_is_not_disturbed_by_the_evidence(house: House, aiko: Person) -> None:
    """R3: the change is forced at the next login; a trading program goes on."""
    complete = house.log_in(aiko)
    started = [house.start(aiko, caller(address)) for address in ("198.51.100.1", "198.51.100.2")]
    house.clock.advance(minutes=9)
    assert len(started) == 2
    assert not admits(Action.SEE_OVERVIEW, house.present(complete), house.clock()).refused


def test_unfinished_logins_of_a_known_client_are_no_evidence(house: House, aiko: Person) -> None:
    token = house.log_in(aiko).client_token
    abandon(house, aiko, "198.51.100.1", "198.51.100.2", token=token)
    assert house.kinds()["password_without_second_factor"] == 0
    live = house.present(house.log_in(aiko))
    assert not admits(Action.SEE_OVERVIEW, live, house.clock()).refused


def test_evidence_from_before_the_password_was_changed_is_settled(house: House, aiko: Person) -> None:
    abandon(house, aiko, "198.51.100.1", "198.51.100.2")
    changed = house.change_password(aiko, house.present(house.log_in(aiko)))
    assert changed.ended == 0
    house.clock.advance(minutes=1)
    live = house.present(house.log_in(Person("aiko", aiko.id, aiko.phone, NEW_PASSWORD)))
    assert not admits(Action.SEE_OVERVIEW, live, house.clock()).refused
