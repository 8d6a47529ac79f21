"""P7, R4, R13: "Is this yours?" on the pages of the portal, without scripts."""

from __future__ import annotations

import pytest

from sekisho.domain.instructions import InstructionState
from tests.web.portal import instruction_walks as walks
from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser


@pytest.fixture
def browser(brokerage: Brokerage) -> Browser:
    return brokerage.browser()


def state_of(brokerage: Brokerage, path: str) -> InstructionState:
    with brokerage.deps.storage.reading() as tx:
        found = tx.instructions.get(path.split("/")[2])
    assert found is not None
    return found.state


def test_yes_takes_password_and_a_code_that_names_the_act(brokerage: Brokerage, browser: Browser) -> None:
    path = walks.code(browser)
    browser.see(path)
    assert "withdraw ¥300,000" in browser.text and "Hanako Yamada" in browser.text
    browser.follow(browser.send(path, code=brokerage.phone()[-1]))
    assert "Confirmed." in browser.text
    assert state_of(brokerage, path) is InstructionState.ALLOWED


def test_no_takes_the_password_alone_and_freezes(brokerage: Brokerage, browser: Browser) -> None:
    walks.stopped(browser)
    assert "the account is frozen" in browser.text and "you said No" in browser.text
    assert "frozen" in browser.see("/").text


def test_before_the_yes_he_sees_where_the_money_goes(browser: Browser) -> None:
    """J08: a name is what a thief chooses; the identifier stands whole on the page, and ends the act on it and beside the code."""
    path = walks.code(browser)
    assert walks.TO["payee"] in browser.see(f"{walks.HOME}/{path.split('/')[2]}").text
    assert "to Hanako Yamada (ending in 7321)" in browser.text
    assert "to Hanako Yamada (ending in 7321)" in browser.see(path).text


def test_of_an_order_type_and_limit_price_are_told(browser: Browser) -> None:
    path = walks.order(browser)
    assert "buy 1,200 of 7203" in browser.see(path).text and "(type limit, limit price 2,500)" in browser.text
    assert "Limit price" in browser.text and ">2,500<" in browser.text and "Payee" not in browser.text


def test_a_wrong_password_changes_nothing(brokerage: Brokerage, browser: Browser) -> None:
    assert walks.wrong(browser).status_code == 401
    assert "frozen" not in browser.see("/").text


def test_a_new_device_may_say_no_and_not_yes(brokerage: Brokerage, browser: Browser) -> None:
    path = walks.new_device(browser)
    browser.see(path)
    assert f'action="{path}/no"' in browser.text and f'action="{path}/yes"' not in browser.text
    assert browser.send(f"{path}/yes", current_password=PASSWORD).status_code == 403
    assert state_of(brokerage, path) is InstructionState.CHALLENGED


def test_what_is_held_offers_no_yes(brokerage: Brokerage, browser: Browser) -> None:
    path = walks.held(browser)
    browser.see(path)
    assert f'action="{path}/yes"' not in browser.text and "call us" in browser.text
    assert browser.send(f"{path}/yes", current_password=PASSWORD).status_code == 409


def test_outside_the_accounts_list_nothing_is_told_and_a_no_is_offered(brokerage: Brokerage, browser: Browser) -> None:
    """R4, R5."""
    path = walks.closed(browser)
    for page in (walks.HOME, path):
        assert browser.see(page).status_code == 200 and "A withdrawal" in browser.text
        assert not any(told in browser.text for told in ("300,000", "Hanako Yamada", "bank:", "7321"))
    assert f'action="{path}/no"' in browser.text and f'action="{path}/yes"' not in browser.text
    assert browser.send(f"{path}/yes", current_password=PASSWORD).status_code == 404
    browser.see(path)
    browser.follow(browser.send(f"{path}/no", current_password=PASSWORD))
    assert "the account is frozen" in browser.text and state_of(brokerage, path) is InstructionState.DISPUTED


def test_what_is_over_can_be_looked_at_and_not_answered(brokerage: Brokerage, browser: Browser) -> None:
    walks.known(browser)
    path = f"{walks.HOME}/{walks.put(browser, InstructionState.EXPIRED)}"
    browser.see(path)
    assert "/no" not in browser.text.replace("/notices", "") and "/yes" not in browser.text
    assert browser.send(f"{path}/no", current_password=PASSWORD).status_code == 409


@pytest.mark.parametrize("state", [InstructionState.CHALLENGED, InstructionState.HELD])
def test_what_was_stopped_is_told_where_the_customer_looks_first(brokerage: Brokerage, browser: Browser, state: InstructionState) -> None:
    """J08: nobody has to guess that something waits for him; and the security page does not call that good order."""
    walks.known(browser)
    assert "in good order" in browser.see("/security").text and "was stopped" not in browser.see("/").text
    walks.put(browser, state)
    assert "1 instruction in your name was stopped." in browser.see("/").text
    assert 'Instructions <span class="tag info">1</span>' in browser.text
    assert "needs your attention" in browser.see("/security").text and "See what was stopped" in browser.text
    brokerage.clock.pass_by(minutes=16)
    browser.log_in("hanako")
    assert "in good order" in browser.see("/security").text, "what has expired waits for nobody"


def test_the_security_page_tells_of_a_frozen_account(browser: Browser) -> None:
    walks.stopped(browser)
    assert "needs your attention" in browser.see("/security").text and "is frozen." in browser.text
