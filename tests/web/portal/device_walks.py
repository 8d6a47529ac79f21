"""Ways to the pages of sessions and known devices, for the tests in a browser."""

from __future__ import annotations

import re

from httpx2 import Response

from tests.web.portal.brokerage import PASSWORD, Browser

__all__ = ["end_session", "end_session_wrong", "first_link", "forget_device", "forget_device_confirm", "known", "sessions"]


def known(browser: Browser) -> None:
    """A day later, from a device that is no longer new."""
    browser.activate("hanako")
    browser.log_in("hanako")
    browser.brokerage.clock.pass_by(hours=25)
    browser.log_in("hanako")


def sessions(browser: Browser) -> str:
    """Two sessions besides his own: another browser and a program that has failed before."""
    known(browser)
    edge = {"sec-ch-ua": '"Microsoft Edge";v="140"', "sec-ch-ua-platform": '"macOS"'}
    browser.brokerage.browser(**edge).log_in("hanako")
    browser.brokerage.browser().give_password("hanako", "wrong wrong wrong")
    browser.see("/security")
    return "/security"


def end_session(browser: Browser) -> str:
    return first_link(browser, sessions(browser), r'href="(/security/sessions/ses_[^"]+)"')


def end_session_wrong(browser: Browser) -> Response:
    path = end_session(browser)
    browser.see(path)
    return browser.send(path, current_password="wrong wrong wrong")


def forget_device(browser: Browser) -> str:
    """The one in use: the page warns."""
    known(browser)
    return first_link(browser, "/security", r'href="(/security/known-clients/[^"]+)"')


def forget_device_confirm(browser: Browser) -> str:
    path = forget_device(browser)
    browser.see(path)
    browser.follow(browser.send(path, current_password=PASSWORD))
    return f"{path}/confirm"


def first_link(browser: Browser, path: str, pattern: str) -> str:
    found = re.search(pattern, browser.see(path).text)
    assert found
    return found[1]
