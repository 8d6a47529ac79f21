"""Promise P5: "automatic logoff after a set time without activity" (R6), watched for one real minute by two browsers at once.

`idle` is 60 s here and the warning comes 20 s before; the second's exactness is held by the domain's tests, with the time passed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.promises.portal_pages import log_in, open_phones
from tests.promises.running_demo import RunningDemo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

IDLE, WARN = 60, 20


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    return {"SEKISHO__SESSIONS__IDLE": f"{IDLE}s", "SEKISHO__SESSIONS__WARN_BEFORE": f"{WARN}s"}


# Said by the page itself: a question of Playwright counts as a press of the trader for the browser's next navigation.
SAY_WHEN_WARNED = """
new MutationObserver(() => {
  const dialog = document.querySelector("#logoff-dialog[open]");
  if (dialog) console.log(`warned, focus on: ${document.activeElement.textContent}`);
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["open"] });
"""


@dataclass
class Idler:
    """Somebody who logs in and then does nothing. began: after his newest input. said: what the page's console said, and when."""

    context: BrowserContext
    page: Page
    began: float
    said: list[tuple[float, str]] = field(default_factory=list)

    def until(self, look: Callable[[], bool], seconds: float) -> float:
        """The seconds since `began` at which `look` came true; asks the page nothing."""
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, f"{self.page.url} after {time.monotonic() - self.began:.0f} s: {self.said}"
            self.page.wait_for_timeout(100)
        return time.monotonic() - self.began


@contextmanager
def idler(demo: RunningDemo, browser: Browser, username: str, scripts: bool) -> Iterator[Idler]:
    context = browser.new_context(ignore_https_errors=True, locale="en", java_script_enabled=scripts)
    page, phones = context.new_page(), open_phones(context, demo)
    log_in(page, phones, demo, demo.trader(username))
    phones.close()
    yield Idler(context, page, time.monotonic())
    context.close()


def test_whoever_does_nothing_is_warned_and_logged_off(demo: RunningDemo, browser: Browser) -> None:
    """With scripts and without, in one minute: dialog, second tab, the back button, the page that says what happened."""
    with idler(demo, browser, "john.miller", False) as other, idler(demo, browser, "hanako.sato", True) as one:
        one.page.on("console", lambda message: one.said.append((time.monotonic() - one.began, message.text)))
        one.context.add_init_script(SAY_WHEN_WARNED)
        one.page.reload()
        tab = one.context.new_page()
        tab.goto(demo.ready["base_url"] + "/messages")
        one.began = time.monotonic()
        one.page.bring_to_front()
        warned = one.until(lambda: any("Stay logged in" in text for _, text in one.said), IDLE)
        logged_off = one.until(lambda: "/logged-off" in one.page.url, WARN + 15)
        assert warned == pytest.approx(IDLE - WARN, abs=10), one.said
        assert logged_off == pytest.approx(IDLE, abs=10)
        assert one.until(lambda: "/logged-off" in tab.url, 30) < IDLE + 30
        assert other.until(lambda: "/logged-off" in other.page.url, 30) < IDLE + 40
        for idle in (one, other):
            expect(idle.page.get_by_role("heading", name="You were logged off automatically")).to_be_visible()
            _reveals_nothing(idle, demo)
    assert demo.run("session", "list") == []


def _reveals_nothing(idle: Idler, demo: RunningDemo) -> None:
    """Neither the back button nor the address shows what was open."""
    idle.page.go_back()
    expect(idle.page.get_by_role("heading", name="Good day")).to_be_hidden()
    idle.page.goto(demo.ready["base_url"] + "/")
    expect(idle.page.get_by_role("heading", name="Good day")).to_have_count(0)


def test_one_press_keeps_the_session_and_a_question_does_not(demo: RunningDemo, browser: Browser) -> None:
    """Fetches never count as input (R6): the page asks for its state, and the time goes on falling; the button starts it anew."""
    with idler(demo, browser, "kenji.mori", True) as one:
        session = {cookie["name"]: cookie["value"] for cookie in one.context.cookies()}["__Host-session"]
        demo.secrets.add(session)
        program = demo.new_client(cookies={"__Host-session": session})
        left = [program.get("/session/state").json()["seconds_left"]]
        expect(one.page.get_by_role("alertdialog")).to_be_visible(timeout=(IDLE + 5) * 1000)
        left.append(program.get("/session/state").json()["seconds_left"])
        assert left[1] <= WARN < left[0]
        one.page.get_by_role("button", name="Stay logged in").click()
        expect(one.page.get_by_role("heading", name="Good day")).to_be_visible()
        expect(one.page.get_by_role("alertdialog")).to_be_hidden()
        assert program.get("/session/state").json()["seconds_left"] > IDLE - 10
