"""Promise P1: "unique username and password, plus a random security code to the registered mobile device", in a real Chromium.

With scripts and without: the code is read from the phone page as it arrives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.promises.portal_pages import activate, enter_password, log_in, newest_code, open_phones
from tests.promises.running_demo import RunningDemo

pytestmark = pytest.mark.browser

PASSWORD = "seven slow herons over the harbour"


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(ignore_https_errors=True, locale="en", java_script_enabled=request.param)
    yield opened
    opened.close()


def new_customer(demo: RunningDemo, scripts: bool) -> dict[str, Any]:
    """One whom the staff have just added; the phone page shows his phone when the first message arrives."""
    if scripts:
        return demo.trader("ren.kato")
    phone = "+819012345677"
    added = demo.run(
        "trader", "add", "mika.ono", "--name", "Mika Ono", "--phone", phone, "--language", "en", "--account", "U1000048:viewer"
    )
    return {"username": "mika.ono", "phone": phone, "activation_code": added[0]["activation_code"]}


def test_a_new_customer_activates_his_login_and_logs_in(demo: RunningDemo, context: BrowserContext, request: pytest.FixtureRequest) -> None:
    scripts = request.node.callspec.params["context"]
    trader = new_customer(demo, scripts)
    page, phones = context.new_page(), open_phones(context, demo)
    activate(page, phones, demo, trader, PASSWORD)
    log_in(page, phones, demo, trader | {"password": PASSWORD})
    expect(page.get_by_text("U1000048")).to_be_visible()
    expect(page.get_by_text("U1000007")).to_have_count(0)
    notices = phones.locator(f'[data-phone="{trader["phone"]}"] [data-body]')
    expect(notices.filter(has_text="from a device or program new to us").first).to_be_attached(timeout=10_000)


def test_the_password_alone_opens_nothing(demo: RunningDemo, context: BrowserContext) -> None:
    trader, base = demo.trader("hanako.sato"), demo.ready["base_url"]
    page, phones = context.new_page(), open_phones(context, demo)
    before = phones.locator(f'[data-phone="{trader["phone"]}"] [data-code]').count()
    enter_password(page, base, trader["username"], trader["password"])
    code = newest_code(phones, trader["phone"], before)
    demo.secrets.add(code)
    for path in ("/", "/security", "/messages"):
        page.goto(base + path)
        assert page.url == base + "/login"
    page.goto(base + "/login/code")
    page.fill("#code", f"{(int(code) + 1) % 10**6:06d}")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("The code was not accepted.")).to_be_visible()
    page.fill("#code", code)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Good day")).to_be_visible()


def test_who_logs_off_is_out(demo: RunningDemo, context: BrowserContext) -> None:
    page, phones = context.new_page(), open_phones(context, demo)
    log_in(page, phones, demo, demo.trader("john.miller"))
    expect(page.get_by_text("U1000023")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in context.cookies() if cookie["name"].startswith("__Host-")}
    session = cookies["__Host-session"]
    demo.secrets |= {cookie["value"] for cookie in cookies.values()}
    assert session["secure"] and session["httpOnly"] and session["path"] == "/" and session["expires"] == -1
    page.get_by_role("button", name="Log off").click()
    expect(page.get_by_role("heading", name="You have logged off")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("U1000023")).to_have_count(0)
    stolen = demo.new_client(cookies={"__Host-session": session["value"]})
    assert stolen.get("/").headers["location"].startswith("/logged-off")


@pytest.mark.parametrize(("locale", "heading"), [("en", "Log in to the Client Portal"), ("ja", "お客様ポータルへログイン")])
def test_the_login_speaks_the_readers_language(demo: RunningDemo, browser: Browser, locale: str, heading: str) -> None:
    page = browser.new_context(ignore_https_errors=True, locale=locale).new_page()
    page.goto(demo.ready["base_url"] + "/login")
    assert page.locator("html").get_attribute("lang") == locale
    expect(page.locator("h1")).to_have_text(heading)
    page.context.close()
