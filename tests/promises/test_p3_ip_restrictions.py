"""Promise P3: "limits access to IP addresses that you list", per trader of a shared account, in a real browser (R5; I20-I25)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.promises.elsewhere import Elsewhere
from tests.promises.portal_pages import codes_seen, enter_password, log_in, newest_code, open_phones
from tests.promises.running_demo import RunningDemo, until

pytestmark = pytest.mark.browser
OFFICE, ELSEWHERE = "127.0.0.1", "127.0.0.9"
HOLDER, DELEGATE = "kenji.mori", "aiko.tanaka"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere(ELSEWHERE) as other:
        yield other


def window(browser: Browser, other: Elsewhere | None = None) -> BrowserContext:
    """Without scripts: the gate needs none. With another place, everything goes out from there."""
    proxy = {"server": other.proxy, "bypass": "<-loopback>"} if other else None
    return browser.new_context(ignore_https_errors=True, locale="en", java_script_enabled=False, proxy=proxy)  # type: ignore[arg-type]


def path_of(page: Page, demo: RunningDemo, name: str) -> str:
    page.goto(demo.ready["base_url"] + "/security/networks")
    section = page.locator("section.sheet", has=page.get_by_role("heading", name=name, exact=True))
    return str(section.get_by_role("link", name="Change").get_attribute("href"))


def set_networks(page: Page, phones: Page, demo: RunningDemo, path: str, lines: str) -> None:
    """Dry run, password, code from the phone, as the holder does it."""
    trader = demo.trader(HOLDER)
    page.goto(demo.ready["base_url"] + path)
    page.get_by_label("Networks, one a line").fill(lines)
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_role("heading", name="What this would do")).to_be_visible()
    before = codes_seen(phones, trader["phone"])
    page.get_by_label("Current password").fill(trader["password"])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Allowed networks")).to_be_visible()
    code = newest_code(phones, trader["phone"], before)
    demo.secrets.add(code)
    page.fill("#code", code)
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("The list is changed.")).to_be_visible()


@pytest.fixture(scope="module")
def holder(demo: RunningDemo, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Kenji, who holds the account that three people share, in the portal, and the phones. In Japanese he would see the same."""
    context = window(browser)
    phones, page = open_phones(context, demo), context.new_page()
    log_in(page, phones, demo, demo.trader(HOLDER))
    yield page, phones
    context.close()


def test_the_holder_restricts_one_trader_who_is_refused_elsewhere(
    demo: RunningDemo, browser: Browser, holder: tuple[Page, Page], elsewhere: Elsewhere
) -> None:
    """Before the password step and after it, with the answer that a wrong password or code gets; and the owner gets the notice."""
    page, phones = holder
    trader = demo.trader(DELEGATE)
    away = window(browser, elsewhere).new_page()
    before = codes_seen(phones, trader["phone"])
    enter_password(away, demo.ready["base_url"], DELEGATE, trader["password"])
    code = newest_code(phones, trader["phone"], before)
    set_networks(page, phones, demo, path_of(page, demo, "田中 愛子"), f"{OFFICE}/32 Office")

    away.fill("#code", code)
    away.get_by_role("button", name="Log in", exact=True).click()
    expect(away.get_by_text("The code was not accepted.")).to_be_visible()
    enter_password(away, demo.ready["base_url"], DELEGATE, trader["password"])
    refused = away.locator("main").inner_text()
    enter_password(away, demo.ready["base_url"], "nobody.here", "a password of some length")
    assert away.locator("main").inner_text().replace("nobody.here", DELEGATE) == refused
    notices = until(lambda: demo.messages(trader["phone"], "address_refused"))
    assert len(notices) == 1, "one, then a digest"
    assert until(lambda: demo.messages(demo.trader(HOLDER)["phone"], "delegate_refused"))

    here = window(browser).new_page()
    log_in(here, phones, demo, trader)


def test_the_dry_run_says_so_before_anything_changes(demo: RunningDemo, holder: tuple[Page, Page]) -> None:
    page, _ = holder
    page.goto(demo.ready["base_url"] + path_of(page, demo, "田中 愛子"))
    page.get_by_label("Networks, one a line").fill("192.0.2.0/24 a mistake\n127.0.0.1")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("What is newly allowed takes effect at")).to_be_visible()
    page.get_by_label("Networks, one a line").fill("everything")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("This is no IP address or network: everything")).to_be_visible()


def test_loosening_waits_and_is_cancelled(
    demo: RunningDemo, browser: Browser, holder: tuple[Page, Page], elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """A device new to us may not allow more (R4), so staff ask for it; the holder sees it wait, and cancels it with one factor."""
    page, _ = holder
    trader = demo.trader(DELEGATE)
    page.goto(demo.ready["base_url"] + path_of(page, demo, "田中 愛子"))
    page.get_by_label("Networks, one a line").fill(f"{OFFICE} Office\n{ELSEWHERE} Branch")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("it cannot allow further networks.")).to_be_visible()

    lines = tmp_path / "networks.txt"
    lines.write_text(f"{OFFICE} Office\n{ELSEWHERE} Branch\n", "utf-8")
    why = ("--reason", "the holder asked by phone", "--identity-check", "call back to his phone")
    assert demo.run("ip-list", "set", str(lines), "--trader", DELEGATE, *why)["pending"] is not None
    page.goto(demo.ready["base_url"] + "/security/networks")
    expect(page.get_by_text("A change is waiting.")).to_be_visible()
    away = window(browser, elsewhere).new_page()
    enter_password(away, demo.ready["base_url"], DELEGATE, trader["password"])
    expect(away.get_by_label("Username")).to_be_visible()
    page.get_by_role("link", name="Cancel it").click()
    page.get_by_label("Current password").fill(demo.trader(HOLDER)["password"])
    page.get_by_role("button", name="Cancel the change").click()
    expect(page.get_by_text("The waiting change is cancelled.")).to_be_visible()
    assert until(lambda: demo.messages(trader["phone"], "addresses_cancelled"))


def test_staff_see_and_set_lists_but_never_a_holders_own(demo: RunningDemo) -> None:
    shown = demo.run("ip-list", "show", "--trader", DELEGATE)
    assert [entry["network"] for entry in shown["entries"]] == [f"{OFFICE}/32"] and shown["pending"] is None
