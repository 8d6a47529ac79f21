"""Ways to the pages of contact data, for the tests of the pages and the one that looks at each in every dress."""

from __future__ import annotations

from httpx2 import Response

from tests.web.portal.brokerage import PASSWORD, Browser

__all__ = ["approve", "cancel", "confirm", "known", "new_device", "refused", "waiting", "wrong"]

HOME = "/security/contacts"
MAIL = "hanako@example.net"


def new_device(browser: Browser) -> str:
    """Quarantined: the page shows, and changes nothing."""
    browser.activate("hanako")
    browser.log_in("hanako")
    return HOME


def known(browser: Browser) -> str:
    new_device(browser)
    browser.brokerage.clock.pass_by(hours=25)
    browser.log_in("hanako")
    browser.see(HOME)
    return HOME


def begin(browser: Browser, kind: str = "email", address: str = MAIL, password: str = PASSWORD) -> Response:
    return browser.send(HOME, kind=kind, address=address, current_password=password)


def approve(browser: Browser) -> str:
    known(browser)
    browser.follow(begin(browser))
    return f"{HOME}/approve"


def confirm(browser: Browser) -> str:
    approve(browser)
    browser.follow(browser.send(f"{HOME}/approve", code=browser.brokerage.phone()[-1]))
    return f"{HOME}/confirm"


def waiting(browser: Browser) -> str:
    confirm(browser)
    done = browser.send(f"{HOME}/confirm", code=browser.brokerage.phone()[-1])
    assert done.headers["location"] == f"{HOME}?done=waiting", browser.text
    browser.follow(done)
    return f"{HOME}?done=waiting"


def cancel(browser: Browser) -> str:
    waiting(browser)
    return browser.text.split('danger small" href="')[1].split('"')[0]


def wrong(browser: Browser) -> Response:
    known(browser)
    return begin(browser, "phone", "090-1234-5678")


def refused(browser: Browser) -> Response:
    known(browser)
    return begin(browser, password="wrong wrong wrong")
