"""P3, R5: lines as people write them. Mended where that is safe, with a word; else refused with reason and line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from sekisho.domain.ip_restrictions import AddressList, IpRestrictionPolicy, Reading, change_list, read_entries, written_entries

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def read(text: str, largest: int = 10_000) -> Reading:
    return read_entries(text, TOKYO, largest, NOW)


@pytest.mark.parametrize(
    "line, network, label",
    [
        ("203.0.113.7", "203.0.113.7/32", ""),
        ("203.0.113.0/24 Office in Tokyo", "203.0.113.0/24", "Office in Tokyo"),
        ("  203.0.113.0/24,  東京の事務所 ", "203.0.113.0/24", "東京の事務所"),
        ("２０３.０.１１３.７ 全角", "203.0.113.7/32", "全角"),
        ("2001:db8::1", "2001:db8::1/128", ""),
        ("2001:DB8::/32 Data centre", "2001:db8::/32", "Data centre"),
        ("10.0.0.0/8 inside", "10.0.0.0/8", "inside"),
        ("127.0.0.1", "127.0.0.1/32", ""),
    ],
)
def test_a_line_becomes_an_entry(line: str, network: str, label: str) -> None:
    reading = read(line)
    assert (reading.problems, reading.mended) == ((), ())
    assert [(str(one.network), one.label) for one in reading.entries] == [(network, label)]


@pytest.mark.parametrize(
    "line, network",
    [
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.9/120", "203.0.113.0/24"),
    ],
)
def test_what_is_safe_to_mend_is_mended_with_a_word(line: str, network: str) -> None:
    reading = read(f"# a comment\n{line} Home")
    assert [str(one.network) for one in reading.entries] == [network]
    assert [note.line for note in reading.mended] == [2]
    assert reading.mended[0].values == {"network": network}


@pytest.mark.parametrize(
    "line",
    [
        "0.0.0.0/0", "::/0", "0.0.0.0", "::", "1.0.0.0/7", "2000::/3", "2001::/15", "224.0.0.1", "ff02::1", "240.0.0.0/4",
        "255.255.255.255", "fe80::1%eth0", "203.0.113.0/255.255.255.0", "203.0.113.0/0.0.0.255", "203.0.113.0/33", "2001:db8::/129",
        "203.0.113.0/-1", "203.0.113.0/", "/24", "203.0.113", "203.0.113.256", "0203.0.113.7", "0xcb007107", "3405803783", "[2001:db8::1]",
        "203.0.113.7:443", "203.0.113.1-203.0.113.9", "::ffff:0:0/90", "::ffff:0:0/96", "office", "https://example.com", "203.0.113.7\x00",
        "203.0.113.0/24 " + "x" * 61, "203.0.113.0/24 turned \u202e round", "203.0.113.7 until 2026-11-22", "203.0.113.7 until 2026-02-30",
        "203.0.113.7 from 2027-02-02 until 2027-02-01", "203.0.113.7 until 2027-01-01 until 2027-01-02", "203.0.113.7 until 9999-12-31",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_line(line: str) -> None:
    reading = read(f"198.51.100.7 good\n{line}")
    assert [problem.line for problem in reading.problems] == [2], reading


def test_days_hold_in_the_firms_time_zone_and_are_inclusive() -> None:
    reading = read("203.0.113.7 trip, from 2026-12-01 until 2026-12-31")
    (entry,) = reading.entries
    assert entry.label == "trip"
    assert entry.since == datetime(2026, 11, 30, 15, tzinfo=UTC) and entry.until == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert not read("203.0.113.7 until 2026-11-23").problems, "today is still allowed"


@pytest.mark.parametrize(
    "lines, kept",
    [
        (["203.0.113.0/24", "203.0.113.7"], ["203.0.113.0/24"]),
        (["203.0.113.7", "203.0.113.0/24"], ["203.0.113.0/24"]),
        (["203.0.113.7 first", "203.0.113.7 second"], ["203.0.113.7/32"]),
        (["203.0.113.0/24 until 2027-01-01", "203.0.113.7"], ["203.0.113.0/24", "203.0.113.7/32"]),
        (["2001:db8::/32", "203.0.113.0/24"], ["2001:db8::/32", "203.0.113.0/24"]),
    ],
)
def test_what_a_wider_network_holds_anyway_is_left_out_with_a_word(lines: list[str], kept: list[str]) -> None:
    reading = read("\n".join(lines))
    assert [str(one.network) for one in reading.entries] == kept
    assert len(reading.mended) == len(lines) - len(kept) and not reading.problems


def test_ten_thousand_lines_are_read_and_one_more_is_refused() -> None:
    lines = [f"10.{high}.{low}.0/24" for high in range(40) for low in range(250)]
    assert len(read("\n".join(lines)).entries) == 10_000
    too_many = read("\n".join([*lines, "192.0.2.1"]))
    assert not too_many.entries and [problem.line for problem in too_many.problems] == [0]


def test_what_was_read_is_written_as_it_was_read() -> None:
    lines = "203.0.113.7 Home\n2001:db8::/32\n198.51.100.0/24 Trip from 2026-12-01 until 2026-12-31"
    assert written_entries(read(lines).entries, TOKYO) == lines


LONG = [
    "203.0.113.1 a" + "," * 60_000 + "x",
    "203.0.113.1 a" + " " * 60_000 + "x",
    "203.0.113.1 from" + " " * 60_000 + "x",
    "203.0.113.1 " + "from 2027-01-01 " * 4_000 + "x",
    "203.0.113.1 " + "\ufdfa" * 190,  # one letter that is read as eighteen
]


@pytest.mark.parametrize("line", LONG, ids=["commas", "blanks", "from", "days", "letters"])
def test_a_line_without_end_is_refused_at_once(line: str) -> None:
    """R5: whoever has a session may send one; half a minute of one core would be the answer."""
    began = process_time()
    reading = read(line)
    assert process_time() - began < 0.2
    assert [(one.line, one.values) for one in reading.problems] == [(1, {"most": 200})]


def windows(count: int, network: str = "203.0.113.1", first: int = 0) -> list[str]:
    """Lines of which none covers another: single days, every other one."""
    days = [date(2030, 1, 1) + timedelta(days=2 * (first + number)) for number in range(count)]
    return [f"{network} from {day} until {day}" for day in days]


def test_sixteen_lines_may_hold_the_same_addresses_and_no_more() -> None:
    assert len(read("\n".join(windows(16))).entries) == 16
    crowded = read("\n".join(["192.0.2.1", *windows(17)]))
    assert not crowded.entries and [one.line for one in crowded.problems] == [2]
    nested = [*windows(8), *windows(8, "203.0.113.0/24", 8), *windows(1, "203.0.0.0/16", 16)]
    assert [one.line for one in read("\n".join(nested)).problems] == [1]
    assert [one.line for one in read("\n".join(windows(1_500))).problems] == [1]


def test_a_list_as_crowded_as_it_may_be_costs_little() -> None:
    """R5: as much as a form holds, each network with its sixteen windows; read, and compared with another like it."""
    lines = [line for number in range(90) for line in windows(16, f"203.0.113.{number}")]
    others = [line for number in range(90) for line in windows(16, f"203.0.113.{number}", 1)]
    began = process_time()
    before, wanted = read("\n".join(lines)), read("\n".join(others))
    assert len(before.entries) == len(wanted.entries) == 1_440
    change_list(AddressList("trd_1", 1, before.entries, NOW, ""), wanted.entries, frozenset(), "trd_1", IpRestrictionPolicy(), NOW)
    assert process_time() - began < 0.5


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "   "])
def test_an_empty_list_is_a_list(text: str) -> None:
    assert read(text) == Reading(read("").entries, (), ())
