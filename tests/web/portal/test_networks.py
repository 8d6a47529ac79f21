"""P3, R5: a holder sets the networks of a delegate on the pages of the portal; without scripts."""

from __future__ import annotations

import html

import pytest

from tests.web.portal.brokerage import PASSWORD, Brokerage, Browser

ELSEWHERE = "198.51.100.20"


@pytest.fixture
def holder(brokerage: Brokerage, delegate: Browser) -> Browser:
    """The holder, logged in from a device that has been known for a day."""
    walker = brokerage.browser()
    walker.activate("hanako")
    walker.log_in("hanako")
    brokerage.clock.pass_by(hours=25)
    walker.log_in("hanako")
    return walker


@pytest.fixture
def delegate(brokerage: Brokerage) -> Browser:
    walker = brokerage.browser()
    walker.activate("taro.v")
    return walker


def from_there(brokerage: Brokerage, address: str) -> Browser:
    walker = brokerage.browser()
    walker.http._transport.client = (address, 4711)  # type: ignore[attr-defined]  # the peer that the test client plays
    return walker


def path_of(holder: Browser, whose: str) -> str:
    """Where the list of that account or person is changed."""
    holder.see("/security/networks")
    section = next(part for part in holder.text.split("<section")[1:] if f"<h2>{whose}</h2>" in part)
    return section.split('href="')[1].split('"')[0]


def set_networks(holder: Browser, path: str, *lines: str) -> str:
    """Dry run, password, code. The words of the page that asks for the code."""
    holder.see(path)
    version = holder.text.split('name="version" value="')[1].split('"')[0]
    tried = holder.send(path, version=version, networks="\r\n".join(lines), do="")
    assert tried.status_code == 200, holder.text
    begun = holder.send(path, version=version, networks="\r\n".join(lines), do="begin", current_password=PASSWORD)
    assert begun.headers.get("location") == f"{path}/confirm", holder.text
    words = holder.follow(begun).text
    done = holder.send(f"{path}/confirm", code=holder.brokerage.phone()[-1])
    assert done.headers.get("location", "").startswith("/security/networks?done="), holder.text
    holder.follow(done)
    return words


def test_a_delegate_is_refused_elsewhere_alike_before_and_after_the_password(
    brokerage: Brokerage, holder: Browser, delegate: Browser
) -> None:
    away = from_there(brokerage, ELSEWHERE)
    before = away.give_password("taro.v", "a wrong password")
    wrong = away.text
    away.give_password("taro.v")
    code = brokerage.phone()[-1]
    words = set_networks(holder, path_of(holder, "Taro Viewer"), "203.0.113.0/24 Office")
    assert "change the networks allowed for Taro Viewer (1 in all)" in words and "203.0.113.0/24 Office" in words
    refused_code = away.send("/login/code", code=code)
    assert refused_code.status_code == 401 and "was not accepted" in away.text
    refused = away.give_password("taro.v")
    assert (refused.status_code, _without_tokens(away.text)) == (before.status_code, _without_tokens(wrong))
    delegate.log_in("taro.v")
    assert "Networks of Taro" not in delegate.see("/security/networks").text
    assert "203.0.113.0/24" in delegate.text, "he sees from where he may log in"
    notices = html.unescape(holder.see("/messages").text)
    assert "Network of one of your traders refused" in notices and "Allowed networks restricted" in notices


def _without_tokens(text: str) -> str:
    import re

    return re.sub(r'(value|nonce)="[A-Za-z0-9_.-]{16,}"', "", text)


def test_a_session_is_refused_from_an_address_off_the_list(brokerage: Brokerage, holder: Browser, delegate: Browser) -> None:
    delegate.log_in("taro.v")
    set_networks(holder, path_of(holder, "Taro Viewer"), "203.0.113.0/24")
    assert delegate.see("/").status_code == 200
    delegate.http._transport.client = (ELSEWHERE, 4711)  # type: ignore[attr-defined]
    assert delegate.see("/").headers["location"] == "/logged-off?why=ended"
    assert delegate.see("/logged-off?why=ended").status_code == 200


def test_the_dry_run_shows_what_would_have_been_refused_and_changes_nothing(
    brokerage: Brokerage, holder: Browser, delegate: Browser
) -> None:
    from_there(brokerage, ELSEWHERE).log_in("taro.v")
    path = path_of(holder, "Taro Viewer")
    holder.see(path)
    holder.send(path, version="0", networks="203.0.113.9/24 Office\r\n198.51.100.0/33\r\nfe80::1%eth0", do="")
    shown = html.unescape(holder.text)
    assert holder.page is not None and holder.page.status_code == 422
    assert "Line 2:" in shown and "Line 3:" in shown and "Read as the network 203.0.113.0/24." in shown
    holder.send(path, version="0", networks="203.0.113.9/24 Office", do="")
    shown = html.unescape(holder.text)
    assert "1 login of the last 30 days would have been refused" in shown and ELSEWHERE in shown
    assert "from any network" in holder.see("/security/networks").text
    from_there(brokerage, ELSEWHERE).log_in("taro.v")


def test_loosening_waits_is_shown_beside_what_holds_and_is_cancelled(brokerage: Brokerage, holder: Browser, delegate: Browser) -> None:
    path = path_of(holder, "Taro Viewer")
    set_networks(holder, path, "203.0.113.0/24")
    set_networks(holder, path, "203.0.113.0/24", f"{ELSEWHERE} Home office")
    assert "A change is waiting." in holder.text and f"{ELSEWHERE}/32" in holder.text
    holder.see(f"{path}/cancel")
    assert holder.send(f"{path}/cancel", current_password="wrong wrong wrong").status_code == 401
    done = holder.send(f"{path}/cancel", current_password=PASSWORD)
    assert done.headers["location"] == "/security/networks?done=cancelled"
    assert "A change is waiting." not in holder.follow(done).text
    brokerage.clock.pass_by(hours=25)
    assert from_there(brokerage, ELSEWHERE).give_password("taro.v").status_code == 401


def test_a_holder_who_would_shut_himself_out_is_warned(holder: Browser) -> None:
    path = path_of(holder, "Hanako Yamada")
    holder.see(path)
    holder.send(path, version="0", networks="192.0.2.0/24", do="")
    assert "You would shut yourself out." in html.unescape(holder.text)


def test_a_list_that_moved_on_is_shown_with_ones_own_lines(holder: Browser) -> None:
    path = path_of(holder, "Taro Viewer")
    set_networks(holder, path, "203.0.113.0/24")
    moved = holder.send(path, version="0", networks="203.0.113.0/28 mine", do="begin", current_password=PASSWORD)
    assert moved.status_code == 409, holder.text
    assert "Somebody else has changed this list meanwhile." in holder.text and "203.0.113.0/28 mine" in holder.text


def test_the_restriction_of_a_moment_ago_can_be_taken_back(holder: Browser) -> None:
    path = path_of(holder, "Taro Viewer")
    set_networks(holder, path, "203.0.113.0/24")
    holder.see(f"{path}/take-back")
    done = holder.send(f"{path}/take-back", current_password=PASSWORD)
    assert done.headers["location"] == "/security/networks?done=taken-back"
    assert "from any network" in holder.follow(done).text
