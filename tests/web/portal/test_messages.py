"""Is this message from us? The page answers who is logged in, of his own messages alone (R10, J12)."""

from __future__ import annotations

import html
import re

from sqlalchemy import text

from tests.web.portal.brokerage import Brokerage, Browser


def reference_of(brokerage: Brokerage, username: str) -> str:
    """Of the notice that his login was activated; ids of one moment come in any order."""
    with brokerage.deps.storage.reading() as tx:
        record = tx.traders.by_username(username)
        assert record is not None
    query = text("SELECT reference FROM outbox WHERE trader = :trader AND kind = 'trader_activated' AND channel = 'sms'")
    with brokerage.deps.storage.database.reading() as line:  # type: ignore[attr-defined]
        return str(line.value(query, {"trader": record.trader.id}))


def asked(walker: Browser, reference: str) -> str:
    walker.see("/messages/check")
    return html.unescape(walker.send("/messages/check", reference=reference).text)


def test_a_message_of_ours_is_shown_beside_what_the_reader_has(brokerage: Brokerage) -> None:
    walker = brokerage.browser()
    walker.activate("hanako")
    walker.log_in("hanako")
    seen = asked(walker, reference_of(brokerage, "hanako").lower())
    assert "Yes, we sent you a message with this reference." in seen
    assert "Login activated" in seen and "by SMS · +81" in seen and "Compare it" in seen


def test_what_is_not_ours_or_not_his_is_answered_with_what_to_do(brokerage: Brokerage) -> None:
    walker, other = brokerage.browser(), brokerage.browser()
    other.activate("taro.v")
    walker.activate("hanako")
    walker.log_in("hanako")
    foreign = asked(walker, reference_of(brokerage, "taro.v"))
    absent = asked(walker, "ZZZZ-ZZZZ")
    assert "No message to you has this reference." in foreign
    for word in ("Open no link in it", "Tell us about it:", 'href="/compromised"', "tel:"):
        assert word in foreign
    known = reference_of(brokerage, "taro.v")
    assert _without_tokens(foreign).replace(known, "ZZZZ-ZZZZ") == _without_tokens(absent)


def _without_tokens(page: str) -> str:
    return re.sub(r'name="csrf" value="[^"]+"|nonce="[^"]+"|data-\w+="\d+"', "", page)


def test_a_slip_of_the_hand_is_told_beside_the_field(brokerage: Brokerage) -> None:
    walker = brokerage.browser()
    walker.activate("hanako")
    walker.log_in("hanako")
    walker.see("/messages/check")
    answer = walker.send("/messages/check", reference='<b>"KQMX')
    assert answer.status_code == 422 and "A reference has eight letters" in answer.text
    assert 'aria-invalid="true"' in answer.text and "<b>" not in answer.text


def test_who_is_not_logged_in_gets_no_answer_true_or_false(brokerage: Brokerage) -> None:
    walker, stranger = brokerage.browser(), brokerage.browser()
    walker.activate("hanako")
    stranger.see("/login")
    answers = [stranger.send("/messages/check", reference=one) for one in (reference_of(brokerage, "hanako"), "ZZZZ-ZZZZ")]
    assert {(one.status_code, one.headers["location"], one.text) for one in answers} == {(303, answers[0].headers["location"], "")}


def test_the_way_there_is_shown_where_doubts_arise(brokerage: Brokerage) -> None:
    """Behind the login as a link; on pages that anybody sees only in words: a false mail may have led there (J07, J12)."""
    walker = brokerage.browser()
    for page in ("/help/report", "/help/no-code", "/help/restricted", "/compromised"):
        assert "by your own bookmark" in walker.see(page).text and "/messages/check" not in walker.text
    walker.activate("hanako")
    walker.log_in("hanako")
    for page in ("/", "/messages"):
        assert 'href="/messages/check"' in walker.see(page).text
