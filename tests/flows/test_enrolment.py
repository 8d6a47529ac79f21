"""Enrolment and reset: nobody but the trader ever chooses a password (R16; N36-N43, J20, J32)."""

from __future__ import annotations

import pytest

from sekisho.domain.accounts import ContactKind, ContactState, Role
from sekisho.domain.authentication.passwords import PasswordProblem
from sekisho.flows.activate_trader import Activated, begin_activation, tell_refused_activation
from sekisho.flows.add_account import NewTrader, add_account, add_trader, end_mandate, grant_mandate
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.change_password import PasswordRefused
from sekisho.flows.checkpoint import Action, admits
from sekisho.flows.complete_login import Complete
from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.see_portal import see_account, see_overview
from sekisho.flows.see_trader import see_trader
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.fittings import count_statements
from tests.flows.house import NEW_PASSWORD, PASSWORD, PHONES, STAFF, House, Person, caller, wrong

NEW_PHONE = "+819099998888"


def life(house: House, person_id: str) -> list[tuple[str, str]]:
    with house.storage.reading() as tx:
        kinds = {one.id: one.kind.value for one in tx.authenticators.of(person_id)}
        return [(kinds[entry.authenticator], entry.what) for entry in tx.authenticators.life_of(person_id)]


def test_a_trader_activates_himself_and_logs_in(house: House) -> None:
    """R16: an activation code and a code to his phone, then a password of his own; each authenticator's life is dated (N36)."""
    added = house.add()
    assert house.give_password("aiko", PASSWORD) == Refused(Reason.NOT_ACTIVATED)
    token = house.begin_activation(added)
    code = house.ask_code(token)
    house.clock.advance(minutes=1)
    assert house.finish_activation(token, code) == Activated("aiko")
    assert isinstance(house.log_in(Person("aiko", added.trader.id, "")), Complete)
    done = sorted(life(house, added.trader.id))
    assert done == [("activation", "bound"), ("activation", "removed"), ("password", "bound"), ("phone", "bound"), ("phone", "confirmed")]
    assert house.kinds()["trader_activated"] == 1


@pytest.mark.parametrize("between, lower", [("-", False), ("", False), (" ", False), ("-", True), (" - ", True)])
def test_the_activation_code_is_taken_as_people_type_it(house: House, between: str, lower: bool) -> None:
    added = house.add()
    code = added.activation_code.reveal().replace("-", between)
    code = code.lower() if lower else code
    assert isinstance(begin_activation("Aiko", Secret(code), caller(), house.deps), Begun)


@pytest.mark.parametrize("hours, taken", [(23.999, True), (24, False)])
def test_an_activation_code_lives_a_day(house: House, hours: float, taken: bool) -> None:
    added = house.add()
    house.clock.advance(hours=hours)
    assert isinstance(begin_activation("aiko", added.activation_code, caller(), house.deps), Begun) is taken


def test_an_activation_code_is_good_once(house: House) -> None:
    added = house.add()
    assert isinstance(house.activate(added), Activated)
    assert begin_activation("aiko", added.activation_code, caller(), house.deps) == Refused(Reason.WRONG_CODE)


def test_strangers_cannot_lock_an_enrolment(house: House) -> None:
    """N23, R16: 80 random bits are not guessed in a day, so wrong ones count against nobody, and write nothing."""
    added = house.add()
    refusals = [begin_activation("aiko", Secret(f"WRONG-{n}"), caller(), house.deps) for n in range(30)]
    assert refusals == [Refused(Reason.WRONG_CODE)] * 30
    assert house.audited("activation.refused") == 0
    assert len(added.activation_code.reveal().replace("-", "")) * 5 >= 64  # bits, at five a letter
    assert isinstance(begin_activation("aiko", added.activation_code, caller(), house.deps), Begun)


