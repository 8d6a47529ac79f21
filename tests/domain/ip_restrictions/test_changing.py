"""R5: what a change forbids is forbidden at once, except for known addresses; what it allows waits for the delay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.ip_restrictions import AddressList, Entries, Exempt, IpRestrictionPolicy, change_list, read_entries
from sekisho.kernel.decision import Reason
from sekisho.kernel.errors import Kind, SekishoError

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
POLICY = IpRestrictionPolicy()
ME = "trd_1"


def entries(*lines: str) -> Entries:
    reading = read_entries("\n".join(lines), ZoneInfo("Asia/Tokyo"), 10_000, NOW)
    assert not reading.problems, reading.problems
    return reading.entries


def kept(*lines: str) -> AddressList:
    return AddressList(ME, 1, entries(*lines), NOW, ME)


def admitted(addresses: AddressList, address: str | None, hours: float = 0, trader: str = ME) -> bool:
    where = None if address is None else ip_address(address)
    return not addresses.admits(trader, where, NOW + timedelta(hours=hours)).refused


@pytest.mark.parametrize(
    "before, wanted, forbids, allows",
    [
        ([], ["203.0.113.0/24"], True, False),
        (["203.0.113.0/24"], [], False, True),
        (["203.0.113.0/24"], ["203.0.113.0/25"], True, False),
        (["203.0.113.0/25"], ["203.0.113.0/24"], False, True),
        (["203.0.113.0/24"], ["203.0.113.0/25", "198.51.100.0/24"], True, True),
        (["203.0.113.0/25", "203.0.113.128/25"], ["203.0.113.0/24"], False, False),
        (["203.0.113.0/24"], ["203.0.113.0/25", "203.0.113.128/25"], False, False),
        (["203.0.113.0/24"], ["203.0.113.0/24 with a label"], False, False),
        (["203.0.113.0/24"], ["203.0.113.0/24 until 2027-01-01"], True, False),
        (["203.0.113.0/24 until 2027-01-01"], ["203.0.113.0/24"], False, True),
        (["203.0.113.0/24 until 2027-01-01"], ["203.0.113.0/24 until 2027-06-01"], False, True),
        ([], [], False, False),
    ],
)
def test_what_a_change_does(before: list[str], wanted: list[str], forbids: bool, allows: bool) -> None:
    change = change_list(kept(*before), entries(*wanted), frozenset(), ME, POLICY, NOW)
    assert (change.forbids, change.allows) == (forbids, allows)
    assert (change.after.pending is not None) is allows and change.after.version == 2
    assert (change.after.before is not None) is forbids


def test_a_restriction_holds_at_once_and_more_waits_for_the_delay() -> None:
    change = change_list(kept("203.0.113.0/24"), entries("203.0.113.0/25", "198.51.100.0/24"), frozenset(), ME, POLICY, NOW)
    assert admitted(change.after, "203.0.113.7") and not admitted(change.after, "203.0.113.200")
    assert not admitted(change.after, "198.51.100.7", hours=23.99)
    assert admitted(change.after, "198.51.100.7", hours=24)
    assert not admitted(change.after, None), "no address is on no list"


def test_known_addresses_stay_valid_for_the_delay_for_their_own_trader_alone() -> None:
    home = Exempt(ME, ip_address("198.51.100.7"))
    change = change_list(kept(), entries("203.0.113.0/24"), frozenset({home}), "thief", POLICY, NOW)
    assert admitted(change.after, "198.51.100.7") and admitted(change.after, "198.51.100.7", hours=23.99)
    assert not admitted(change.after, "198.51.100.7", hours=24)
    assert not admitted(change.after, "198.51.100.7", trader="trd_2")
    assert not admitted(change.after, "198.51.100.8")


def test_a_second_change_does_not_shake_off_what_the_first_one_replaced() -> None:
    """A thief who changes the list twice cannot keep the owner from taking the first change back."""
    first = change_list(kept("198.51.100.0/24"), entries("198.51.100.9"), frozenset(), "thief", POLICY, NOW).after
    second = change_list(first, entries("198.51.100.9 again"), frozenset(), "thief", POLICY, NOW).after
    assert second.taken_back(ME, NOW).entries == entries("198.51.100.0/24")


def test_a_cancelled_change_leaves_what_was_forbidden_forbidden() -> None:
    change = change_list(kept("203.0.113.0/24"), entries("203.0.113.0/25", "198.51.100.0/24"), frozenset(), ME, POLICY, NOW)
    cancelled = change.after.cancelled(ME, NOW)
    assert not admitted(cancelled, "198.51.100.7", hours=48) and not admitted(cancelled, "203.0.113.200", hours=48)
    assert cancelled.taken_back(ME, NOW).entries == entries("203.0.113.0/24")


@pytest.mark.parametrize("undo", [AddressList.cancelled, AddressList.taken_back])
def test_there_is_nothing_to_undo_once_the_delay_is_over(undo: object) -> None:
    change = change_list(kept("203.0.113.0/24"), entries("203.0.113.0/25", "198.51.100.0/24"), frozenset(), ME, POLICY, NOW)
    with pytest.raises(SekishoError) as refused:
        undo(change.after, ME, NOW + timedelta(hours=24))  # type: ignore[operator]
    assert refused.value.kind is Kind.INVALID


def test_a_change_that_would_let_nobody_in_is_refused() -> None:
    with pytest.raises(SekishoError) as refused:
        change_list(kept("203.0.113.0/24"), entries("198.51.100.0/24"), frozenset(), ME, POLICY, NOW)
    assert refused.value.kind is Kind.INVALID


def test_the_reasons_tell_a_wrong_address_from_none() -> None:
    listed = kept("203.0.113.0/24")
    assert listed.admits(ME, ip_address("192.0.2.1"), NOW) == listed.admits(ME, ip_address("2001:db8::1"), NOW)
    assert getattr(listed.admits(ME, None, NOW), "reason", None) is Reason.ADDRESS_UNKNOWN
    assert not kept().admits(ME, None, NOW).refused, "without a list anybody may come, from nowhere too"


prefixes = st.integers(8, 12).flatmap(lambda bits: st.tuples(st.just(bits), st.integers(0, 2**bits - 1)))
networks = st.lists(prefixes.map(lambda p: f"{ip_address(p[1] << (32 - p[0]))}/{p[0]}"), min_size=1, max_size=6, unique=True)
INSIDE = [f"{high}.{low}.0.1" for high in (1, 10, 100, 172, 203) for low in (0, 16, 64, 128, 200)]


def safe(lines: list[str]) -> Entries:
    reading = read_entries("\n".join(lines), ZoneInfo("UTC"), 100, NOW)
    return reading.entries


@given(networks, networks)
def test_no_change_ever_allows_more_before_the_delay_is_over(before: list[str], wanted: list[str]) -> None:
    """Until then: exactly what both lists allow; from then on: exactly what was wanted."""
    old, new = safe(before), safe(wanted)
    if not old or not new:
        return
    try:
        change = change_list(AddressList(ME, 1, old, NOW, ME), new, frozenset(), ME, POLICY, NOW)
    except SekishoError:
        assert not any(old.admits(ip_address(a), NOW) and new.admits(ip_address(a), NOW) for a in INSIDE)
        return
    for text in INSIDE:
        address = ip_address(text)
        both = old.admits(address, NOW) and new.admits(address, NOW)
        assert admitted(change.after, text) is both
        assert admitted(change.after, text, hours=24) is new.admits(address, NOW)
