"""WCAG 2.1.1, 2.4.7: what the security pages are for, in a real Chromium, without a pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from tests.web.portal import device_walks
from tests.web.portal.brokerage import PASSWORD, Brokerage
from tests.web.portal.window import Window

pytestmark = pytest.mark.browser


def test_a_session_and_a_device_are_ended_by_keyboard_alone(chromium: Chromium, brokerage: Brokerage) -> None:
    """WCAG 2.1.1: from the page to the act and back, without a pointer; the focus is always to be seen."""
    walker = brokerage.browser()
    path = device_walks.sessions(walker)
    window = Window(chromium, walker, locale="en")
    page = window.open(path)
    _press(page, "End Edge macOS")
    page.get_by_label("Current password").wait_for()
    _type(page, "Current password", PASSWORD)
    page.wait_for_url("**/security?done=session")
    _press(page, "Forget Edge macOS")
    page.get_by_label("Current password").wait_for()
    _type(page, "Current password", PASSWORD)
    page.wait_for_url("**/drop/confirm")
    _type(page, "Security code", brokerage.phone()[-1])
    page.wait_for_url("**/security?done=client")
    assert "Edge macOS" not in page.locator("section", has_text="Known devices").inner_text()
    window.context.close()


def _press(page: Page, name: str) -> None:
    """The link that begins like this, reached with Tab."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()").startswith(name):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab never reaches {name!r}")


def _type(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    for _ in range(60):
        if field.evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
