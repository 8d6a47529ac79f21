"""Who has password and code of another, and logs in as he never does (P7, N51): the rules judge before anything leaves the house."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.flows.monitored import open_log
from tests.flows.test_act_on_login import RULES
from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser

PROGRAM = {"channel": "workstation", "username": "hana", "password": PASSWORD}


@pytest.fixture
def hana(brokerage: Brokerage) -> Brokerage:
    brokerage.enrol("hana", "Hana Mori", "+819011112222")
    brokerage.browser().activate("hana")
    return brokerage


def by_program(hana: Brokerage, browser: Browser, code: str = "") -> Any:
    started = browser.http.post("/v1/login", json=PROGRAM).json()["login"]
    browser.http.post(f"/v1/login/{started}/security-code", json={})
    return browser.http.post(f"/v1/login/{started}/verify", json={"factor": "security_code", "code": code or hana.phone()[-1]})


def test_a_login_that_is_refused_gives_nothing_to_a_browser(hana: Brokerage) -> None:
    """The page is that of a wrong code, at the first try and at the next (R1)."""
    told = []
    with open_log(hana, RULES.format(kind="login.completed", verdict="refuse")):  # type: ignore[arg-type]
        for guesses in (False, True):
            thief = hana.browser()
            thief.give_password("hana")
            right = hana.phone()[-1]
            answers = [thief.send("/login/code", code="000000" if guesses else right), thief.send("/login/code", code="000000")]
            told.append([(one.status_code, re.sub(r'(nonce|value)="[^"]+"', "", one.text)) for one in answers])
            assert not any("set-cookie" in one.headers for one in answers)
            assert thief.cookie("session") is None and thief.cookie("client") is None
            assert thief.see("/").headers["location"].startswith("/login")
    assert told[0] == told[1] and told[0][0][0] == 401 and "4 more times" in told[0][0][1]


def test_a_login_that_is_refused_gives_nothing_to_a_program(hana: Brokerage) -> None:
    """Byte for byte the answer to a wrong code (R1)."""
    with open_log(hana, RULES.format(kind="login.completed", verdict="refuse")):  # type: ignore[arg-type]
        refused, wrong = by_program(hana, hana.browser()), by_program(hana, hana.browser(), "000000")
    assert refused.status_code == wrong.status_code == 401
    told = [{name: value for name, value in one.json().items() if name != "request_id"} for one in (refused, wrong)]
    assert told[0] == told[1] and "token" not in refused.text


def test_a_login_that_is_doubted_is_quarantined_from_its_first_request_on(hana: Brokerage) -> None:
    """Also from a device that is no longer new."""
    known = by_program(hana, hana.browser()).json()["client_token"]
    hana.clock.pass_by(days=2)
    browser = hana.browser()
    with open_log(hana, RULES.format(kind="login.completed", verdict="challenge")):  # type: ignore[arg-type]
        started = browser.http.post("/v1/login", json={**PROGRAM, "client_token": known}).json()["login"]
        browser.http.post(f"/v1/login/{started}/security-code", json={})
        done = browser.http.post(f"/v1/login/{started}/verify", json={"factor": "security_code", "code": hana.phone()[-1]}).json()
    seen = browser.http.get("/v1/session", headers={"authorization": f"Bearer {done['session_token']}"}).json()
    assert seen["quarantined_until"], seen
