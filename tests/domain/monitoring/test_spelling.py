"""P7: what looks the same is one name, and what looks different stays two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.monitoring.list_member import checked_member
from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.kernel.errors import SekishoError

ONE = "bank:0001-123-9"
SAME = [
    "bank:0001-123-9 ", " bank:0001-123-9", "\tbank:0001-123-9\n", "ｂａｎｋ：０００１－１２３－９", "bank:0001\u200b-123-9",
    "\ufeffbank:0001-123-9",
    "bank:0001-\u00ad123-9", "\u202ebank:0001-123-9", "bank:0001-123-9\ufe0f", "bank:0001-123-9\u3164", "bank:0001-123-9\u2800",
    "bank:0001-123-9\u3000", "bank:0001-123-9\u00a0", "bank:0001-123-\u0000" + "9", "bank:0001-123-9\U000e0100",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_what_nobody_can_tell_apart_is_one_name(text: str) -> None:
    assert one_spelling(text) == ONE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("東京　太郎", "東京 太郎"), ("ｶﾌﾞｼｷ ｶﾞｲｼｬ", "カブシキ ガイシャ"), ("Café", "Cafe\u0301"), ("A  B", "A B"), ("A\u2003B", "A B"),
        ("e\u034f\u0301", "é"), ("葛\u200b\U000e0100飾", "葛\U000e0100飾"), ("葛\U000e0100\U000e0101飾", "葛\U000e0100飾"),
        ("\ufa19", "\u795e"),
    ],
)  # fmt: skip
def test_names_of_people_are_one_however_they_are_typed(one: str, other: str) -> None:
    assert one_spelling(one) == one_spelling(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bank:A", "bank:a"), ("bank:12", "bank:1 2"), ("bank:1", "bank:11"), ("7203", "7203.T"), ("が", "か"),
        ("1234-12²", "1234-122"), ("1234-12₂", "1234-122"), ("acct①", "acct1"), ("acct½", "acct1⁄2"), ("acct𝟎", "acct0"), ("ﬁrm", "firm"),
        ("㈱", "(株)"), ("㍿", "株式会社"), ("葛\U000e0100飾", "葛飾"), ("葛\U000e0100飾", "葛\U000e0101飾"),
    ],
)  # fmt: skip
def test_what_looks_different_stays_different(one: str, other: str) -> None:
    assert one_spelling(one) != one_spelling(other)


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u200b", "\u3164", "\u2800 \ufe0f", "\ufeff\u200d"])
def test_what_shows_nothing_is_no_name(text: str) -> None:
    assert one_spelling(text) == ""
    with pytest.raises(SekishoError):
        checked_member("payee", text)


@given(st.text(max_size=64))
def test_a_spelling_is_its_own_and_holds_nothing_unseen(text: str) -> None:
    spelt = one_spelling(text)
    assert one_spelling(spelt) == spelt == spelt.strip() and "  " not in spelt
    assert all(letter.isprintable() or unicodedata.category(letter) in ("Cn", "Co", "Cs") for letter in spelt)


@given(st.text(min_size=1, max_size=64), st.sampled_from("\u200b\u200d\ufeff\u00ad\u2060\u202e\ufe0f"), st.integers(0, 64))
def test_a_sign_that_nobody_sees_changes_no_name(text: str, sign: str, at: int) -> None:
    """Wherever it is put; a variation selector between a letter and its accent too."""
    assert one_spelling(text[:at] + sign + text[at:]) == one_spelling(text)


@given(st.text(min_size=1, max_size=64))
def test_a_list_holds_what_events_carry(text: str) -> None:
    """Members of lists are spelt as events are: else they stand there and are never found."""
    try:
        member = checked_member("payee", text)
    except SekishoError:
        return
    assert member == one_spelling(text)
