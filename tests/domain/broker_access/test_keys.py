"""Keys of the broker's systems (R15): their form, what they open, from where and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.broker_access import (
    AnswerOnce,
    BrokerAccessPolicy,
    BrokerKey,
    Repeat,
    Scope,
    checked_client,
    checked_key,
    checked_repeat_key,
    new_key_text,
    read_key_text,
    repeat_of,
)
from sekisho.kernel.decision import Reason
from sekisho.kernel.errors import SekishoError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
POLICY = BrokerAccessPolicy()


def key(networks: tuple[str, ...] = (), revoked: datetime | None = None, *scopes: Scope) -> BrokerKey:
    listed = tuple(ip_network(one) for one in networks)
    ends = NOW + timedelta(days=90)
    return BrokerKey("bky_1", "desk", "sek_a", "h", NOW, frozenset(scopes), listed, NOW, "os:desk", ends, None, revoked)


def test_a_key_is_read_as_it_was_made() -> None:
    made = new_key_text()
    read = read_key_text(made.whole.reveal())
    assert read is not None and (read.prefix, read.whole) == (made.prefix, made.whole)
    assert made.whole.reveal().startswith(made.prefix) and len(made.prefix) == 12 and len(made.whole) == 50


@given(place=st.integers(4, 49), letter=st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"))
def test_one_wrong_letter_is_seen_by_the_checksum(place: int, letter: str) -> None:
    text = new_key_text().whole.reveal()
    wrong = text[:place] + letter + text[place + 1 :]
    assert (read_key_text(wrong) is None) is (wrong != text)


@pytest.mark.parametrize("text", ["", "sek_", "sek_" + "0" * 46, "SEK_" + "0" * 46, "sek_" + "0" * 5000, "sek_" + "鍵" * 46])
def test_what_has_not_the_form_is_no_key(text: str) -> None:
    assert read_key_text(text) is None


@pytest.mark.parametrize(
    "networks, address, days, refused",
    [
        ((), "198.51.100.1", 0, None),                                      # no list: from anywhere
        ((), None, 89.99, None),
        ((), None, 90, Reason.KEY_EXPIRED),
        (("203.0.113.0/24",), "203.0.113.9", 0, None),
        (("203.0.113.0/24",), "198.51.100.1", 0, Reason.ADDRESS_REFUSED),
        (("203.0.113.0/24",), "2001:db8::1", 0, Reason.ADDRESS_REFUSED),
        (("203.0.113.0/24",), None, 0, Reason.ADDRESS_UNKNOWN),             # a list applies, and nobody vouches for the address
        (("2001:db8::/48",), "2001:db8::1", 0, None),
    ],
)  # fmt: skip
def test_a_key_admits(networks: tuple[str, ...], address: str | None, days: float, refused: Reason | None) -> None:
    decision = key(networks).admits(ip_address(address) if address else None, NOW + timedelta(days=days))
    assert getattr(decision, "reason", None) is refused


def test_a_revoked_key_opens_nothing() -> None:
    assert getattr(key(revoked=NOW).admits(None, NOW), "reason", None) is Reason.KEY_REVOKED


def test_a_key_without_scope_opens_nothing() -> None:
    assert all(key().opens(scope).refused for scope in Scope)
    opened = [scope for scope in Scope if not key((), None, Scope.EVENTS).opens(scope).refused]
    assert opened == [Scope.EVENTS]


@pytest.mark.parametrize(
    "scopes, networks, days",
    [
        ({Scope.EVENTS}, (), 91),                       # R15: at most 90 days
        ({Scope.EVENTS}, (), 0),
        ({Scope.INSTRUCTIONS}, (), 90),                 # R15: instructions need a list
        ({Scope.EVENTS}, ("0.0.0.0/0",), 90),           # a network of everybody is no list
        ({Scope.EVENTS}, ("::/0",), 90),
        ({Scope.EVENTS}, ("203.0.113.7/24",), 90),      # host bits set
        ({Scope.EVENTS}, ("office",), 90),
        ({Scope.EVENTS}, tuple(f"203.0.113.{n}" for n in range(65)), 90),
    ],
)  # fmt: skip
def test_what_cannot_be_a_key_is_refused(scopes: set[Scope], networks: tuple[str, ...], days: int) -> None:
    with pytest.raises(SekishoError):
        checked_key(frozenset(scopes), networks, timedelta(days=days), POLICY)


def test_networks_are_sorted_and_named_once() -> None:
    found = checked_key(frozenset({Scope.INSTRUCTIONS}), ("2001:db8::/48", "203.0.113.9", " 203.0.113.9/32"), timedelta(days=1), POLICY)
    assert found == (ip_network("203.0.113.9/32"), ip_network("2001:db8::/48"))


@pytest.mark.parametrize("name", ["", "a", "Desk", "desk ", "-desk", "desk\n", "d" * 33, "机"])
def test_a_key_is_named_after_a_system(name: str) -> None:
    with pytest.raises(SekishoError):
        checked_client(name)


@pytest.mark.parametrize("text", [None, "", "short", "with blank", "x" * 65, "キー" * 8, "line\nbreak"])
def test_a_request_is_named_by_a_plain_key(text: str | None) -> None:
    with pytest.raises(SekishoError):
        checked_repeat_key(text)


def test_a_repeat_is_the_same_request_or_another() -> None:
    kept = AnswerOnce("ans_1", "desk", "k" * 8, "right", 201, "sealed", NOW)
    assert repeat_of(kept, ("newer", "right")) is Repeat.SAME
    assert repeat_of(kept, ("newer",)) is Repeat.OTHER


@pytest.mark.parametrize("numbers", [{"key_life": timedelta(days=91)}, {"overlap": timedelta(days=15)}, {"bad_keys": 0}])
def test_the_numbers_have_bounds(numbers: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        BrokerAccessPolicy(**numbers)  # type: ignore[arg-type]
