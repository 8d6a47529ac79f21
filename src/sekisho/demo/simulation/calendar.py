"""The Japanese calendar and the hours of the Tokyo market, in Japan's time (UTC+9, no summer time since 1951)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

__all__ = ["AFTERNOON", "DAY", "HOUR", "MINUTE", "MORNING", "is_trading_day", "national_holidays", "next_trading_day", "start_of"]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MORNING = (9 * HOUR, 11 * HOUR + 30 * MINUTE)
AFTERNOON = (12 * HOUR + 30 * MINUTE, 15 * HOUR + 30 * MINUTE)  # to 15:30 since 2024-11-05

_JAPAN = timedelta(hours=9)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIXED = ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))  # month, which Monday: coming of age, sea, respect for the aged, sports


def start_of(day: date) -> int:
    """Midnight in Japan, as ms since 1970 in UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - _JAPAN
    return (midnight - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=32)
def national_holidays(year: int) -> frozenset[date]:
    """By the Act on National Holidays (1948, as amended to 2020), for 2022 to 2099: the Olympic years' exceptions are not in it.

    A holiday on a Sunday moves to the next day that is none (article 3 (2)); a weekday between two holidays is one (3 (3)).
    """
    if not 2022 <= year <= 2099:
        raise ValueError(f"holidays are computed for 2022 to 2099, not for {year}")
    days = {date(year, month, day) for month, day in _FIXED} | {_monday(year, month, which) for month, which in _MONDAYS}
    days |= {date(year, 3, _equinox(year, 20.8431)), date(year, 9, _equinox(year, 23.2488))}
    for day in sorted(days):
        if day.weekday() == 6:
            moved = day + timedelta(days=1)
            while moved in days:
                moved += timedelta(days=1)
            days.add(moved)
    between = {day + timedelta(days=1) for day in days if day + timedelta(days=2) in days and (day + timedelta(days=1)).weekday() != 6}
    return frozenset(days | between)


def is_trading_day(day: date) -> bool:
    """The Tokyo Stock Exchange rests on weekends, national holidays, 31 December and 1 to 3 January."""
    year_end = (day.month, day.day) in {(12, 31), (1, 1), (1, 2), (1, 3)}
    return day.weekday() < 5 and not year_end and day not in national_holidays(day.year)


def next_trading_day(day: date) -> date:
    """The first one after that day."""
    following = day + timedelta(days=1)
    while not is_trading_day(following):
        following += timedelta(days=1)
    return following


def _monday(year: int, month: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(7 - first.weekday()) % 7 + 7 * (which - 1))


def _equinox(year: int, base: float) -> int:
    """Day of the month by the common approximation, which holds for 1980 to 2099."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)
