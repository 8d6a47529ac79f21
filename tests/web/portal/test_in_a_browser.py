"""Every page of the portal in a real Chromium, both languages, light and dark, phone and desk: axe finds nothing, nothing scrolls sideways.

Pages come from the app in this process; the cookies are kept by the browser without scripts that walked to the page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from httpx2 import Response
from playwright.sync_api import Browser as Chromium

from tests.web.portal import contact_walks, device_walks, instruction_walks, network_walks
from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser
from tests.web.portal.test_messages import reference_of
from tests.web.portal.window import Window

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SEKISHO_TEST_SHOTS")
DRESSES = [(scheme, width) for scheme in ("light", "dark") for width in (1180, 360)]
JUDGED = [("light", 1180), ("dark", 360)]  # by axe: each scheme and each width once, to spare time


@dataclass(frozen=True)
class Shot:
    """A page to look at. walk: leads there and gives the path, or the answer that a form drew."""

    name: str
    walk: Callable[[Browser], str | Response]


def _at(path: str) -> Callable[[Browser], str]:
    return lambda browser: path


def _inside(path: str) -> Callable[[Browser], str]:
    def walk(browser: Browser) -> str:
        browser.activate("hanako")
        browser.log_in("hanako")
        return path

    return walk


def _known(path: str) -> Callable[[Browser], str]:
    def walk(browser: Browser) -> str:
        device_walks.known(browser)
        return path

    return walk


def _refused_login(browser: Browser) -> Response:
    return browser.give_password("hanako", "wrong wrong wrong")


def _code(browser: Browser) -> str:
    browser.activate("hanako")
    browser.give_password("hanako")
    return "/login/code"


def _refused_code(browser: Browser) -> Response:
    _code(browser)
    return browser.send("/login/code", code="000000" if browser.brokerage.phone()[-1] != "000000" else "000001")


def _delayed_code(browser: Browser) -> str:
    _code(browser)
    browser.brokerage.clock.pass_by(seconds=10)
    return "/login/code"


def _refused_activation(browser: Browser) -> Response:
    browser.see("/activate")
    return browser.send("/activate", username="hanako", activation_code="AAAA-BBBB")


def _activation_password(browser: Browser) -> str:
    browser.see("/activate")
    browser.follow(browser.send("/activate", username="hanako", activation_code=browser.brokerage.traders["hanako"].reveal()))
    return "/activate/password"


def _refused_password(browser: Browser) -> Response:
    _activation_password(browser)
    return browser.send("/activate/password", code="123456", new_password="hanako1234")


def _restricted(browser: Browser) -> str:
    _known("/")(browser)
    stranger = browser.brokerage.browser()
    for _ in range(5):
        stranger.give_password("hanako", "wrong wrong wrong")
    return "/"


def _account(browser: Browser) -> str:
    _inside("/")(browser)
    return device_walks.first_link(browser, "/", r'href="(/accounts/[^"]+)"')


def _shared_account(browser: Browser) -> str:
    """A delegate who is limited to two networks, as the holder sees him."""
    network_walks.lists(browser)
    return device_walks.first_link(browser, "/", r'href="(/accounts/[^"]+)"')


def _new_password(browser: Browser) -> str:
    _known("/")(browser)
    browser.see("/security/password")
    browser.follow(browser.send("/security/password", current_password=PASSWORD))
    return "/security/password/new"


def _wrong_current_password(browser: Browser) -> Response:
    _known("/")(browser)
    browser.see("/security/password")
    return browser.send("/security/password", current_password="wrong wrong wrong")


def _reference_of_ours(browser: Browser) -> Response:
    _inside("/messages/check")(browser)
    browser.see("/messages/check")
    return browser.send("/messages/check", reference=reference_of(browser.brokerage, "hanako"))


def _reference_of_nobody(browser: Browser) -> Response:
    _inside("/messages/check")(browser)
    browser.see("/messages/check")
    return browser.send("/messages/check", reference="ZZZZ-ZZZZ")


PAGES = [
    Shot("login", _at("/login")),
    Shot("login-activated", _at("/login?activated=1")),
    Shot("login-refused", _refused_login),
    Shot("code", _code),
    Shot("code-refused", _refused_code),
    Shot("code-delayed", _delayed_code),
    Shot("activate", _at("/activate")),
    Shot("activate-refused", _refused_activation),
    Shot("activate-password", _activation_password),
    Shot("activate-password-refused", _refused_password),
    *(Shot(f"logged-off-{why}", _at(f"/logged-off?why={why}")) for why in ("idle", "limit", "self", "password", "proof", "ended")),
    Shot("still-logged-in", _inside("/logged-off?why=idle")),
    Shot("forgot", _at("/forgot")),
    Shot("help-restricted", _at("/help/restricted")),
    Shot("help-no-code", _at("/help/no-code")),
    Shot("help-report", _at("/help/report")),
    Shot("where", _at("/where")),
    Shot("compromised", _at("/compromised")),
    Shot("overview", _known("/")),
    Shot("overview-new-device", _inside("/")),
    Shot("overview-restricted", _restricted),
    Shot("account", _account),
    Shot("account-shared", _shared_account),
    Shot("messages", _inside("/messages")),
    Shot("messages-check", _inside("/messages/check")),
    Shot("messages-check-yes", _reference_of_ours),
    Shot("messages-check-no", _reference_of_nobody),
    *(Shot(f"contacts-{name}", getattr(contact_walks, name)) for name in contact_walks.__all__),
    *(Shot(f"instructions-{name}", getattr(instruction_walks, name)) for name in instruction_walks.__all__),
    Shot("notices", _known("/security/notices")),
    Shot("notices-new-device", _inside("/security/notices")),
    Shot("security", _known("/security")),
    Shot("security-changed", _known("/security?done=logoff-time")),
    Shot("security-sessions", device_walks.sessions),
    Shot("security-new-device", _inside("/security")),
    Shot("session-end", device_walks.end_session),
    Shot("session-end-wrong", device_walks.end_session_wrong),
    Shot("sessions-end-others", _known("/security/sessions/end-others")),
    Shot("device-forget", device_walks.forget_device),
    Shot("device-forget-confirm", device_walks.forget_device_confirm),
    Shot("history", _known("/security/history")),
    Shot("networks", network_walks.lists),
    Shot("networks-tried", network_walks.tried),
    Shot("networks-problems", network_walks.problems),
    Shot("networks-confirm", network_walks.confirm),
    Shot("networks-undo", network_walks.undo),
    Shot("password", _known("/security/password")),
    Shot("password-wrong", _wrong_current_password),
    Shot("password-not-yet", _inside("/security/password")),
    Shot("password-new", _new_password),
    Shot("missing", _inside("/nothing")),
]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("shot", PAGES, ids=lambda shot: shot.name)
def test_page_is_sound_in_every_dress(chromium: Chromium, brokerage: Brokerage, axe_script: Path, shot: Shot, language: str) -> None:
    walker = brokerage.browser(**{"accept-language": language})
    led = shot.walk(walker)
    window = Window(chromium, walker, locale=language)
    page = window.open(led if isinstance(led, str) else "/", None if isinstance(led, str) else led)
    assert page.locator("html").get_attribute("lang") == language
    axe = axe_script.read_text("utf-8") + "; axe.run().then(found => found.violations.map(v => v.id + ' ' + v.nodes[0].html))"
    for scheme, width in DRESSES:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        if (scheme, width) in JUDGED:
            assert page.evaluate(axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{shot.name}-{language}-{scheme}-{width}.png", full_page=True)
    assert [fault for fault in window.faults if "Failed to load resource" not in fault] == []
    window.context.close()
