"""Ways to the pages of allowed networks, for the test that looks at every page in every dress."""

from __future__ import annotations

from httpx2 import Response

from tests.web.portal.brokerage import PASSWORD, Browser

__all__ = ["confirm", "lists", "problems", "tried", "undo"]

LINES = ("203.0.113.9/24 Office", "2001:db8:12::/48 Trip from 2027-01-10 until 2027-01-31")


def _walk(browser: Browser) -> str:
    """A holder on a device that is no longer new, who manages a delegate; where the delegate's list is changed."""
    browser.activate("taro.v")
    browser.activate("hanako")
    browser.brokerage.browser().log_in("taro.v")
    browser.log_in("hanako")
    browser.brokerage.clock.pass_by(hours=25)
    browser.log_in("hanako")
    browser.see("/security/networks")
    return browser.text.rsplit('href="/security/networks/', 1)[1].split('"')[0]


def _submit(browser: Browser, owner: str, *lines: str, version: int = 0, **more: str) -> Response:
    browser.see(f"/security/networks/{owner}")
    return browser.send(f"/security/networks/{owner}", version=str(version), networks="\r\n".join(lines), **{"do": "", **more})


def _set(browser: Browser, owner: str, *lines: str, version: int = 0) -> None:
    begun = _submit(browser, owner, *lines, version=version, do="begin", current_password=PASSWORD)
    browser.follow(begun)
    done = browser.send(f"/security/networks/{owner}/confirm", code=browser.brokerage.phone()[-1])
    assert done.status_code == 303, browser.text


def lists(browser: Browser) -> str:
    """One list that stands and one change that waits."""
    owner = _walk(browser)
    _set(browser, owner, *LINES)
    _set(browser, owner, *LINES, "198.51.100.20 Home office", version=1)
    return "/security/networks?done=waiting"


def tried(browser: Browser) -> Response:
    return _submit(browser, _walk(browser), *LINES[1:], "198.51.100.9/24 Office")


def problems(browser: Browser) -> Response:
    return _submit(browser, _walk(browser), LINES[0], "0.0.0.0/0", "fe80::1%eth0", "everywhere")


def confirm(browser: Browser) -> str:
    owner = _walk(browser)
    browser.follow(_submit(browser, owner, *LINES, do="begin", current_password=PASSWORD))
    return f"/security/networks/{owner}/confirm"


def undo(browser: Browser) -> str:
    owner = _walk(browser)
    _set(browser, owner, *LINES)
    return f"/security/networks/{owner}/take-back"
