from __future__ import annotations

from datetime import timedelta

import pytest

from sekisho.domain.sessions import EndReason
from sekisho.flows.log_off import end_session
from sekisho.kernel.events import EventKind
from sekisho.web.http.routes import DoorRoute
from sekisho.web.portal import portal
from tests.web.portal.brokerage import ORIGIN, Brokerage, Browser

PRESSED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1"}
REFRESHED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.fixture
def browser(brokerage: Brokerage) -> Browser:
    walker = brokerage.browser()
    walker.activate("hanako")
    walker.log_in("hanako")
    return walker


def _session_id(brokerage: Brokerage) -> str:
    with brokerage.deps.storage.reading() as tx:
        return tx.sessions.live()[0][0].id


def test_polled_every_second_it_ends_600_seconds_after_the_last_press(brokerage: Brokerage, browser: Browser) -> None:
    brokerage.clock.pass_by(seconds=30)
    assert browser.see("/", **PRESSED).status_code == 200
    for _ in range(20):
        brokerage.clock.pass_by(seconds=29.95)
        assert browser.http.get("/session/state").json()["over"] is False
    assert browser.http.get("/session/state").json() == {"over": False, "seconds_left": 1, "warn_before": 60}
    assert browser.see("/", **REFRESHED).status_code == 200  # drawn again, but by nobody's hand
    brokerage.clock.pass_by(seconds=1)
    assert browser.http.get("/session/state").json()["over"] is True
    assert browser.see("/").headers["location"] == "/logged-off?why=idle"


