"""Promise P4: "restricts account access following a specified number of failed login attempts" (R3), on a real server.

The table of waits is held by the domain's tests, with the time passed in; here it is the whole way, from a guess to the staff's unlock.
"""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.promises.running_demo import RunningDemo, until


def guess(demo: RunningDemo, username: str, times: int) -> None:
    for _ in range(times):
        assert demo.start_login(username, os.urandom(12).hex()).status_code == 401


def admitted(demo: RunningDemo, username: str, client_token: str | None = None) -> bool:
    return demo.start_login(username, demo.trader(username)["password"], client_token).status_code == 200


def test_four_failures_are_borne_and_a_success_clears_them(demo: RunningDemo) -> None:
    guess(demo, "john.miller", 4)
    assert admitted(demo, "john.miller")
    guess(demo, "john.miller", 4)
    assert admitted(demo, "john.miller")


def test_five_failures_restrict_strangers_but_not_the_known_client(demo: RunningDemo) -> None:
    known = demo.log_in("kenji.mori").client_token
    guess(demo, "kenji.mori", 5)
    assert not admitted(demo, "kenji.mori")
    assert admitted(demo, "kenji.mori", known)
    phone = demo.trader("kenji.mori")["phone"]
    told = until(lambda: demo.messages(phone, "login_restricted"))
    assert len([message for message in told if message["channel"] == "sms"]) == 1
    assert [message["to"] for message in demo.messages("kenji.mori@example.com", "login_restricted")] == ["kenji.mori@example.com"]


def test_the_client_token_of_another_trader_is_a_strangers(demo: RunningDemo) -> None:
    others = demo.log_in("hanako.sato").client_token
    guess(demo, "aiko.tanaka", 5)
    assert not admitted(demo, "aiko.tanaka", others)


def test_wrong_codes_count_apart_from_wrong_passwords(demo: RunningDemo) -> None:
    started = demo.start_login("hanako.sato", demo.trader("hanako.sato")["password"])
    login = started.json()["login"]
    code = demo.next_code("hanako.sato", login)
    wrong = [f"{(int(code) + step) % 10**6:06d}" for step in range(1, 6)]
    for digits in wrong:
        assert demo.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": digits}).status_code == 401
    right = demo.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": code})
    assert right.status_code == 401, "five tries a code, then it is void"
    assert admitted(demo, "hanako.sato"), "the password's own count is untouched"


def test_staff_unlock_with_a_reason_and_the_next_login_is_admitted(demo: RunningDemo) -> None:
    """yuki.abe is restricted since the demo was seeded."""
    assert not admitted(demo, "yuki.abe")
    lifted = demo.run("trader", "unlock", "yuki.abe", "--reason", "called us herself", "--identity-check", "call back to her phone")
    assert lifted == [{"username": "yuki.abe", "restrictions_lifted": 1}]
    assert admitted(demo, "yuki.abe")
    until(lambda: demo.messages(demo.trader("yuki.abe")["phone"], "login_unrestricted"))


@pytest.mark.browser
def test_the_portal_says_what_to_do_and_nothing_about_the_reason(demo: RunningDemo, browser: Browser) -> None:
    """The page of a restricted login is that of an unknown name."""
    guess(demo, "yuki.abe", 5)
    seen = []
    for username, password in (("yuki.abe", demo.trader("yuki.abe")["password"]), ("nobody.here", "a password of some length")):
        page = browser.new_context(ignore_https_errors=True, locale="en").new_page()
        refused(page, demo, username, password)
        seen.append(page.locator("main").inner_text())
        page.context.close()
    assert seen[0] == seen[1]


def refused(page: Page, demo: RunningDemo, username: str, password: str) -> None:
    page.goto(demo.ready["base_url"] + "/login")
    page.fill("#username", username)
    page.fill("#password", password)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The login was not accepted.")).to_be_visible()
    assert re.fullmatch(rf"{re.escape(demo.ready['base_url'])}/login", page.url)
    page.fill("#username", "")  # so that both pages read alike
