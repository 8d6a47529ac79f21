"""The portal as people use it, in a real browser: what the tests of the promises do again and again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.promises.running_demo import RunningDemo

__all__ = ["activate", "enter_password", "log_in", "newest_code", "open_phones"]


def open_phones(context: BrowserContext, demo: RunningDemo) -> Page:
    """The page with everybody's phone, in a tab of its own. With scripts it is opened once and listens."""
    phones = context.new_page()
    phones.goto(demo.ready["base_url"] + "/demo/phone")
    return phones


def newest_code(phones: Page, number: str, before: int) -> str:
    """The code that arrives as that phone's message after `before` codes. Without scripts the page reloads itself every 3 s."""
    codes = phones.locator(f'[data-phone="{number}"] [data-code]')
    expect(codes).to_have_count(before + 1, timeout=30_000)
    return codes.first.inner_text()


def codes_seen(phones: Page, number: str) -> int:
    return phones.locator(f'[data-phone="{number}"] [data-code]').count()


def enter_password(page: Page, base: str, username: str, password: str) -> None:
    page.goto(base + "/login")
    page.fill("#username", username)
    page.fill("#password", password)
    page.get_by_role("button", name="Continue").click()


def log_in(page: Page, phones: Page, demo: RunningDemo, trader: Mapping[str, Any]) -> None:
    """Both steps; the code is read from the phone page, as a person would."""
    before = codes_seen(phones, trader["phone"])
    enter_password(page, demo.ready["base_url"], trader["username"], trader["password"])
    expect(page.get_by_role("heading", name="Enter your security code")).to_be_visible()
    code = newest_code(phones, trader["phone"], before)
    demo.secrets.add(code)
    page.fill("#code", code)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Good day")).to_be_visible()


def activate(page: Page, phones: Page, demo: RunningDemo, trader: Mapping[str, Any], password: str) -> None:
    before = codes_seen(phones, trader["phone"])
    page.goto(demo.ready["base_url"] + "/activate")
    page.fill("#username", trader["username"])
    page.fill("#activation_code", trader["activation_code"])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Choose your password")).to_be_visible()
    code = newest_code(phones, trader["phone"], before)
    demo.secrets |= {code, password, trader["activation_code"], trader["phone"]}
    page.fill("#code", code)
    page.fill("#new_password", password)
    page.get_by_role("button", name="Activate the login").click()
    expect(page.get_by_text("Your login is ready.")).to_be_visible()
