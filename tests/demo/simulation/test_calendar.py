"""The Japanese calendar of the simulated market, against the days that the Cabinet Office and the exchange have published."""

from datetime import UTC, date, datetime

import pytest

from sekisho.demo.simulation.calendar import is_trading_day, national_holidays, next_trading_day, start_of

PUBLISHED = {  # Cabinet Office, "Kokumin no shukujitsu", 2025 and 2026
    2025: "01-01 01-13 02-11 02-23 02-24 03-20 04-29 05-03 05-04 05-05 05-06 07-21 08-11 09-15 09-23 10-13 11-03 11-23 11-24",
    2026: "01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_national_holidays_are_those_published(year):
    assert sorted(day.strftime("%m-%d") for day in national_holidays(year)) == PUBLISHED[year].split()


@pytest.mark.parametrize(
    "day, trades",
    [
        (date(2025, 9, 1), True),
        (date(2025, 9, 6), False),  # Saturday
        (date(2025, 11, 24), False),  # the day after a holiday on Sunday
        (date(2026, 9, 22), False),  # between two holidays
        (date(2025, 12, 30), True),
        (date(2025, 12, 31), False),  # the exchange's year end
        (date(2026, 1, 2), False),
        (date(2026, 1, 5), True),
    ],
)
def test_the_market_trades(day, trades):
    assert is_trading_day(day) is trades


def test_the_next_trading_day_lies_behind_weekend_and_holidays():
    assert next_trading_day(date(2026, 5, 1)) == date(2026, 5, 7)


def test_a_day_begins_at_midnight_in_japan():
    assert datetime.fromtimestamp(start_of(date(2025, 9, 1)) / 1000, UTC) == datetime(2025, 8, 31, 15, tzinfo=UTC)


def test_years_outside_the_act_are_refused():
    with pytest.raises(ValueError, match="2021"):
        national_holidays(2021)
