"""R4, R10, J14: contact data and preferences on the pages of the portal, without scripts."""

from __future__ import annotations

import html

import pytest

from sekisho.domain.notifications import Channel
from sekisho.flows.settle_contact import apply_due_contacts
from tests.web.portal import contact_walks as walks
from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser

HOME = walks.HOME


@pytest.fixture
def browser(brokerage: Brokerage) -> Browser:
    return brokerage.browser()


def test_a_mail_address_is_changed_by_three_proofs_and_a_day(brokerage: Brokerage, browser: Browser) -> None:
    walks.approve(browser)
    assert walks.MAIL in browser.text and "h**o at example" in html.unescape(browser.text)  # in full, and as the message names it
    browser.follow(browser.send(f"{HOME}/approve", code=brokerage.phone()[-1]))
    assert "h··o@example.net" in browser.text and "new address" in browser.text
    with brokerage.deps.storage.transaction() as tx:
        (code,) = [one for one in tx.outbox.claim_due(brokerage.clock(), 100) if one.code]
    assert (code.channel, code.address.reveal()) == (Channel.EMAIL, walks.MAIL)
    assert code.code is not None
    browser.follow(browser.send(f"{HOME}/confirm", code=code.code.reveal()))
    assert "takes effect" in browser.text and "Cancel the change" in browser.text
    brokerage.clock.pass_by(hours=24)
    assert apply_due_contacts(brokerage.deps) == 1
    browser.log_in("hanako")
    assert "h··o@example.net" in browser.see(HOME).text and "Cancel the change" not in browser.text


def test_a_waiting_change_is_cancelled_with_the_password(brokerage: Brokerage, browser: Browser) -> None:
    path = walks.cancel(browser)
    browser.see(path)
    assert browser.send(path, current_password="wrong wrong wrong").status_code == 401
    browser.follow(browser.send(path, current_password=PASSWORD))
    assert "The change is cancelled." in browser.text and "takes effect" not in browser.text.split("</h1>")[1].split("<section")[1]
    assert browser.see(path).status_code == 404
    brokerage.clock.pass_by(hours=24)
    assert apply_due_contacts(brokerage.deps) == 0


def test_a_new_device_sees_and_changes_nothing(browser: Browser) -> None:
    browser.see(walks.new_device(browser))
    assert "+81" in browser.text and 'name="address"' not in browser.text
    assert walks.begin(browser).status_code == 403


def test_what_was_typed_stays_and_the_reason_stands_beside_it(browser: Browser) -> None:
    answer = walks.wrong(browser)
    assert answer.status_code == 422 and 'value="090-1234-5678"' in browser.text and "with its country code" in browser.text
    assert PASSWORD not in browser.text


def test_pages_in_between_lead_back_without_their_proof(browser: Browser) -> None:
    walks.known(browser)
    for path in (f"{HOME}/approve", f"{HOME}/confirm"):
        assert browser.see(path).headers["location"] == HOME
        browser.see(HOME)
        assert browser.send(path, code="123456").headers["location"] == HOME


def test_the_code_to_the_phone_does_not_confirm_the_address(brokerage: Brokerage, browser: Browser) -> None:
    walks.approve(browser)
    code = brokerage.phone()[-1]
    browser.follow(browser.send(f"{HOME}/approve", code=code))
    if code != brokerage.phone()[-1]:
        assert browser.send(f"{HOME}/confirm", code=code).status_code == 401


def test_preferences_are_kept_and_a_misleading_phrase_is_told(brokerage: Brokerage, browser: Browser) -> None:
    walks.known(browser)
    browser.see("/security/notices")
    assert browser.send("/security/notices", language="ja", phrase="evil.com").status_code == 422
    assert 'value="evil.com"' in browser.text and "phrase-error" in browser.text
    browser.follow(browser.send("/security/notices", language="ja", notify_known_logins="on", phrase="two cranes"))
    assert 'value="two cranes"' in browser.text and " checked" in browser.text and 'value="ja" selected' in browser.text


def test_the_relay_is_acknowledged_on_the_first_day_too(browser: Browser) -> None:
    walks.new_device(browser)
    assert "I have read this" in browser.see("/").text
    browser.follow(browser.send("/security/relay/acknowledge"))
    assert "noted" in browser.text and "I have read this" not in browser.text and "confirmed on" in browser.text


def test_who_asks_for_many_codes_is_told_that_none_was_sent_and_a_stranger_is_not(brokerage: Brokerage, browser: Browser) -> None:
    """R3 counts sends; R1 keeps it from strangers, but the owner in his session need not wait for what does not come."""
    walks.known(browser)
    for _ in range(4):  # the login asked for the first
        browser.follow(walks.begin(browser))
        assert "No code was sent this time." not in browser.text
        browser.see(HOME)
        brokerage.clock.pass_by(seconds=1)
    browser.follow(walks.begin(browser))
    assert "No code was sent this time." in browser.text and "quarter of an hour" in browser.text
    stranger = brokerage.browser()
    for _ in range(6):
        stranger.follow(stranger.give_password("hanako"))
    assert "Enter your security code" in stranger.text and "No code was sent" not in stranger.text
