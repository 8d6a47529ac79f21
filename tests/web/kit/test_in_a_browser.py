"""The kit in a real Chromium: no violation for axe in any dress, nothing that the policy blocks, and the ways of automatic logoff.

Pages come from the app in this process through request interception, so that no port is opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from starlette.testclient import TestClient

from tests.web.kit.sample import HOST, Site

pytestmark = pytest.mark.browser

ORIGIN = f"https://{HOST}"
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
AXE = Path(os.environ.get("SEKISHO_TEST_AXE", AXE))
SHOTS = os.environ.get("SEKISHO_TEST_SHOTS")


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield chromium
        chromium.close()


class Window:
    """One browser window on a sample site. `faults`: what the console and the policy complained of."""

    def __init__(self, browser: Browser, **dress: Any) -> None:
        self.site = Site()
        self.context = browser.new_context(**dress)
        self.context.route("**/*", self._answer)
        self.faults: list[str] = []
        self.client = TestClient(self.site.app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)

    def tab(self, path: str, *, clock: bool = False) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        if clock:
            page.clock.install()
        page.goto(ORIGIN + path)
        return page

    def _answer(self, route: Route) -> None:
        request, parts = route.request, urlsplit(route.request.url)
        headers = {name: value for name, value in request.all_headers().items() if not name.startswith(":")}
        headers.pop("accept-encoding", None)
        self.client.cookies.clear()
        found = self.client.request(request.method, parts.path, headers={**headers, "host": HOST}, content=request.post_data_buffer)
        route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)


@pytest.mark.parametrize("path", ["/", "/overview", "/nothing"])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1180), ("dark", 1180), ("light", 360), ("dark", 360)])
def test_axe_finds_nothing_in_any_dress(browser: Browser, path: str, language: str, scheme: Any, width: int) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make install`")
    window = Window(browser, color_scheme=scheme, locale=language, viewport={"width": width, "height": 800})
    page = window.tab(path)
    found = page.evaluate(AXE.read_text("utf-8") + "; axe.run().then(found => found.violations.map(v => v.id + ' ' + v.nodes[0].html))")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    assert [fault for fault in window.faults if "404" not in fault] == []
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/kit{path.replace('/', '-')}-{language}-{scheme}-{width}.png", full_page=True)
    window.context.close()


def test_the_reader_is_warned_and_stays_with_one_press(browser: Browser) -> None:
    window = Window(browser, locale="en")
    window.site.seconds_left = 90
    window.site.state = (200, {"seconds_left": 40})
    page = window.tab("/overview", clock=True)
    expect(page.get_by_role("timer").first).to_have_text(re.compile("^Automatic logoff in 1:(30|2[0-9])$"))
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_hidden()
    page.clock.run_for(31_000)
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Stay logged in")).to_be_focused()
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/kit-dialog.png")
    page.keyboard.press("Enter")
    expect(page.get_by_role("timer").first).to_have_text(re.compile("^Automatic logoff in 9:(41|40|3[0-9])$"))
    expect(dialog).to_be_hidden()
    assert "stay" in window.site.asked and window.faults == []
    window.context.close()


def test_when_the_session_is_over_every_tab_leaves(browser: Browser) -> None:
    window = Window(browser, locale="en")
    first, second = window.tab("/overview"), window.tab("/overview", clock=True)
    window.site.state = (401, {})
    second.clock.run_for(21_000)
    second.wait_for_url(ORIGIN + "/logged-off")
    first.wait_for_url(ORIGIN + "/logged-off")
    window.context.close()


def test_a_window_that_asks_after_another_has_left_knows_why(browser: Browser) -> None:
    """The page that says so drops the cookie; who asks later is told nothing, and must not guess that somebody ended it."""
    window = Window(browser, locale="en")
    first, second = window.tab("/overview"), window.tab("/overview", clock=True)
    while "state" not in window.site.asked:  # the first asks when the second opens
        first.wait_for_timeout(20)
    window.site.states = [(200, {"seconds_left": 0, "why": "idle"}), (200, {"seconds_left": 0})]
    second.clock.run_for(21_000)
    second.wait_for_url(ORIGIN + "/logged-off?why=idle")
    first.wait_for_url(ORIGIN + "/logged-off?why=idle")
    window.context.close()


def test_an_unreachable_server_keeps_nothing_on_the_screen(browser: Browser) -> None:
    window = Window(browser, locale="en")
    window.site.seconds_left = 2
    window.site.state = (503, {})
    page = window.tab("/overview", clock=True)
    page.clock.run_for(3_000)
    page.wait_for_url(ORIGIN + "/logged-off")
    window.context.close()


def test_a_page_kept_for_back_stays_veiled_until_the_session_is_proved(browser: Browser) -> None:
    window = Window(browser, locale="en")
    page = window.tab("/overview")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    expect(page.get_by_role("heading").first).to_be_hidden()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.get_by_role("heading").first).to_be_visible()
    window.site.state = (401, {})
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait_for_url(ORIGIN + "/logged-off")
    window.context.close()


def test_password_is_shown_and_judged(browser: Browser) -> None:
    window = Window(browser, locale="en")
    page = window.tab("/")
    box = page.get_by_label("New password")
    box.fill("correct horse")
    expect(page.get_by_role("status").first).to_have_text("token: 13")
    expect(page.locator(".meter")).to_have_attribute("data-score", "3")
    page.get_by_role("button", name="Show").click()
    expect(box).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide").click()
    expect(box).to_have_attribute("type", "password")
    assert window.faults == []
    window.context.close()


def test_a_new_code_can_be_sent_after_a_wait(browser: Browser) -> None:
    window = Window(browser, locale="ja")
    page = window.tab("/", clock=True)
    expect(page.get_by_role("button", name=re.compile("^あと 0分(30|2[0-9])秒 で再送できます$"))).to_be_disabled()
    page.clock.run_for(31_000)
    expect(page.get_by_role("button", name="コードを再送する")).to_be_enabled()
    assert re.search("3分(41|40|3[0-9])秒", page.locator("[data-wait].hint").inner_text())
    window.context.close()


def test_without_scripts_nothing_is_missing(browser: Browser) -> None:
    window = Window(browser, locale="en", java_script_enabled=False)
    page = window.tab("/overview")
    expect(page.get_by_text("Automatic logoff at 14:32")).to_be_visible()
    page = window.tab("/")
    expect(page.get_by_role("button", name="Show")).to_have_count(0)
    expect(page.get_by_role("button", name="Send a new code")).to_be_enabled()
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    window.context.close()