@pytest.mark.parametrize(
    ("headers", "counts"),
    [
        (PRESSED, True),
        (REFRESHED, False),
        ({"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}, False),
        ({}, True),  # an old browser
        ({**PRESSED, "sec-purpose": "prefetch"}, False),
    ],
)
def test_what_puts_off_the_logoff(brokerage: Brokerage, browser: Browser, headers: dict[str, str], counts: bool) -> None:
    brokerage.clock.pass_by(minutes=9)
    browser.see("/security", **headers)
    brokerage.clock.pass_by(minutes=2)
    assert (browser.see("/").status_code == 200) is counts


def test_one_press_stays_and_leads_back(brokerage: Brokerage, browser: Browser) -> None:
    brokerage.clock.pass_by(minutes=9, seconds=30)
    assert browser.send("/stay", next="/security").headers["location"] == "/security"
    assert browser.http.get("/session/state").json()["seconds_left"] == 600


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil", "/nothing", "/session/state", "/logoff", "/../login"]
)
def test_nothing_leads_out_of_the_portal(browser: Browser, path: str) -> None:
    assert browser.send("/stay", next=path).headers["location"] == "/"
    assert browser.send("/language", language="ja", next=path).headers["location"] == "/"


def test_logging_off_ends_clears_and_says_so(brokerage: Brokerage, browser: Browser) -> None:
    stolen = browser.cookie("session")
    gone = browser.send("/logoff")
    assert gone.headers["location"] == "/logged-off?why=self" and gone.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.cookie("session") is None and browser.cookie("client")  # the known client stays known
    assert "You have logged off" in browser.follow(gone).text and "data-session-over" in browser.text
    assert browser.page is not None and browser.page.headers["clear-site-data"] == '"cache", "storage"'
    thief = brokerage.browser(cookie=f"__Host-session={stolen}")
    assert thief.see("/").headers["location"] == "/logged-off?why=self"


@pytest.mark.parametrize(
    ("reason", "why", "words"),
    [
        (EndReason.ENDED_BY_STAFF, "ended", "It was ended from another of your devices"),
        (EndReason.REPLACED, "ended", "It was ended from another of your devices"),
        (EndReason.PASSWORD_CHANGED, "password", "The password was changed"),
        (EndReason.STEP_UP_FAILED, "proof", "entered wrongly five times"),
        (EndReason.TOO_OLD, "limit", "A session ends after some hours"),
        (EndReason.IDLE, "idle", "nothing was entered"),
    ],
)
def test_the_page_says_why_it_ended(brokerage: Brokerage, browser: Browser, reason: EndReason, why: str, words: str) -> None:
    end_session(_session_id(brokerage), reason, "os:test", brokerage.deps)
    led = browser.see("/security")
    assert led.headers["location"] == f"/logged-off?why={why}"
    assert browser.see("/session/state").json()["why"] == why, "a window that asks before another has dropped the cookie"
    assert words in browser.see("/logged-off?why=self").text  # the row knows better than the address
    assert browser.cookie("session") is None


def test_a_private_page_leads_to_the_logged_off_page_by_itself(brokerage: Brokerage, browser: Browser) -> None:
    page = browser.see("/")
    assert page.headers["refresh"] == "601; url=/logged-off?why=idle" and page.headers["cache-control"] == "no-store"
    brokerage.clock.pass_by(seconds=601)
    assert "You were logged off automatically" in browser.see("/logged-off?why=idle").text


def test_a_window_left_alone_does_not_end_the_session_that_another_keeps(brokerage: Brokerage, browser: Browser) -> None:
    back = browser.see("/logged-off?why=idle", **REFRESHED, referer=f"{ORIGIN}/security?done=x")
    assert back.status_code == 303 and back.headers["location"] == "/security" and browser.cookie("session")
    assert browser.see("/logged-off?why=idle", **REFRESHED, referer="https://evil.example/security").headers["location"] == "/"
    old = browser.see("/logged-off?why=idle")
    assert "still logged in in another window" in old.text and "clear-site-data" not in old.headers and browser.cookie("session")


def test_the_absolute_end_comes_whatever_is_pressed(brokerage: Brokerage, browser: Browser) -> None:
    for _ in range(12 * 60 // 9 - 1):
        brokerage.clock.pass_by(minutes=9)
        assert browser.see("/").status_code == 200
    brokerage.clock.pass_by(minutes=9)
    assert browser.see("/").headers["location"] == "/logged-off?why=limit"


def test_the_language_is_kept(browser: Browser) -> None:
    assert '<html lang="en">' in browser.see("/").text
    assert browser.send("/language", language="ja", next="/security").headers["location"] == "/security"
    assert '<html lang="ja">' in browser.see("/security").text and "現在のログイン" in browser.text
    outside = browser.http.post("/language", data={"language": "en"}, headers={"origin": "https://evil.example"})
    assert outside.status_code == 403


@pytest.mark.parametrize("route", [route for route in portal.declared if route.admits == "trader"], ids=lambda route: route.path)
def test_every_route_of_a_trader_needs_his_session_and_his_token(brokerage: Brokerage, browser: Browser, route: DoorRoute) -> None:
    path = route.path.replace("{", "").replace("}", "")
    stranger = brokerage.browser()
    assert stranger.http.request(route.method, path).headers["location"] == "/login"
    assert brokerage.browser(cookie="__Host-session=" + "x" * 43).http.request(route.method, path).headers["location"] == "/login"
    if route.method == "POST":
        stranger.see("/login")
        assert browser.http.post(path, data={"csrf": stranger.csrf}).status_code == 403
        assert browser.http.post(path, data={"csrf": ""}).status_code == 403
    brokerage.clock.pass_by(minutes=10)
    assert browser.http.request(route.method, path).headers["location"] == "/logged-off?why=idle"


def test_well_known_addresses(brokerage: Brokerage) -> None:
    browser = brokerage.browser()
    assert browser.see("/.well-known/change-password").headers["location"] == "/security/password"
    text = browser.see("/.well-known/security.txt").text
    assert f"Contact: {ORIGIN}/help/report\n" in text and "Expires: 2027-05-21T00:00:00Z\n" in text
    assert browser.see("/help/report").status_code == 200
    assert "Disallow: /" in browser.see("/robots.txt").text
    assert browser.follow(browser.see("/favicon.ico")).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/forgot", "/help/restricted", "/help/no-code", "/compromised"])
def test_help_needs_nobody_and_names_the_published_number(brokerage: Brokerage, path: str) -> None:
    page = brokerage.browser().see(path)
    assert page.status_code == 200 and "0120-000-000" in page.text


def test_the_logoff_time_of_ones_own(brokerage: Brokerage, browser: Browser) -> None:
    browser.see("/security")
    assert browser.send("/security/logoff-time", minutes="5").headers["location"] == "/security?done=logoff-time"
    assert "Your logoff time is changed." in browser.see("/security?done=logoff-time").text and 'value="5" selected' in browser.text
    for wrong in ("0", "61", "-5", "5.5", "many"):
        browser.see("/security")
        assert browser.send("/security/logoff-time", minutes=wrong).status_code == 422
    brokerage.clock.now += timedelta(minutes=5)
    assert browser.see("/").headers["location"] == "/logged-off?why=idle"


def test_another_browser_with_the_same_cookie_is_told(brokerage: Brokerage, browser: Browser) -> None:
    """P7: the cookie has been copied."""

    def told() -> int:
        with brokerage.deps.storage.reading() as tx:
            return [entry.kind for entry in tx.audit.unsealed(1000)].count(EventKind.SESSION_SEEN)

    browser.see("/")
    assert told() == 0
    browser.see("/", **{"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    browser.see("/")
    assert told() == 2
