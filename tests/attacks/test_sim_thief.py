"""The SIM thief: he reads the owner's messages and has no password (R3, R16; N27)."""

from __future__ import annotations

from sekisho.flows.activate_trader import begin_activation
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import PHONES, House, Person, caller


def test_without_the_password_no_code_is_ever_sent(house: House, aiko: Person) -> None:
    before = house.kinds()
    house.fail_passwords(aiko, 4)
    assert house.kinds() == before


def test_a_phone_alone_resets_nothing(house: House, aiko: Person) -> None:
    """R16: a forgotten password is a matter for staff with an identity check; an activation needs the issued code first."""
    assert begin_activation("aiko", Secret("2345-6789-ABCD-EFGH"), caller(), house.deps) == Refused(Reason.WRONG_CODE)
    assert house.kinds()["code.activation"] == 1  # the owner's own, from his enrolment


def test_a_code_read_from_the_phone_does_not_open_the_owners_login(house: House, aiko: Person) -> None:
    """R4: it is bound to the ceremony, whose secret is in the owner's browser."""
    started = house.start(aiko)
    code = house.ask_code(started.token)
    assert house.give_code(Secret("a made-up ceremony"), code) == Refused(Reason.LOGIN_DEAD)


def test_in_a_stolen_session_the_phone_alone_proves_nothing(house: House, aiko: Person) -> None:
    """R4: step-up is the password and a code."""
    own = house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=own.client_token)))
    assert house.prove_password(live, "a wrong password") == Refused(Reason.WRONG_PASSWORD)
    assert house.kinds()["code.step_up"] == 0


def test_the_owner_hears_by_mail_what_the_thief_reads_on_the_phone(house: House) -> None:
    """N45: two addresses; the SIM is only one of them."""
    added = house.add(email="aiko@example.com")
    house.activate(added)
    owner = Person("aiko", added.trader.id, PHONES["aiko"])
    house.clock.advance(days=2)
    house.log_in(owner, caller("198.51.100.77"))
    told = {(str(one.channel), one.address.reveal()) for one in house.messages() if one.kind == "login_unknown_client"}
    assert told == {("sms", PHONES["aiko"]), ("email", "aiko@example.com")}