@pytest.mark.parametrize("name", ["nobody", "aiko", "botan", "", "\x00", "x" * 1000])
def test_unknown_names_and_wrong_codes_look_alike(house: House, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """R1, R16: the same statements and no commit, whether the name is unknown, waits for its activation or is active; the same answer."""
    house.add(), house.enrol("botan")
    commits, readings = house.storage.commits, house.storage.readings
    statements = count_statements(monkeypatch)
    assert begin_activation(name, Secret("AAAA-BBBB-CCCC-DDDD"), caller(), house.deps) == Refused(Reason.WRONG_CODE)
    assert (house.storage.commits - commits, house.storage.readings - readings, len(statements)) == (0, 1, 2)


@pytest.mark.parametrize("name, known", [("nobody", False), ("aiko", True)])
def test_a_refused_activation_is_audited_where_it_is_worth_telling(house: House, name: str, known: bool) -> None:
    added = house.add()
    tell_refused_activation(name, Refused(Reason.WRONG_CODE), caller(), house.deps)
    assert house.audited("activation.refused", Reason.WRONG_CODE) == 1
    assert [one.trader for one in house.audit() if one.kind == "activation.refused"] == [added.trader.id if known else None]
    assert "AAAA-BBBB" not in house.audit_text()


def test_a_password_that_is_not_taken_burns_no_try(house: House) -> None:
    token = house.begin_activation(house.add())
    code = house.ask_code(token)
    assert house.finish_activation(token, code, "aiko aiko aiko") == PasswordRefused((PasswordProblem.CONTAINS_NAME,))
    assert house.finish_activation(token, wrong(code)) == Refused(Reason.WRONG_CODE)
    assert house.finish_activation(token, code) == Activated("aiko")


def test_five_wrong_codes_to_the_phone_end_the_activation(house: House) -> None:
    added = house.add()
    token = house.begin_activation(added)
    code = house.ask_code(token)
    for _ in range(5):
        assert isinstance(house.finish_activation(token, wrong(code)), Refused)
    assert isinstance(house.finish_activation(token, code), Refused)


def test_a_login_is_no_activation(house: House, aiko: Person) -> None:
    """R4: a ceremony serves its own purpose."""
    started = house.start(aiko)
    assert house.finish_activation(started.token, house.ask_code(started.token), NEW_PASSWORD) == Refused(Reason.LOGIN_DEAD)
    assert isinstance(house.give_password("aiko", PASSWORD), Begun)


def test_a_reset_ends_everything_and_tells_old_and_new_number(house: House, aiko: Person) -> None:
    """R16, N42: sessions and known clients end, the password is gone, both addresses are told, and the next login is quarantined."""
    session = house.log_in(aiko)
    started = house.start(aiko)
    reset = reset_trader("aiko", NEW_PHONE, STAFF, house.deps)
    assert house.live(session) == Refused(Reason.SESSION_ENDED)
    assert isinstance(house.give_code(started.token, "123456"), Refused)
    assert house.give_password("aiko", aiko.password, caller(client_token=session.client_token)) == Refused(Reason.NOT_ACTIVATED)
    told = {message.address.reveal() for message in house.messages() if message.kind == "trader_reset"}
    assert told == {aiko.phone, NEW_PHONE}
    assert house.audited("trader.reset", new_phone=True, identity_check=STAFF.identity_check) == 1
    house.clock.advance(minutes=1)
    assert isinstance(house.activate(reset, NEW_PASSWORD), Activated)
    codes = [message.address.reveal() for message in house.messages() if message.kind == "code.activation"]
    assert codes[-1] == NEW_PHONE and codes.count(NEW_PHONE) == 1
    renewed = Person("aiko", aiko.id, NEW_PHONE, NEW_PASSWORD)
    live = house.present(house.log_in(renewed))
    assert admits(Action.CHANGE_PASSWORD, live, house.clock()).refused


@pytest.mark.parametrize("hours, quarantined", [(23, True), (25, False)])
def test_after_a_reset_the_trader_is_quarantined_for_a_day(house: House, aiko: Person, hours: float, quarantined: bool) -> None:
    house.activate(reset_trader("aiko", None, STAFF, house.deps), NEW_PASSWORD)
    renewed = Person("aiko", aiko.id, aiko.phone, NEW_PASSWORD)
    first = house.log_in(renewed)
    house.clock.advance(hours=hours)
    live = house.present(house.log_in(renewed, caller(client_token=first.client_token)))
    assert admits(Action.CHANGE_PASSWORD, live, house.clock()).refused is quarantined


def test_a_second_reset_voids_the_code_of_the_first(house: House, aiko: Person) -> None:
    first, second = (reset_trader("aiko", None, STAFF, house.deps) for _ in range(2))
    assert isinstance(begin_activation("aiko", first.activation_code, caller(), house.deps), Refused)
    assert isinstance(begin_activation("aiko", second.activation_code, caller(), house.deps), Begun)


@pytest.mark.parametrize("username", ["aiko", "AIKO", "alko", "a1ko", "a.i.k.o"])
def test_names_taken_or_alike_are_refused(house: House, username: str) -> None:
    """R16, I27."""
    house.add()
    with pytest.raises(SekishoError) as refused:
        add_trader(NewTrader(username, "Somebody", "+819012345679", "ja", {}), "os:desk", house.deps)
    assert refused.value.kind is Kind.CONFLICT


def test_an_email_given_at_the_beginning_is_the_second_address_of_every_notice(house: House) -> None:
    """N45: told to all addresses; N36: who added it, and when, stands in the audit log; the address itself does not."""
    new = NewTrader("aiko", "Aiko", PHONES["aiko"], "en", {}, "Aiko.Sato@EXAMPLE.com")
    added = add_trader(new, "os:desk", house.deps)
    house.activate(added)
    told = {(str(one.channel), one.address.reveal()) for one in house.messages() if one.kind == "trader_activated"}
    assert told == {("sms", PHONES["aiko"]), ("email", "Aiko.Sato@example.com")}
    with house.storage.reading() as tx:
        (contact,) = tx.contacts.of(added.trader.id)
    assert (contact.kind, contact.state, contact.added_by) == (ContactKind.EMAIL, ContactState.ACTIVE, "os:desk")
    assert house.audited("contact.added", contact=contact.id) == 1
    assert "example.com" not in house.audit_text()
    assert see_trader("aiko", house.deps).facts(house.clock())["email"] == "A··o@example.com"


@pytest.mark.parametrize("email", ["aiko", "a b@example.com", "aiko@localhost", "aiko@a.example\nBcc: x@evil.example", "aiko@1.2.3.4"])
def test_an_email_that_cannot_be_one_adds_nobody(house: House, email: str) -> None:
    with pytest.raises(SekishoError) as refused:
        add_trader(NewTrader("aiko", "Aiko", PHONES["aiko"], "en", {}, email), "os:desk", house.deps)
    assert refused.value.kind is Kind.INVALID and "email" in refused.value.fields
    with house.storage.reading() as tx:
        assert tx.traders.all() == []


@pytest.mark.parametrize(
    "number, title, kind", [("SK-4AIKO", "Again", Kind.CONFLICT), ("!", "Bad", Kind.INVALID), ("SK-9", "a\nb", Kind.INVALID)]
)
def test_accounts_that_cannot_be_added(house: House, number: str, title: str, kind: Kind) -> None:
    house.add()
    with pytest.raises(SekishoError) as refused:
        add_account(number, title, "os:desk", house.deps)
    assert refused.value.kind is kind


def test_an_account_has_one_holder_and_each_trader_one_mandate(house: House, aiko: Person) -> None:
    house.enrol("botan")
    grant_mandate("SK-4AIKO", "botan", Role.VIEWER, "os:desk", house.deps)
    for role in (Role.HOLDER, Role.TRADER):
        with pytest.raises(SekishoError) as refused:
            grant_mandate("SK-4AIKO", "botan", role, "os:desk", house.deps)
        assert refused.value.kind is Kind.CONFLICT


def told(house: House, kind: str) -> list[str]:
    return sorted(message.address.reveal() for message in house.messages() if message.kind == kind)


def test_the_holder_is_told_at_once_of_every_mandate_on_his_account(house: House, aiko: Person) -> None:
    """R10: a stolen key of the broker's grants one; never as a digest. He who grants himself nothing is told nothing."""
    house.enrol("botan"), house.enrol("chie")
    assert told(house, "mandate_granted") == []
    one = grant_mandate("SK-4AIKO", "botan", Role.TREASURER, "key:stolen", house.deps)
    two = grant_mandate("SK-4AIKO", "chie", Role.VIEWER, "key:stolen", house.deps)
    assert told(house, "mandate_granted") == [aiko.phone, aiko.phone]
    bodies = [message.body.reveal() for message in house.messages() if message.kind == "mandate_granted"]
    assert all(any(f"{who} has a mandate on your account Account of aiko" in body for body in bodies) for who in ("Botan", "Chie"))
    for mandate in (one, two):
        end_mandate(mandate.id, "customer asked for it", "os:desk", house.deps)
    assert told(house, "mandate_ended") == [aiko.phone, aiko.phone]
    with house.storage.reading() as tx:
        assert {notice.kind for notice in tx.inbox.of(aiko.id)} >= {"mandate_granted", "mandate_ended"}


def test_a_holder_who_is_replaced_is_told_of_his_end(house: House, aiko: Person) -> None:
    """R10: whoever takes an account over by the broker's key ends its holder first."""
    house.enrol("botan")
    with house.storage.reading() as tx:
        (own,) = [mandate for _, mandate in tx.accounts.acted_for_by(aiko.id, house.clock())]
    end_mandate(own.id, "sold", "key:stolen", house.deps)
    grant_mandate("SK-4AIKO", "botan", Role.HOLDER, "key:stolen", house.deps)
    assert told(house, "mandate_ended") == [aiko.phone] and told(house, "mandate_granted") == []


def test_a_trader_added_with_a_mandate_on_anothers_account_is_told_to_its_holder(house: House, aiko: Person) -> None:
    add_trader(NewTrader("daigo", "Daigo", "+819011112222", "ja", {"SK-4AIKO": Role.TREASURER}), "key:stolen", house.deps)
    assert told(house, "mandate_granted") == [aiko.phone]


def test_nothing_is_half_added(house: House) -> None:
    """A trader whose account is not there is not added either: one commit."""
    with pytest.raises(SekishoError):
        add_trader(NewTrader("aiko", "Aiko", "+819012345678", "ja", {"SK-0": Role.HOLDER}), "os:desk", house.deps)
    with house.storage.reading() as tx:
        assert tx.traders.all() == []
    assert house.audit() == []


def test_an_ended_mandate_shows_nothing_and_is_audited(house: House, aiko: Person) -> None:
    """R7: an account of others, an ended mandate and a made-up id answer alike."""
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", Role.VIEWER, "os:desk", house.deps)
    live = house.present(house.log_in(botan))
    assert see_account(live, mandate.account, house.deps).own.role is Role.VIEWER
    assert [pair[0].title for pair in see_overview(live, house.deps).accounts] == ["Account of aiko", "Account of botan"]
    end_mandate(mandate.id, "customer asked for it", "os:desk", house.deps)
    for account in (mandate.account, "acc_made_up"):
        with pytest.raises(SekishoError) as refused:
            see_account(live, account, house.deps)
        assert refused.value.kind is Kind.MISSING
    assert house.audited("object.refused", what="account") == 2
