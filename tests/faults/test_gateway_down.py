"""The SMS gateway is down: the page says that the code is delayed, it is sent again, no try is burnt, and it arrives after (R4, N22)."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2

from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows
from tests.faults.visitor import codes_sent_to

DELAYED, ALL_TRIES = "The code is delayed.", "You can try 5 more times with this code."
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """One visitor of the portal, without scripts."""

    def __init__(self, person: Person, house: Brokerage) -> None:
        self.person = person
        transport = httpx2.HTTPTransport(verify=house.trust, local_address=person.source)
        self._client = httpx2.Client(base_url=f"https://127.0.0.1:{house.https}", transport=transport, timeout=20, trust_env=False)

    def page(self, path: str) -> str:
        got = self._client.get(path)
        assert got.status_code == 200, (path, got.status_code)
        return got.text

    def press(self, path: str, **fields: str) -> httpx2.Response:
        """Fills in the form that stands on the page."""
        found = _TOKEN.search(self.page(path))
        assert found is not None
        return self._client.post(path, data={"csrf": found[1], **fields})

    def start_login(self) -> None:
        answer = self.press("/login", username=self.person.username, password=self.person.password)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login/code")


def test_a_gateway_that_hangs_fails_or_cuts(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 3) as house:
        browsers = [Browser(person, house) for person in house.people]
        for mode, browser in zip(("hang", "500", "cut"), browsers, strict=True):
            house.gateway.mode = mode
            tried = len(house.gateway.received)
            browser.start_login()
            until(lambda before=tried: len(house.gateway.received) > before, 40)
        for browser in browsers:
            page = until(lambda one=browser: _delayed(one), 15)
            assert ALL_TRIES in page
        house.gateway.mode = "ok"
        house.gateway.delivered.clear()  # what a cut answer left behind
        for browser in browsers:
            code = until(lambda one=browser: codes_sent_to(one.person.phone, house), 30)[-1]
            until(lambda one=browser: not _delayed(one), 40)
            assert ALL_TRIES in browser.page("/login/code")
            done = browser.press("/login/code", code=code)
            assert (done.status_code, done.headers["location"]) == (303, "/")
        _under_one_key(house, report)


def _delayed(browser: Browser) -> str:
    """The page, if it says so."""
    page = browser.page("/login/code")
    return page if DELAYED in page else ""


def _under_one_key(house: Brokerage, report: FaultReport) -> None:
    """Every try of a message carries the same key, so a provider that heeds it sends one SMS."""
    keys = [headers["idempotency-key"] for headers, _ in house.gateway.received]
    rows = Rows(house.database)
    assert set(keys) <= set(rows.messages())
    assert all(rows.total(person.id, "phone") == 0 for person in house.people)
    report.add("SMS gateway down", messages=len(set(keys)), tries=len(keys), tries_of_codes_burnt=0)
