"""R4, R10, J14: contact data change by proof, code and delay; old and new address are told; one factor cancels."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.domain.accounts import Contact, ContactKind, ContactState
from sekisho.domain.authentication.authenticator import AuthenticatorState
from sekisho.domain.notifications import Channel
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.caller import Caller
from sekisho.flows.change_contact import confirm_contact, name_contact
from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.see_contacts import see_contacts
from sekisho.flows.settle_contact import apply_due_contacts
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.contact_changes import DAY, MAIL, NEW_PHONE, OLD_PHONE, Change
from tests.flows.house import STAFF, caller, wrong


def test_a_mail_address_takes_effect_after_a_day_and_both_ways_are_told(change: Change) -> None:
    contact = change.make(ContactKind.EMAIL, "aiko@EXAMPLE.net")
    assert contact.state is ContactState.WAITING and contact.due == change.house.clock() + DAY
    assert change.addresses() == [OLD_PHONE]
    assert change.told("contact_change_waiting") == [(Channel.SMS, OLD_PHONE), (Channel.EMAIL, MAIL)]
    assert change.wait(DAY - timedelta(seconds=1)) == 0
    assert change.wait(timedelta(seconds=1)) == 1
    assert change.addresses() == [OLD_PHONE, MAIL]
    assert change.told("contact_changed") == [(Channel.SMS, OLD_PHONE), (Channel.EMAIL, MAIL)]
    assert see_contacts(change.live, change.house.deps).email == "a··o@example.net"
    for kind in ("contact.added", "contact.confirmed", "contact.changed"):
        assert change.house.audited(kind) == 1


def test_a_second_mail_address_tells_the_first(change: Change) -> None:
    """J14: notice to the old and the new address."""
    change.make(ContactKind.EMAIL, MAIL)
    change.wait()
    change.again()
    change.make(ContactKind.EMAIL, "new@example.org")
    everybody = [(Channel.SMS, OLD_PHONE), (Channel.EMAIL, MAIL), (Channel.EMAIL, "new@example.org")]
    assert change.told("contact_change_waiting") == everybody
    change.wait()
    assert change.addresses() == [OLD_PHONE, "new@example.org"]
    assert change.told("contact_changed") == everybody


def test_a_new_phone_is_a_new_authenticator_and_the_old_one_gets_the_codes_until_then(change: Change) -> None:
    """N27, R16."""
    old = change.house.record(change.aiko).phone
    change.make(ContactKind.PHONE, NEW_PHONE)
    assert old is not None and change.addresses() == [OLD_PHONE]
    started = change.house.start(change.aiko)
    change.wait()
    record = change.house.record(change.aiko)
    assert record.phone is not None and record.phone.id != old.id and change.addresses() == [NEW_PHONE]
    with change.house.storage.reading() as tx:
        states = {one.id: one.state for one in tx.authenticators.of(change.aiko.id)}
        assert [entry.what for entry in tx.authenticators.life_of(change.aiko.id) if entry.authenticator == record.phone.id] == ["bound"]
    assert states[old.id] is AuthenticatorState.REMOVED
    assert change.told("contact_changed") == [(Channel.SMS, OLD_PHONE), (Channel.SMS, NEW_PHONE)]
    assert change.house.asked(started.token) == []  # a login that began with the old phone sends nothing any more


def test_a_thief_with_session_and_relayed_code_changes_nothing(change: Change) -> None:
    """R4: his login is from an unknown client, so it is quarantined, whatever he proves."""
    thief = change.house.present(change.house.log_in(change.aiko))
    begun = change.begin(ContactKind.EMAIL, "thief@example.org", live=thief)
    assert isinstance(begun, Refused) and begun.reason is Reason.QUARANTINED


@pytest.mark.parametrize("who", ["owner", "quarantined"])
def test_one_factor_cancels_from_any_session(change: Change, who: str) -> None:
    contact = change.make(ContactKind.EMAIL, MAIL)
    live = change.live if who == "owner" else change.house.present(change.house.log_in(change.aiko))
    refused = change.cancel(contact.id, live, password="not the password")
    assert isinstance(refused, Refused) and refused.reason is Reason.WRONG_PASSWORD
    cancelled = change.cancel(contact.id, live)
    assert isinstance(cancelled, Contact)
    assert change.told("contact_change_cancelled") == [(Channel.SMS, OLD_PHONE), (Channel.EMAIL, MAIL)]
    change.wait()
    assert change.addresses() == [OLD_PHONE] and change.house.audited("contact.cancelled") == 1


def test_a_stranger_cannot_cancel_or_see_it(change: Change) -> None:
    """R7: as if there were none."""
    contact = change.make(ContactKind.EMAIL, MAIL)
    botan = change.house.enrol("botan")
    live = change.house.present(change.house.log_in(botan))
    with pytest.raises(SekishoError) as raised:
        change.cancel(contact.id, live)
    assert raised.value.kind is Kind.MISSING and change.house.audited("object.refused", what="contact") == 1
    change.wait()
    assert change.addresses() == [OLD_PHONE, MAIL]


def test_the_code_to_the_new_address_is_counted_and_ends_the_session_after_five(change: Change) -> None:
    named = change.name(ContactKind.EMAIL, MAIL)
    right = change.house.ask_code(named.token)
    outcomes = [change.confirm(named, wrong(right)) for _ in range(5)]
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Refused)} == {Reason.WRONG_CODE}
    assert change.house.look_at(change.live).refused
    assert isinstance(change.confirm(named, right), Refused)
    assert change.wait() == 1 and change.addresses() == [OLD_PHONE]  # forgotten


def test_the_code_of_the_step_up_never_confirms_and_no_other_session_does(change: Change) -> None:
    """R4: a code is bound to its ceremony."""
    begun = change.begin(ContactKind.EMAIL, MAIL)
    assert isinstance(begun, Begun)
    first = change.house.ask_code(begun.token)
    named = name_contact(begun.token, Secret(first), change.live, caller(), change.house.deps)
    assert isinstance(named, Begun)
    second = change.house.ask_code(named.token)
    assert first != second
    assert isinstance(change.confirm(named, first), Refused)
    other = change.house.present(change.house.log_in(change.aiko))
    foreign = confirm_contact(named.token, Secret(second), other, caller(), change.house.deps)
    assert isinstance(foreign, Refused) and foreign.reason is Reason.STEP_UP_NEEDED
    assert isinstance(change.confirm(named, second), Contact)


@pytest.mark.parametrize("stopped", ["suspended", "frozen", "reset"])
def test_what_waits_does_not_come_to_be_when_the_trader_is_stopped(change: Change, stopped: str) -> None:
    """R11, R16: it may have been the thief who began it."""
    change.make(ContactKind.EMAIL, MAIL)
    if stopped == "reset":
        reset_trader("aiko", None, STAFF, change.house.deps)
    else:
        change.house.alter(
            change.aiko,
            lambda trader: (
                replace(trader, suspended=change.house.clock()) if stopped == "suspended" else replace(trader, frozen=frozenset({"desk"}))
            ),
        )
    change.wait()
    assert change.addresses() == [OLD_PHONE] and change.house.audited("contact.cancelled") == 1
    assert change.told("contact_changed") == []


def test_a_second_change_replaces_the_first(change: Change) -> None:
    change.make(ContactKind.EMAIL, "first@example.net")
    change.make(ContactKind.EMAIL, "second@example.net")
    change.wait()
    assert change.addresses() == [OLD_PHONE, "second@example.net"]


@pytest.mark.parametrize(
    "kind, typed",
    [
        *((ContactKind.EMAIL, typed) for typed in ("no address", "a@b", "a@[192.0.2.1]", "a b@c.example")),
        *((ContactKind.PHONE, typed) for typed in ("090-1234-5678", "+81 3 4590 0711", "+1 202 555 0123", "x")),
    ],
)  # fmt: skip
def test_what_cannot_be_an_address_is_refused_before_anything_is_counted(change: Change, kind: ContactKind, typed: str) -> None:
    with pytest.raises(SekishoError) as raised:
        change.begin(kind, typed)
    assert raised.value.kind is Kind.INVALID and change.house.failures(change.aiko) == (0, 0)


def test_a_firm_without_mail_offers_none(change: Change) -> None:
    change.house.with_policies(mail=False)
    with pytest.raises(SekishoError):
        change.begin(ContactKind.EMAIL, MAIL)


def test_the_address_stands_in_no_log_and_no_message(change: Change) -> None:
    change.make(ContactKind.EMAIL, MAIL)
    change.wait()
    assert MAIL not in change.house.audit_text()
    assert all(MAIL not in message.body.reveal() for message in change.house.messages())


def test_parallel_cancel_and_apply_agree(change: Change) -> None:
    contact = change.make(ContactKind.EMAIL, MAIL)
    change.house.clock.advance(hours=24)
    live = change.house.present(change.house.log_in(change.aiko))

    def both() -> object:
        try:
            return change.cancel(contact.id, live) if len(done) % 2 else apply_due_contacts(change.house.deps)
        except SekishoError as error:
            return error.kind
        finally:
            done.append(1)

    done: list[int] = []
    change.house.in_threads(both, 6)
    applied, cancelled = change.house.audited("contact.changed"), change.house.audited("contact.cancelled")
    assert applied + cancelled == 1
    assert change.addresses() == ([OLD_PHONE, MAIL] if applied else [OLD_PHONE])


def test_who_calls_is_not_needed_to_tell(change: Change) -> None:
    """A caller without an address confirms as anybody: no list of addresses applies to him."""
    named = change.name(ContactKind.EMAIL, MAIL)
    nowhere: Caller = caller(None)
    assert isinstance(
        confirm_contact(named.token, Secret(change.house.ask_code(named.token)), change.live, nowhere, change.house.deps), Contact
    )
