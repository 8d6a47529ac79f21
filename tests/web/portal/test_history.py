"""V7.5, J13: the login history in the portal, with plain reasons, filters, and a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from sekisho.kernel.decision import Reason
from sekisho.web.portal.history_file import HEADS, neutral
from sekisho.web.portal.shown import REASONS, why_refused
from tests.web.portal.brokerage import Brokerage, Browser


@pytest.fixture
def holder(brokerage: Brokerage) -> Browser:
    walker, delegate = brokerage.browser(), brokerage.browser()
    walker.activate("hanako")
    delegate.activate("taro.v")
    delegate.log_in("taro.v")
    walker.log_in("hanako")
    return walker


def rows(walker: Browser, path: str = "/security/history") -> list[str]:
    text = html.unescape(walker.see(path).text)
    return re.findall(r"<tr>(<td.*?)</tr>", text, re.DOTALL)


def test_what_happened_is_told_in_words(brokerage: Brokerage, holder: Browser) -> None:
    for _ in range(2):
        brokerage.browser().give_password("hanako", "wrong wrong wrong")
    refused, completed = rows(holder, f"/security/history?person={_id_of(brokerage, 'hanako')}")
    assert "Refused" in refused and "The password was wrong." in refused and "2 times within the hour" in refused
    assert "Login completed" in completed and "password and security code" in completed
    assert "Chrome Windows" in completed and "Japan" in completed and "203.0.113.7" in completed


def test_a_holder_chooses_whose_logins_and_which(brokerage: Brokerage, holder: Browser) -> None:
    brokerage.browser().give_password("taro.v", "wrong wrong wrong")
    taro = _id_of(brokerage, "taro.v")
    assert "from the beginning of their mandate to its end" in holder.see("/security/history").text
    assert len(rows(holder)) == 3
    assert len(rows(holder, f"/security/history?person={taro}")) == 2
    assert "Taro Viewer" in rows(holder, f"/security/history?person={taro}&outcome=completed")[0]
    assert rows(holder, "/security/history?outcome=refused&since=2026-11-23") == []
    assert len(rows(holder, "/security/history?until=2026-11-22")) == 3


def test_a_delegate_sees_neither_the_holder_nor_a_choice(brokerage: Brokerage, holder: Browser) -> None:
    delegate = brokerage.browser()
    delegate.log_in("taro.v")
    assert 'name="person"' not in delegate.see("/security/history").text and "Hanako" not in delegate.text
    hanako = _id_of(brokerage, "hanako")
    foreign = delegate.see(f"/security/history?person={hanako}")
    absent = delegate.see("/security/history?person=trd_00000000000000000000000000")
    assert foreign.status_code == absent.status_code == 404
    assert delegate.see(f"/security/history.csv?person={hanako}").status_code == 404


@pytest.mark.parametrize("asked", ["outcome=both", "older=x", "older=1.2.3", "since=yesterday", "until=20261122x", "since=9999-12-31"])
def test_what_no_form_asks_is_refused(holder: Browser, asked: str) -> None:
    assert holder.see(f"/security/history?{asked}").status_code == 422


def test_pages_lead_to_older_logins(brokerage: Brokerage, holder: Browser) -> None:
    for hour in range(51):
        brokerage.clock.pass_by(hours=1)
        brokerage.browser().give_password("taro.v", f"wrong wrong wrong {hour}")
    holder.log_in("hanako")
    first = rows(holder)
    link = re.search(r'href="(/security/history\?older=[^"]+)"', holder.text)
    assert len(first) == 50 and link
    second = rows(holder, html.unescape(link[1]))
    assert len(second) == 4 and not set(first) & set(second)
    assert "Newest logins" in holder.text and "Older logins" not in holder.text


def test_the_file_is_saved_whole_and_runs_nothing(brokerage: Brokerage, holder: Browser) -> None:
    saved = holder.see("/security/history.csv")
    assert saved.headers["content-type"] == "text/csv; charset=utf-8" and saved.headers["cache-control"] == "no-store"
    assert saved.headers["content-disposition"] == 'attachment; filename="logins-2026-11-22.csv"'
    assert saved.content.startswith(b"\xef\xbb\xbf") and saved.content.count(b"\r\n") == 3
    told = list(csv.reader(io.StringIO(saved.content.decode("utf-8-sig"))))
    assert told[0] == list(HEADS) and {len(row) for row in told} == {len(HEADS)}
    assert ["2026-11-22T09:00:00+09:00", "Hanako Yamada", "Login completed"] in [row[:3] for row in told]


def test_the_file_speaks_the_readers_language(brokerage: Brokerage, holder: Browser) -> None:
    holder.http.headers["accept-language"] = "ja"
    assert "ログイン完了" in holder.see("/security/history.csv").content.decode("utf-8-sig")


@pytest.mark.parametrize(("cell", "harmless"), [
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("+1", "'+1"),
    ("  -2", "'  -2"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("＝1+1", "'＝1+1"),
    ("Chrome Windows", "Chrome Windows"),
    ("", ""),
])  # fmt: skip
def test_a_cell_is_never_a_formula(cell: str, harmless: str) -> None:
    assert neutral(cell) == harmless


def test_an_unknown_reason_is_told_as_a_refusal() -> None:
    assert why_refused("something_new") == "The login was refused."
    assert all(why_refused(reason.value) == text for reason, text in REASONS.items())


def test_every_reason_that_can_end_a_login_has_its_sentence() -> None:
    from_outside = {Reason.UNKNOWN_NAME, Reason.WRONG_DOOR, Reason.MANDATE_MISSING, Reason.QUARANTINED, Reason.STEP_UP_NEEDED}
    sessions = {Reason.SESSION_UNKNOWN, Reason.SESSION_IDLE, Reason.SESSION_TOO_OLD, Reason.SESSION_ENDED, Reason.PASSWORD_CHANGE_NEEDED}
    sends = {Reason.SENDS_EXHAUSTED, Reason.FIRM_SENDS_EXHAUSTED, Reason.COUNTRY_NOT_SERVED}
    broker = {reason for reason in Reason if reason.name.startswith(("KEY_", "INSTRUCTION_", "SCOPE_"))}
    assert set(Reason) - set(REASONS) == from_outside | sessions | sends | broker, "a new reason is either told here or never ends a login"


def _id_of(brokerage: Brokerage, username: str) -> str:
    with brokerage.deps.storage.reading() as tx:
        record = tx.traders.by_username(username)
    assert record is not None
    return record.trader.id
