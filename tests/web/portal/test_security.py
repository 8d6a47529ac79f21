from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sekisho.kernel.events import EventKind
from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser

NEW = "seven otters read maps at dawn"


@pytest.fixture
def browser(brokerage: Brokerage) -> Browser:
    """Logged in from a device that has been known for a day."""
    walker = brokerage.browser()
    walker.activate("hanako")
    walker.log_in("hanako")
    brokerage.clock.pass_by(hours=25)
    walker.log_in("hanako")
    return walker


def _force_change(brokerage: Brokerage) -> None:
    with brokerage.deps.storage.transaction() as tx:
        record = tx.traders.by_username("hanako")
        assert record is not None
        tx.traders.save(replace(record.trader, password_change_needed=True))
    brokerage.memory.forget_trader(record.trader.id)


def _begin(browser: Browser) -> None:
    browser.see("/security/password")
    begun = browser.send("/security/password", current_password=PASSWORD)
    assert begun.headers["location"] == "/security/password/new", browser.text
    browser.follow(begun)


def test_a_password_is_changed_with_the_old_one_and_a_code_for_it(brokerage: Brokerage, browser: Browser) -> None:
    other = brokerage.browser()
    other.log_in("hanako")
    _begin(browser)
    assert "change the password" in browser.text and "··42" in browser.text
    before = browser.cookie("session")
    done = browser.send("/security/password/new", code=brokerage.phone()[-1], new_password=NEW)
    assert done.headers["location"] == "/security?done=password"
    assert "Your password is changed." in browser.follow(done).text
    assert browser.cookie("session") != before and browser.cookie("step") is None
    assert other.see("/").headers["location"] == "/logged-off?why=password"
    assert brokerage.browser().give_password("hanako", PASSWORD).status_code == 401
    brokerage.browser().log_in("hanako", NEW)


def test_the_same_password_again_is_told_and_begins_anew(brokerage: Brokerage, browser: Browser) -> None:
    """R1: to learn it cost the proof."""
    _begin(browser)
    same = browser.send("/security/password/new", code=brokerage.phone()[-1], new_password=PASSWORD)
    assert same.status_code == 422 and "It is the password that you have now." in same.text and "step 1 of 2" in same.text
    _begin(browser)


def test_a_step_that_never_was_leads_to_the_beginning_whatever_is_guessed(brokerage: Brokerage, browser: Browser) -> None:
    """R1: a stolen cookie has no password compared."""
    browser.see("/security/password")
    browser.http.cookies.set("__Host-step", "A" * 43)
    for guess in (PASSWORD, NEW):
        answer = browser.send("/security/password/new", code="000000", new_password=guess)
        assert (answer.status_code, answer.headers["location"]) == (303, "/security/password")


def test_the_logins_own_code_or_another_sessions_proof_serves_nothing(brokerage: Brokerage, browser: Browser) -> None:
    other = brokerage.browser()
    other.give_password("hanako")
    login_code = brokerage.phone()[-1]
    _begin(browser)
    step_code = brokerage.phone()[-1]
    if login_code != step_code:
        assert browser.send("/security/password/new", code=login_code, new_password=NEW).status_code == 401
        assert other.send("/login/code", code=step_code).status_code == 401
    token = browser.cookie("step")
    other.send("/login/code", code=login_code)
    thief = brokerage.browser(cookie=f"__Host-session={other.cookie('session')}; __Host-step={token}")
    assert thief.see("/security/password/new").status_code in (303, 403)


def test_five_wrong_passwords_end_the_session(brokerage: Brokerage, browser: Browser) -> None:
    browser.see("/security/password")
    for _ in range(4):
        answer = browser.send("/security/password", current_password="wrong wrong wrong")
        assert answer.status_code == 401 and "The current password was not right." in answer.text
    assert browser.send("/security/password", current_password="wrong wrong wrong").headers["location"] == "/logged-off?why=proof"
    assert "entered wrongly five times" in browser.see("/logged-off").text


def test_a_forced_change_comes_before_everything_else(brokerage: Brokerage, browser: Browser) -> None:
    _force_change(brokerage)
    for path in ("/", "/messages", "/security"):
        assert browser.see(path).headers["location"] == "/security/password"
    assert "Please change your password now." in browser.see("/security/password").text
    assert browser.send("/stay", next="/").headers["location"] == "/"
    _begin(browser)
    done = browser.send("/security/password/new", code=brokerage.phone()[-1], new_password=NEW)
    assert browser.follow(done).status_code == 200


def test_a_forced_change_is_open_to_a_new_device_too(brokerage: Brokerage, browser: Browser) -> None:
    stranger = brokerage.browser()
    stranger.log_in("hanako")
    assert stranger.see("/security/password").status_code == 403
    _force_change(brokerage)
    assert stranger.see("/security/password").status_code == 200


