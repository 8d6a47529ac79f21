"""Times and masked addresses as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sekisho.texts.catalogue import Language
from sekisho.texts.formats import Formats, masked_email, masked_phone

TOKYO = ZoneInfo("Asia/Tokyo")
EN, JA = Formats(Language.EN, TOKYO), Formats(Language.JA, TOKYO)
LATE = datetime(2025, 12, 31, 15, 4, 9, tzinfo=UTC)  # already New Year in Tokyo


def test_days_and_hours_follow_the_zone_of_the_firm() -> None:
    assert (EN.date(LATE), JA.date(LATE)) == ("1 January 2026", "2026年1月1日")
    assert (EN.time(LATE), JA.time(LATE)) == ("00:04", "00:04")
    assert (EN.date_and_time(LATE), JA.date_and_time(LATE)) == ("1 January 2026, 00:04", "2026年1月1日 00:04")
    assert (EN.exact(LATE), JA.exact(LATE)) == ("1 January 2026, 00:04:09 JST", "2026年1月1日 00:04:09 JST")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        EN.date(datetime(2025, 1, 1))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize(
    ("span", "english", "japanese"),
    [
        (timedelta(minutes=10), "10 minutes", "10分"),
        (timedelta(minutes=1), "1 minute", "1分"),
        (timedelta(minutes=90), "1 hour 30 minutes", "1時間30分"),
        (timedelta(days=2, seconds=1), "2 days 1 second", "2日1秒"),
        (timedelta(seconds=59, milliseconds=1), "1 minute", "1分"),  # rounded up: a wait never ends early
        (timedelta(0), "0 seconds", "0秒"),
        (timedelta(seconds=-3), "0 seconds", "0秒"),
    ],
)
def test_durations(span: timedelta, english: str, japanese: str) -> None:
    assert (EN.duration(span), JA.duration(span)) == (english, japanese)


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+819012345642", "+81 ·· ···· ··42"),
        ("+12025550142", "+1 ·· ···· ··42"),
        ("+35312345642", "+353 ···· ··42"),
        ("+18005550199", "+1 ·· ···· ··99"),
        ("09012345642", "········"),  # not E.164: nothing is shown
        ("+81 90 1234", "········"),
        ("+٨١٩٠١٢٣٤٥٦", "········"),
        ("", "········"),
    ],
)
def test_a_masked_phone_number_shows_the_country_and_two_digits(number: str, masked: str) -> None:
    assert masked_phone(number) == masked


@pytest.mark.parametrize(("address", "masked"), [("hanako@example.jp", "h···@example.jp"), ("@example.jp", "········"), ("x", "········")])
def test_a_masked_email_address_shows_one_letter_and_the_domain(address: str, masked: str) -> None:
    assert masked_email(address) == masked
