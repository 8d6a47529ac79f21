"""R10, R4: language, notices of known logins, the trader's phrase; and the acknowledgement that codes can be relayed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sekisho.domain.notifications import Channel
from sekisho.flows.destinations import email_context
from sekisho.flows.ports.security import Purpose
from sekisho.flows.set_preferences import Preferences, acknowledge_relay, see_preferences, set_preferences
from sekisho.kernel.errors import SekishoError
from sekisho.texts.catalogue import Language
from tests.flows.house import House, Person, caller


def with_mail(house: House, person: Person) -> None:
    sealed = house.keyring.seal(Purpose.FIELDS, "aiko@example.net", email_context(person.id))
    house.alter(person, lambda trader: replace(trader, email=sealed))


def test_mails_begin_with_the_phrase_and_speak_the_language_chosen(house: House) -> None:
    aiko = house.enrol("aiko")
    with_mail(house, aiko)
    first = house.log_in(aiko)
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko, caller(client_token=first.client_token)))
    set_preferences(live, Preferences(Language.JA, False, "  two cranes   in the snow "), house.deps)
    house.clock.advance(seconds=1)
    set_preferences(live, Preferences(Language.JA, True, "two cranes in the snow"), house.deps)
    told = {one.channel: one for one in house.messages() if one.kind == "preferences_changed" and one.created == house.clock()}
    sms, mail = told[Channel.SMS], told[Channel.EMAIL]
    assert mail.body.reveal().startswith("合言葉：two cranes in the snow\n\n")
    assert "cranes" not in sms.body.reveal()
    assert sms.reference != mail.reference and sms.body.reveal().endswith(sms.reference)
    assert see_preferences(live, house.deps) == Preferences(Language.JA, True, "two cranes in the snow")
    assert "cranes" not in house.audit_text() and house.audited("preference.changed", phrase=True) == 2


@pytest.mark.parametrize("phrase", ["evil.com", "call 0312345678", "a@b", "x" * 33, "abc", "<b>bold</b>", "two\u200bcranes.net"])
def test_a_phrase_that_could_mislead_is_refused(house: House, phrase: str) -> None:
    aiko = house.enrol("aiko")
    live = house.present(house.log_in(aiko))
    with pytest.raises(SekishoError):
        set_preferences(live, Preferences(Language.EN, False, phrase), house.deps)
    assert see_preferences(live, house.deps).phrase == ""


@pytest.mark.parametrize("chosen, told", [(False, 0), (True, 2)])
def test_logins_of_known_clients_are_told_by_choice(house: House, chosen: bool, told: int) -> None:
    aiko = house.enrol("aiko")
    with_mail(house, aiko)
    first = house.log_in(aiko)
    assert house.kinds()["login_unknown_client"] == 2  # phone and mail, always
    set_preferences(house.present(first), Preferences(Language.EN, chosen, ""), house.deps)
    house.log_in(aiko, caller(client_token=first.client_token))
    assert house.kinds()["login_known_client"] == told


def test_the_relay_is_acknowledged_once(house: House) -> None:
    aiko = house.enrol("aiko")
    live = house.present(house.log_in(aiko))
    acknowledge_relay(live, house.deps)
    at = house.record(aiko).trader.relay_acknowledged
    house.clock.advance(minutes=5)
    acknowledge_relay(live, house.deps)
    assert at is not None and house.record(aiko).trader.relay_acknowledged == at
    assert house.audited("relay.acknowledged") == 1