def test_a_new_device_is_told_what_it_may_not_do_and_until_when(brokerage: Brokerage, browser: Browser) -> None:
    stranger = brokerage.browser()
    stranger.log_in("hanako")
    assert "This device is new to us." in stranger.text and "24 November 2026, 10:00" in stranger.text
    assert "Codes by SMS can be relayed" in stranger.text and "From 1 March 2027" in stranger.text
    assert "24 November 2026, 10:00" in stranger.see("/security/password").text
    assert "This device is new to us." not in browser.see("/").text


def test_the_owner_lifts_the_strangers_restriction_with_one_press(brokerage: Brokerage, browser: Browser) -> None:
    for _ in range(5):
        brokerage.browser().give_password("hanako", "wrong wrong wrong")
    assert brokerage.browser().give_password("hanako").status_code == 401
    assert "Logins from unknown devices are restricted." in browser.see("/").text
    lifted = browser.send("/security/lift-restriction")
    assert lifted.headers["location"] == "/?done=restriction"
    assert "The restriction is lifted." in browser.follow(lifted).text and "are restricted." not in browser.text
    assert brokerage.browser().give_password("hanako").status_code == 303


def test_after_many_failures_the_press_takes_a_new_login(brokerage: Brokerage, browser: Browser) -> None:
    """R3: a stolen session cannot keep the strangers' lane open for guesses."""
    for _ in range(7):
        for _ in range(5):
            brokerage.browser().give_password("hanako", "wrong wrong wrong")
        browser.see("/security")
        answer = browser.send("/security/lift-restriction")
    assert answer.headers["location"] == "/"
    for path in ("/", "/security"):
        told = browser.see(path).text
        assert "log off and log in again on this device" in told and "Lift it" not in told
    browser.send("/logoff")
    browser.log_in("hanako")
    assert browser.see("/").text.count("Lift it") == 1


def test_other_sessions_end_and_their_devices_are_forgotten(brokerage: Brokerage, browser: Browser) -> None:
    other = brokerage.browser()
    other.log_in("hanako")
    assert browser.see("/security").text.count("/drop") == 2
    browser.see("/security/sessions/end-others")
    assert browser.send("/security/sessions/end-others", current_password="not this one at all").status_code == 401
    assert other.see("/").status_code == 200  # one factor is asked for (R6)
    browser.see("/security/sessions/end-others")
    ended = browser.send("/security/sessions/end-others", current_password=PASSWORD)
    assert ended.headers["location"] == "/security?done=sessions"
    assert other.see("/").headers["location"] == "/logged-off?why=ended"
    assert browser.see("/security").text.count("/drop") == 1


def test_the_page_tells_sessions_and_devices_apart(brokerage: Brokerage, browser: Browser) -> None:
    """V7.5.2: device, network, country, time and how it was authenticated; never colour alone, never a code word."""
    other = brokerage.browser(**{"sec-ch-ua": '"Microsoft Edge";v="140"', "sec-ch-ua-platform": '"Windows"'})
    other.log_in("hanako")
    text = browser.see("/security").text
    sessions, devices = (text.split(f"<h2>{title}</h2>")[1].split("</section>")[0] for title in ("Logged in now", "Known devices"))
    for shown in ("Edge Windows", "Chrome Windows", "Japan · AS64500 Example Network", "203.0.113.7", "password and security code"):
        assert shown in sessions
    assert sessions.count("/end") == 2 and sessions.count("this one") == 1  # one other session, and all others
    assert "Edge Windows" in devices and "Japan · AS64500 Example Network" in devices and devices.count("this one") == 1
    assert 'action="/logoff"' in sessions
    history = text.split("<h2>Login history</h2>")[1]
    assert history.count("Login completed") == 3 and 'href="/security/history"' in history and 'href="/security/networks"' in text


def test_one_session_is_ended_with_the_password(brokerage: Brokerage, browser: Browser) -> None:
    other = brokerage.browser()
    other.log_in("hanako")
    end = re.search(r'href="(/security/sessions/ses_[^"]+)"', browser.see("/security").text)
    assert end and "203.0.113.7" in browser.see(end[1]).text
    assert browser.send(end[1], current_password="not this one at all").status_code == 401
    assert "The current password was not right." in browser.text and other.see("/").status_code == 200
    done = browser.send(end[1], current_password=PASSWORD)
    assert done.headers["location"] == "/security?done=session"
    assert "That session has ended." in browser.follow(done).text
    assert other.see("/").headers["location"] == "/logged-off?why=ended"
    assert browser.see(end[1]).status_code == 404


