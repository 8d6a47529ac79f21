"""The demo's pages in a real Chromium: messages arrive by themselves, axe finds nothing, nothing scrolls sideways, no script complains."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.promises.portal_pages import log_in, open_phones
from tests.promises.running_demo import RunningDemo

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SEKISHO_TEST_SHOTS")


@pytest.mark.parametrize("path", ["/demo", "/demo/phone", "/demo/notices"])
@pytest.mark.parametrize(
    ("locale", "scheme", "width"), [("en", "light", 1180), ("ja", "dark", 1180), ("ja", "light", 360), ("en", "dark", 360)]
)
def test_pages_are_sound(demo: RunningDemo, browser: Browser, axe_script: Path, path: str, locale: str, scheme: str, width: int) -> None:
    context = browser.new_context(
        ignore_https_errors=True,
        bypass_csp=True,  # for axe alone; the next test runs under the page's own policy
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    answer = page.goto(demo.ready["base_url"] + path)
    assert answer is not None and answer.ok, "an error page is sound too"
    assert page.locator("html").get_attribute("lang") == locale
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=axe_script)
    found = page.evaluate("axe.run()")["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found] == []
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{path.strip('/').replace('/', '-')}-{locale}-{scheme}-{width}.png", full_page=True)
    context.close()


def test_a_message_arrives_by_itself(demo: RunningDemo, browser: Browser) -> None:
    page = _opened(browser, demo, "/demo/phone")
    phone = demo.trader("hanako.sato")["phone"]
    codes = page.locator(f'[data-phone="{phone}"] [data-code]')
    before = codes.count()
    login = demo.start_login("hanako.sato", demo.trader("hanako.sato")["password"]).json()["login"]
    code = demo.next_code("hanako.sato", login)
    expect(codes).to_have_count(before + 1, timeout=5000)
    expect(codes.first).to_have_text(code)
    page.context.close()


def test_the_language_is_switched_and_the_page_kept(demo: RunningDemo, browser: Browser) -> None:
    page = _opened(browser, demo, "/demo/phone")
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert page.url.endswith("/demo/phone")
    page.context.close()


def test_the_start_page_tells_who_is_who_and_where_to_begin(demo: RunningDemo, browser: Browser) -> None:
    page = _opened(browser, demo, "/demo")
    for trader in (*demo.ready["traders"], *demo.ready["to_activate"]):
        row = page.get_by_role("row").filter(has_text=trader["username"])
        expect(row).to_contain_text(trader["password"] or trader["activation_code"])
    expect(page.get_by_role("row").filter(has_text="yuki.abe")).to_contain_text("login restricted")
    page.get_by_role("link", name="To the login").click()
    expect(page.get_by_role("heading", name=re.compile("Log in"))).to_be_visible()
    page.context.close()


def test_a_day_passes_for_browsers_that_logged_in(demo: RunningDemo, browser: Browser) -> None:
    """What a new device may not do (R4) can be tried at once."""
    context = browser.new_context(ignore_https_errors=True, locale="en")
    phones, page = open_phones(context, demo), context.new_page()
    log_in(page, phones, demo, demo.trader("john.miller"))
    page.goto(demo.ready["base_url"] + "/security")
    expect(page.get_by_text("This device is new to us.")).to_be_visible()
    page.goto(demo.ready["base_url"] + "/demo")
    page.get_by_role("button", name="Let a day pass").click()
    expect(page.get_by_text("are known since yesterday")).to_be_visible()
    page.goto(demo.ready["base_url"] + "/security")
    expect(page.get_by_role("link", name="Change the password")).to_be_visible()
    expect(page.get_by_text("This device is new to us.")).to_have_count(0)
    context.close()


def _opened(browser: Browser, demo: RunningDemo, path: str) -> Page:
    """A page under its own policy; whatever its console complains of is an error."""
    page = browser.new_context(ignore_https_errors=True, locale="en").new_page()

    def complain(text: str) -> None:
        raise AssertionError(text)

    page.on("pageerror", lambda error: complain(str(error)))
    page.goto(demo.ready["base_url"] + path)
    return page


@pytest.mark.parametrize("after", ["", "x", "-1", "99999999", "1" * 40, "٣"])
def test_a_strange_question_for_messages_is_answered(demo: RunningDemo, after: str) -> None:
    answer = demo.client.get("/demo/phone/messages", params={"after": after})
    assert answer.status_code == 200
    assert answer.json()["count"] >= len(answer.json()["messages"])


def test_the_gallery_of_notices_is_that_of_the_operator(demo: RunningDemo, tmp_path: Path) -> None:
    """One way of drawing: the file that the command writes and the demo's page show the same."""
    demo.run("notices", "gallery", str(tmp_path / "notices.html"))
    written = (tmp_path / "notices.html").read_text("utf-8")
    shown = demo.client.get("/demo/notices", headers={"accept-language": "en"}).text
    parts = [re.sub(r"\s+", " ", page.partition("<h1>")[2].partition("</main>")[0]) for page in (written, shown)]
    assert parts[0] == parts[1] and len(parts[0]) > 20_000
