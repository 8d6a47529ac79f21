"""Whoever wants the owner's messages to come to himself: phone, e-mail address, language and phrase (R4, R10, R16; J14, N27, N41)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from sekisho.domain.accounts import Contact, ContactKind
from sekisho.domain.notifications import Channel
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.change_contact import confirm_contact, name_contact
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.set_preferences import Preferences, see_preferences, set_preferences
from sekisho.flows.watch_logins import close_expired_logins
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.texts.catalogue import Language
from tests.databases import storage_url  # noqa: F401 - a fixture: both databases
from tests.flows.contact_changes import DAY, MAIL, NEW_PHONE, OLD_PHONE, Change
from tests.flows.house import caller

THIEF = "thief@example.org"


def other_session(change: Change) -> LiveSession:
    """Another one of Aiko's, from a browser that is new."""
    return change.house.present(change.house.log_in(change.aiko))


def mails(change: Change, kind: str) -> list[str]:
    """Written at this moment."""
    now = [one for one in change.house.messages() if one.kind == kind and one.created == change.house.clock()]
    return [one.body.reveal() for one in now if one.channel is Channel.EMAIL]


def test_one_proof_names_one_address_and_one_code_confirms_it_once(change: Change) -> None:
    """Everything at the same moment: one contact, one confirmation, one notice a way, and the delay counts from it alone."""
    begun = change.begin(ContactKind.EMAIL, MAIL)
    assert isinstance(begun, Begun)
    proof = Secret(change.house.ask_code(begun.token))
    named = change.house.in_threads(lambda: name_contact(begun.token, proof, change.live, caller(), change.house.deps), 8)
    (good,) = [one for one in named if isinstance(one, Begun)]
    assert change.house.audited("contact.added") == 1
    code = change.house.ask_code(good.token)
    confirmed = change.house.in_threads(lambda: change.confirm(good, code), 8)
    (contact,) = [one for one in confirmed if isinstance(one, Contact)]
    change.house.clock.advance(hours=1)
    assert isinstance(change.confirm(good, code), Refused)
    assert contact.due == change.house.clock() - timedelta(hours=1) + DAY
    assert change.house.kinds()["contact_change_waiting"] == 2 and change.house.audited("contact.confirmed") == 1


def test_a_second_change_begun_beside_it_leaves_one_and_never_the_one_that_was_cancelled(change: Change) -> None:
    """A thief begins his own while the owner's waits: the owner is told, cancels, and neither comes to be."""
    change.make(ContactKind.EMAIL, MAIL)
    thiefs = change.name(ContactKind.EMAIL, THIEF)
    code = change.house.ask_code(thiefs.token)
    (unconfirmed,) = [one for one in change.contacts() if one.kind is ContactKind.EMAIL]
    assert isinstance(change.cancel(unconfirmed.id), Contact)
    assert isinstance(change.confirm(thiefs, code), Refused)
    change.wait(DAY * 2)
    assert change.addresses() == [OLD_PHONE]


def test_confirming_and_cancelling_at_the_same_moment_agree(change: Change) -> None:
    named = change.name(ContactKind.PHONE, NEW_PHONE)
    code = change.house.ask_code(named.token)
    (contact,) = change.contacts()
    live = other_session(change)
    with ThreadPoolExecutor(2) as pool:
        confirmed = pool.submit(change.confirm, named, code)
        cancelled = pool.submit(change.cancel, contact.id, live)
        assert isinstance(cancelled.result(), Contact)
    told = change.house.kinds()
    assert told["contact_change_waiting"] == told["contact_change_cancelled"] == (2 if isinstance(confirmed.result(), Contact) else 0)
    change.wait()
    assert change.addresses() == [OLD_PHONE]


def test_nobody_confirms_or_cancels_for_another(change: Change) -> None:
    """R7: Botan has a true ceremony of his own, Aiko's token, and the id of her contact."""
    named = change.name(ContactKind.EMAIL, MAIL)
    code = Secret(change.house.ask_code(named.token))
    botan = change.house.present(change.house.log_in(change.house.enrol("botan")))
    refused = confirm_contact(named.token, code, botan, caller(), change.house.deps)
    assert refused == Refused(Reason.STEP_UP_NEEDED)
    with pytest.raises(SekishoError):
        change.cancel(change.contacts()[0].id, live=botan)
    assert isinstance(confirm_contact(named.token, code, change.live, caller(), change.house.deps), Contact)