def test_a_known_device_is_forgotten_with_a_proof_that_names_it(brokerage: Brokerage, browser: Browser) -> None:
    brokerage.clock.pass_by(minutes=1)
    stranger = brokerage.browser()
    stranger.log_in("hanako")
    drop = re.search(r'href="(/security/known-clients/[^"]+)"', browser.see("/security").text)
    assert drop and drop[1] not in stranger.see("/security").text and stranger.see(drop[1]).status_code == 403
    assert "you are using" not in browser.see(drop[1]).text  # the one last used stands first: the stranger's
    assert browser.see(f"{drop[1]}/confirm").headers["location"] == drop[1]
    browser.see(drop[1])
    assert browser.send(drop[1], current_password="not this one at all").status_code == 401
    browser.follow(browser.send(drop[1], current_password=PASSWORD))
    assert "forget the device Chrome Windows, known since 23 November 2026" in browser.text
    brokerage.phone()
    assert browser.send(f"{drop[1]}/confirm", do="resend").headers["location"] == f"{drop[1]}/confirm?sent=1"
    code = brokerage.phone()[-1]
    assert browser.send(f"{drop[1]}/confirm", code="000000" if code != "000000" else "000001").status_code == 401
    done = browser.send(f"{drop[1]}/confirm", code=code)
    assert done.headers["location"] == "/security?done=client" and browser.cookie("step") is None
    assert "That device is forgotten." in browser.follow(done).text
    assert browser.see(drop[1]).status_code == 404


def test_a_proof_for_one_device_forgets_no_other(brokerage: Brokerage, browser: Browser) -> None:
    brokerage.browser().log_in("hanako")
    one, two = re.findall(r'href="(/security/known-clients/[^"]+)"', browser.see("/security").text)
    browser.see(one)
    browser.follow(browser.send(one, current_password=PASSWORD))
    assert browser.see(f"{two}/confirm").headers["location"] == two


def test_objects_of_others_answer_like_missing_ones_and_are_audited(brokerage: Brokerage, browser: Browser) -> None:
    brokerage.open_account("B-2002", "Somebody Else")
    with brokerage.deps.storage.reading() as tx:
        foreign = tx.accounts.by_number("B-2002")
    assert foreign is not None
    answers = [browser.see(f"/accounts/{account}") for account in (foreign.id, "acc_00000000000000000000000000", "x")]
    assert {answer.status_code for answer in answers} == {404}
    with brokerage.deps.storage.reading() as tx:
        kinds = [entry.kind for entry in tx.audit.unsealed(1000)]
    assert kinds.count(EventKind.OBJECT_REFUSED) == 3
    browser.see("/messages")
    assert browser.send("/messages/ntc_00000000000000000000000000/read").status_code == 404


def test_only_the_holder_sees_who_else_may_act_and_how(brokerage: Brokerage) -> None:
    browser, viewer = brokerage.browser(), brokerage.browser()
    for one, name in ((browser, "hanako"), (viewer, "taro.v")):
        one.activate(name)
        one.log_in(name)
    path = re.search(r'href="(/accounts/[^"]+)"', viewer.see("/").text)
    assert path
    assert "<tr><td>Hanako Yamada" not in viewer.see(path[1]).text and "<tr><td>Taro Viewer" in viewer.text
    assert "/security/networks/" not in viewer.text
    (row,) = re.findall(r"<tr><td>Taro Viewer.*?</tr>", browser.see(path[1]).text, re.DOTALL)
    cells = re.findall(r'data-head="([^"]+)">(.*?)</td>', row, re.DOTALL)
    said = {head: re.sub(r"<[^>]+>", " ", text).split() for head, text in cells}
    assert [said[right][-1] for right in ("view", "trade", "withdraw", "manage security")] == ["yes", "no", "no", "no"]
    assert said["Since"] == ["22", "November", "2026"] and said["Allowed networks"][:3] == ["from", "any", "network"]
    assert said["Last login"][:3] == ["22", "November", "2026,"]
    logins = re.search(r'href="(/security/history\?person=[^"]+)"', row)
    assert logins and "Taro Viewer" in browser.see(logins[1]).text


def test_messages_are_read_one_by_one(browser: Browser) -> None:
    mark = re.search(r'action="(/messages/[^"]+/read)"', browser.see("/messages").text)
    assert mark
    before = browser.text.count("/read")
    assert browser.send(mark[1]).headers["location"] == "/messages"
    assert browser.see("/messages").text.count("/read") == before - 1


@pytest.mark.parametrize("path", ["/security/lift-restriction", "/logoff", "/messages/x/read"])
def test_a_form_of_one_button_takes_no_other_field(browser: Browser, path: str) -> None:
    assert browser.send(path, extra="1").status_code == 422


def test_a_new_device_of_somebody_else_is_told_of_and_may_not_tell(brokerage: Brokerage, browser: Browser) -> None:
    """R4: its own session says that it is new; it does not call the owner's a stranger."""
    assert "in good order" in browser.see("/security").text
    stranger = brokerage.browser()
    stranger.log_in("hanako")
    assert "A device that is new to us is logged in with your name." in browser.see("/").text
    assert "needs your attention" in browser.see("/security").text and browser.text.count("new to us</span>") == 1
    assert "is logged in with your name" not in stranger.see("/security").text
    brokerage.clock.pass_by(hours=25)
    browser.log_in("hanako")
    assert "in good order" in browser.see("/security").text
