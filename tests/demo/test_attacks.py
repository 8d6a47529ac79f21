"""Attacks on the running demo, played from outside: each is stopped in time, and told with reasons in both languages (P7; J16, J17)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.promises.running_demo import SEKISHO, RunningDemo, until

SHOWN = "/demo/monitoring/events"
LIVE = re.compile("[0-9a-f]{8}-evt-[0-9]+")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """One for all attacks, with its market."""
    running = RunningDemo(tmp_path_factory.mktemp("attacked"), quiet=False)
    try:
        yield running
    finally:
        running.stop()
    assert running.leaked() == []


def attacked(demo: RunningDemo, name: str, *options: str) -> dict[str, Any]:
    command = [SEKISHO, "demo", "attack", name, "--ready-file", str(demo.ready_file), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert set(told) == {"attack", "victim", "stopped", "outcome", "page", "steps"}
    assert all(set(step) == {"at", "who", "what", "verdict", "reasons"} for step in told["steps"])
    assert told["stopped"] and told["attack"] == name
    return told


def codes(step: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in step["reasons"]}


def test_a_takeover_is_held_before_the_thin_stock_is_bought(demo: RunningDemo) -> None:
    steps = attacked(demo, "takeover")["steps"]
    assert (steps[0]["verdict"], codes(steps[0])) == ("challenge", {"stranger_login"})
    assert steps[2]["verdict"] == "allow"  # the first sale alone is nothing unusual
    assert steps[-2]["verdict"] in ("challenge", "hold")  # the one that makes it most of the holdings
    assert steps[-1]["verdict"] == "hold"
    assert "takeover_market" in codes(steps[-1])
    assert "holdings were offered for sale" in steps[-1]["reasons"][0]["text"]


def test_a_takeover_for_cash_takes_nothing_out(demo: RunningDemo) -> None:
    login, change, withdrawal, by_telephone = attacked(demo, "cash", "--language", "ja")["steps"]
    assert login["verdict"] == "challenge"
    assert (change["verdict"], withdrawal["verdict"]) == ("refuse", "refuse")
    assert {"quarantined", "takeover_cash"} <= codes(change) & codes(withdrawal)
    assert by_telephone["verdict"] == "hold" and "takeover_cash" in codes(by_telephone)
    assert "出金" in by_telephone["what"] and "依頼されました" in by_telephone["reasons"][0]["text"]


def test_a_stolen_session_is_quarantined(demo: RunningDemo) -> None:
    at_home, stolen, order, withdrawal = attacked(demo, "session")["steps"]
    assert at_home["verdict"] == "allow"
    assert (stolen["verdict"], codes(stolen)) == ("challenge", {"session_theft"})
    assert order["verdict"] == "hold" and "session_theft" in codes(order)
    assert withdrawal["verdict"] == "refuse" and {"quarantined", "session_theft"} <= codes(withdrawal)


def test_stuffing_restricts_and_shows_the_stolen_password(demo: RunningDemo) -> None:
    tried, restricted, found = attacked(demo, "stuffing")["steps"]
    assert (tried["verdict"], codes(tried)) == ("challenge", {"credential_stuffing"})
    assert restricted["verdict"] == "refuse"
    assert (found["verdict"], codes(found)) == ("hold", {"credential_stuffing"})


def test_the_market_goes_on_and_is_calm(demo: RunningDemo) -> None:
    def sent() -> list[dict[str, Any]]:
        return [one for one in demo.client.get(SHOWN).json()["events"] if LIVE.fullmatch(one["event"])]

    events = until(lambda: found if len(found := sent()) >= 10 else None, 30)
    assert sum(one["verdict"] == "allow" for one in events) >= len(events) - 2


def test_past_and_present_stand_in_one_gapless_log(demo: RunningDemo) -> None:
    answer = demo.client.get(SHOWN).json()
    numbers = [one["sequence"] for one in answer["events"]]
    assert numbers == list(range(answer["last"], answer["last"] - len(numbers), -1))
    assert answer["last"] > 2000


@pytest.mark.browser
def test_verdicts_are_told_in_words_and_arrive_by_themselves(demo: RunningDemo, browser: Browser) -> None:
    page = browser.new_context(ignore_https_errors=True, locale="ja").new_page()
    page.goto(demo.ready["base_url"] + "/demo/monitoring?only=stern")
    held = page.get_by_role("row").filter(has_text="2025年")
    expect(held.first).to_contain_text("保留")
    held.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="発注")).to_be_visible()
    expect(page.get_by_text("market_thin_buy_after_sale")).to_be_visible()
    page.goto(demo.ready["base_url"] + "/demo/monitoring")
    before = int(page.locator("[data-events]").get_attribute("data-last") or 0)
    page.wait_for_function("before => Number(document.querySelector('[data-events]').dataset.last) > before", arg=before)
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "scheme", "width"), [("en", "light", 1180), ("ja", "dark", 1180), ("ja", "light", 360)])
@pytest.mark.parametrize("path", ["/demo/monitoring?only=stern", "verdict"])
def test_pages_of_monitoring_are_sound(
    demo: RunningDemo, browser: Browser, axe_script: Path, path: str, locale: str, scheme: str, width: int
) -> None:
    context = browser.new_context(
        ignore_https_errors=True,
        bypass_csp=True,  # for axe alone
        locale=locale,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    page.goto(demo.ready["base_url"] + "/demo/monitoring?only=stern")
    if path == "verdict":
        page.locator("tbody a").first.click()
        expect(page.locator(".demo-said")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=axe_script)
    found = page.evaluate("axe.run()")["violations"]
    assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found] == []
    context.close()


def test_no_demo_and_no_such_attack_are_told(tmp_path: Path) -> None:
    for arguments, said in (
        (["takeover", "--data", str(tmp_path)], "No demo runs there."),
        (["burglary"], "There is no attack of that name."),
    ):
        done = subprocess.run([SEKISHO, "demo", "attack", *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2
        assert said in done.stderr