def test_a_new_password_stops_what_somebody_who_knew_the_old_one_began(change: Change) -> None:
    """After it a thief has nothing, a waiting change of the phone included; both numbers are told."""
    change.make(ContactKind.PHONE, NEW_PHONE)
    begun = change.name(ContactKind.EMAIL, THIEF)
    code = change.house.ask_code(begun.token)
    change.house.clock.advance(minutes=16)  # beyond the sends of a quarter of an hour (R3)
    change.again()
    change.house.change_password(change.aiko, change.live)
    assert change.contacts() == [] and change.house.audited("contact.cancelled", "password_changed") == 2
    assert change.told("contact_change_cancelled") == [(Channel.SMS, OLD_PHONE), (Channel.SMS, NEW_PHONE)]
    assert isinstance(change.confirm(begun, code), Refused)
    change.wait()
    assert change.addresses() == [OLD_PHONE]


def test_a_code_sent_to_the_old_phone_opens_nothing_once_the_new_one_is_bound(change: Change) -> None:
    """N27: logins and step-ups that began before are dead, and the next one asks the new phone."""
    house = change.house
    change.make(ContactKind.PHONE, NEW_PHONE)
    house.clock.advance(hours=24)
    change.again()
    started, step = house.start(change.aiko), house.prove_password(change.live, change.aiko.password)
    assert isinstance(step, Begun)
    digits, proof = house.ask_code(started.token), house.ask_code(step.token)
    assert change.wait(timedelta()) == 1
    assert isinstance(house.give_code(started.token, digits), Refused)
    assert isinstance(house.change(step.token, proof, change.live), Refused)
    house.clock.advance(seconds=1)
    house.log_in(change.aiko)
    now = [one for one in house.messages() if one.kind == "code.login" and one.created == house.clock()]
    assert [one.address.reveal() for one in now] == [NEW_PHONE]


def test_who_must_change_his_password_first_changes_no_contact(change: Change) -> None:
    """R3, N14: also not one that he has begun to confirm."""
    house = change.house
    named = change.name(ContactKind.EMAIL, THIEF)
    code = house.ask_code(named.token)
    for source in ("198.51.100.1", "198.51.100.2"):
        house.ask_code(house.start(change.aiko, caller(source)).token, caller(source))
    house.clock.advance(minutes=16)
    close_expired_logins(house.deps)
    change.again()
    assert house.record(change.aiko).trader.password_change_needed
    refused = change.begin(ContactKind.EMAIL, THIEF)
    assert isinstance(refused, Refused) and refused.reason is Reason.PASSWORD_CHANGE_NEEDED
    assert isinstance(change.confirm(named, code), Refused)


@pytest.mark.parametrize(
    "mail",
    ["x@0120-123-456.example.org", "x@0120123456.example.org", "x@call-0120-now.example.org", "x@www.example.org", "x@xn--wgv71a.example",
     "x@日本.example", "x@you-have-won-a-prize.example.org", "x@" + "a" * 60 + ".example.org"],
)  # fmt: skip
def test_no_address_puts_a_number_a_link_or_a_sentence_into_our_messages(change: Change, mail: str) -> None:
    """J09: whoever names the address chose its host; and his choice keeps no message from being sent."""
    change.make(ContactKind.EMAIL, mail)
    change.wait()
    bodies = [one.body.reveal() for one in change.house.messages() if one.kind.startswith(("contact", "code.step_up"))]
    assert len(bodies) >= 5 and all("at ***" in body or "***" not in body for body in bodies)
    host = mail.partition("@")[2].partition(".")[0]
    assert not any(host in body for body in bodies)


def test_the_owner_recognises_the_notice_of_a_changed_language_and_phrase(change: Change) -> None:
    """A thief at the open browser chooses both anew: the mail that tells of it still has the words that the owner knows."""
    change.make(ContactKind.EMAIL, MAIL)
    change.wait()
    change.again()
    set_preferences(change.live, Preferences(Language.EN, False, "two cranes in the snow"), change.house.deps)
    change.house.clock.advance(seconds=1)
    set_preferences(change.live, Preferences(Language.JA, False, "a thief in the snow"), change.house.deps)
    (mail,) = mails(change, "preferences_changed")
    assert mail.startswith("Your phrase: two cranes in the snow\n\n")
    change.house.log_in(change.aiko)
    (mail,) = mails(change, "login_unknown_client")
    assert mail.startswith("合言葉：a thief in the snow\n\n")


def test_a_relayed_login_does_not_read_the_phrase(change: Change) -> None:
    """With it he could write mails that look like ours."""
    set_preferences(change.live, Preferences(Language.EN, False, "two cranes in the snow"), change.house.deps)
    assert see_preferences(change.live, change.house.deps).phrase == "two cranes in the snow"
    assert see_preferences(other_session(change), change.house.deps).phrase == ""
