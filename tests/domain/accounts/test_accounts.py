"""Usernames, look-alikes, phones, mandates, and who may stand at the gate (R7, R11, R16; I27, J34)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.accounts import Mandate, Right, Role, Trader, checked_phone, checked_username, country_code, look_alike, masked_phone
from sekisho.domain.accounts.account import checked_number
from sekisho.domain.accounts.names import typed_username
from sekisho.domain.accounts.trader import checked_name
from sekisho.kernel.decision import Reason
from sekisho.kernel.errors import Kind, SekishoError

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "typed, kept",
    [("Aiko", "aiko"), ("  aiko.mori ", "aiko.mori"), ("a_b-c", "a_b-c"), ("abcd", "abcd"), ("a" * 32, "a" * 32), ("1234a", "1234a")],
)
def test_usernames_that_are_taken(typed: str, kept: str) -> None:
    """R16: 4 to 32 of [a-z0-9._-], lower-cased."""
    assert checked_username(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "a" * 33, "1234", ".aiko", "aiko.", "ai ko", "aiko\n", "aiko\x00", "áiko", "アイコ", "aiko@firm", "ａｉｋｏ", "ai\u200bko"],
)
def test_usernames_that_are_refused(typed: str) -> None:
    if typed == "aiko\n":  # blanks around a name are cut, as a browser's copy and paste brings them
        assert checked_username(typed) == "aiko"
        return
    with pytest.raises(SekishoError) as refused:
        checked_username(typed)
    assert refused.value.kind is Kind.INVALID
    assert typed.strip() == "" or typed.strip() not in str(refused.value)


@pytest.mark.parametrize(
    "one, other",
    [("aiko", "alko"), ("aiko", "a1ko"), ("tomo", "t0mo"), ("sato5", "satos"), ("aiko.mori", "aikomori"), ("a-b_c.d", "abcd"),
     ("morn", "mom"), ("vvada", "wada")],
)  # fmt: skip
def test_names_that_look_alike_are_one(one: str, other: str) -> None:
    """R16, I27: unique also by look-alikes."""
    assert look_alike(one) == look_alike(other)


@pytest.mark.parametrize("one, other", [("aiko", "aika"), ("sato", "saito"), ("mori", "mora")])
def test_names_that_look_different_stay_different(one: str, other: str) -> None:
    assert look_alike(one) != look_alike(other)


@given(st.text())
def test_anything_typed_at_the_login_can_be_looked_up(text: str) -> None:
    """Never raises, and what comes back is a text that every database and hash can take."""
    typed = typed_username(text)
    assert len(typed.encode()) <= 4 * 64 and "\x00" not in typed


@pytest.mark.parametrize("text", ["aiko\x00", "\ud800", "x" * 100_000, "İ" * 64])
def test_nonsense_is_an_unknown_name(text: str) -> None:
    typed = typed_username(text)
    assert len(typed) <= 64 and "\x00" not in typed
    typed.encode()


@pytest.mark.parametrize(
    "written, kept",
    [("+81 90 1234 5678", "+819012345678"), ("+81-90-1234-5678", "+819012345678"), ("+1 650-253-0000", "+16502530000")],
)
def test_phones_are_kept_as_e164(written: str, kept: str) -> None:
    assert checked_phone(written) == kept


@pytest.mark.parametrize("written", ["", "090-1234-5678", "+81 3 3211 1111", "+81 90 77", "+999 1234567", "call me", "+81 0120 000 000"])
def test_phones_that_no_code_can_reach_are_refused(written: str) -> None:
    """R16: E.164, a mobile number; the refusal does not repeat it."""
    with pytest.raises(SekishoError) as refused:
        checked_phone(written)
    assert refused.value.kind is Kind.INVALID
    assert not written or written not in str(refused.value)


def test_a_shown_phone_keeps_country_and_two_digits() -> None:
    shown = masked_phone("+819012345678")
    assert shown.startswith("+81 ") and shown.endswith("78")
    assert sum(sign.isdigit() for sign in shown) == 4


@pytest.mark.parametrize("phone, country", [("+819012345678", "+81"), ("+16502530000", "+1"), ("+35312345678", "+353")])
def test_the_country_of_a_phone(phone: str, country: str) -> None:
    assert country_code(phone) == country


@pytest.mark.parametrize(
    "role, rights",
    [
        (Role.HOLDER, {Right.VIEW, Right.TRADE, Right.WITHDRAW, Right.MANAGE_SECURITY}),
        (Role.VIEWER, {Right.VIEW}),
        (Role.TRADER, {Right.VIEW, Right.TRADE}),
        (Role.TREASURER, {Right.VIEW, Right.TRADE, Right.WITHDRAW}),
        (Role.SECURITY, {Right.VIEW, Right.MANAGE_SECURITY}),
    ],
)
def test_each_role_carries_its_rights_and_no_other(role: Role, rights: set[Right]) -> None:
    mandate = Mandate("man_1", "acc_1", "trd_1", role, START)
    assert {right for right in Right if mandate.allows(right, START)} == rights


@pytest.mark.parametrize("days, holds", [(-1, False), (0, True), (1, True), (2, False), (3, False)])
def test_a_mandate_is_dated(days: int, holds: bool) -> None:
    mandate = Mandate("man_1", "acc_1", "trd_1", Role.HOLDER, START, until=START + 2 * DAY)
    assert mandate.holds(START + days * DAY) is holds
    assert mandate.allows(Right.VIEW, START + days * DAY) is holds


TRADER = Trader("trd_1", "aiko", "Aiko", "ja", START, activated=START)


@pytest.mark.parametrize(
    "trader, reason",
    [
        (TRADER, None),
        (replace(TRADER, activated=None), Reason.NOT_ACTIVATED),
        (replace(TRADER, suspended=START), Reason.TRADER_SUSPENDED),
        (replace(TRADER, frozen=frozenset({"compromise"})), Reason.TRADER_FROZEN),
        (replace(TRADER, suspended=START, frozen=frozenset({"desk"})), Reason.TRADER_FROZEN),
    ],
)
def test_who_may_stand_at_the_gate(trader: Trader, reason: Reason | None) -> None:
    assert getattr(trader.admits(), "reason", None) is reason


@pytest.mark.parametrize("name", ["", "   ", "a" * 101, "a\nb", "a\x1b[31m", "a\u202eb", "a\u200bb", "\x00"])
def test_names_with_control_or_direction_characters_are_refused(name: str) -> None:
    with pytest.raises(SekishoError):
        checked_name(name)


@pytest.mark.parametrize("name, kept", [("森 愛子", "森 愛子"), (" Aiko Mori ", "Aiko Mori"), ("e\u0301", "é")])
def test_names_are_kept_in_nfc(name: str, kept: str) -> None:
    assert checked_name(name) == kept


@pytest.mark.parametrize("number, kept", [("sk-001", "SK-001"), (" 123 ", "123")])
def test_account_numbers(number: str, kept: str) -> None:
    assert checked_number(number) == kept


@pytest.mark.parametrize("number", ["", "12", "-12", "1" * 21, "12 34", "１２３"])
def test_account_numbers_that_are_refused(number: str) -> None:
    with pytest.raises(SekishoError):
        checked_number(number)
