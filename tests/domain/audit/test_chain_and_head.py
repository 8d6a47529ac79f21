"""Positions, links and signed heads; their lines of text."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, purge_facts, purged_through, seal
from sekisho.domain.audit.entry import AuditEntry, write_entry
from sekisho.domain.audit.head import Head, authentic, sign, unsigned_head
from sekisho.domain.audit.lines import entry_line, head_line, header_line, read_entry, read_head, read_header
from sekisho.domain.audit.policy import AuditPolicy
from sekisho.kernel.events import Event, EventKind

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def entry(**facts) -> AuditEntry:
    event = Event(EventKind.NODE_STARTED, facts=facts, personal={"host": "a"})
    return write_entry(event, NOW, lambda data: b"m", lambda plain, context: plain)


def signer(data: bytes) -> bytes:
    return b"signed:" + data


def verifies(data: bytes, signature: bytes) -> bool:
    return signature == b"signed:" + data


def head() -> Head:
    return sign(unsigned_head(None, ChainPoint(3, "ab"), NOW, "firm", 1, ("rst_b", "rst_a", "rst_b")), "k1", signer)


def test_positions_follow_without_gaps_whatever_the_order_of_ids():
    entries = [entry(n=n) for n in range(4)]
    placed = seal(ORIGIN, entries[::-1])
    assert [place.position for place in placed] == [1, 2, 3, 4]
    assert [place.id for place in placed] == [e.id for e in entries[::-1]]
    later = seal(ChainPoint(placed[1].position, placed[1].link), entries[1::-1])
    assert later == placed[2:]


def test_a_link_covers_all_before_it():
    first, second = entry(n=1), entry(n=2)
    assert seal(ORIGIN, [first, second])[1].link != seal(ORIGIN, [second, first])[1].link
    assert seal(ORIGIN, [first])[0].link != seal(ChainPoint(0, "00"), [first])[0].link
    assert seal(ORIGIN, [first])[0].link != seal(ORIGIN, [replace(first, mac="00")])[0].link


def test_a_head_is_signed_whole():
    assert head().standing == ("rst_a", "rst_b")
    assert authentic(head(), verifies)
    for name in (f.name for f in fields(Head)):
        value = getattr(head(), name)
        other = {int: lambda v: v + 1, str: lambda v: v + "A", tuple: lambda v: v[:1]}[type(value)](value)
        assert not authentic(replace(head(), **{name: other}), verifies), name


@pytest.mark.parametrize("signature", ["", "%", "QQ", "QQ==\n", "QR=="])
def test_a_signature_that_is_no_base64_is_not_authentic(signature):
    assert not authentic(replace(head(), signature=signature), lambda data, given: bool(given))


def test_head_numbers_have_no_gaps():
    following = unsigned_head(head(), ChainPoint(3, "ab"), NOW + timedelta(minutes=1), "firm", 1, ())
    assert following.number == 2


def test_lines_read_back():
    sealed = SealedEntry(entry(n=1), 7, "ab")
    assert read_entry(entry_line(sealed)) == sealed
    assert read_entry(entry_line(sealed.entry)) == sealed.entry
    assert read_head(head_line(head())) == head()
    assert read_header(header_line(ORIGIN)) == ORIGIN


# Written once: an entry has a random salt, and the property below needs the same lines each time.
LINES = ((entry_line(SealedEntry(entry(n=1), 7, "ab")), read_entry), (head_line(head()), read_head), (header_line(ORIGIN), read_header))


@given(st.data())
def test_no_changed_byte_of_a_line_is_read_as_the_same(data):
    for line, read in LINES:
        at = data.draw(st.integers(0, len(line) - 1))
        changed = line[:at] + data.draw(st.characters(codec="utf-8").filter(lambda c, was=line[at]: c != was)) + line[at + 1 :]
        with suppress(ValueError):
            assert read(changed) != read(line)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("[]", read_entry),
        ("{}", read_entry),
        ("null", read_head),
        ("{}", read_head),
        ("{}", read_header),
        (entry_line(SealedEntry(entry(), 1, "a")).replace('"position":1', '"position":null'), read_entry),
        (entry_line(SealedEntry(entry(), 1, "a")).replace('"position":1', '"position":true'), read_entry),
        (head_line(head()).replace('"number":1', '"number":"1"'), read_head),
        (head_line(head()).replace('"standing":["rst_a","rst_b"]', '"standing":[1]'), read_head),
        (header_line(ORIGIN).replace('"checkpoint"', '"a":1,"checkpoint"'), read_header),
    ],
)
def test_lines_are_strict(line, read):
    with pytest.raises(ValueError):
        read(line)


def test_a_purge_names_its_point():
    assert purged_through(purge_facts(ChainPoint(5, "ab"))) == ChainPoint(5, "ab")
    assert purged_through({"through": True, "link": "ab"}) is None
    assert purged_through([]) is None


@pytest.mark.parametrize(
    "numbers",
    [
        {"keep_audit": timedelta(days=364)},
        {"seal_every": timedelta(seconds=2)},
        {"sign_every": timedelta(minutes=2)},
        {"keep_messages": timedelta(0)},
    ],
)
def test_policy_has_bounds(numbers):
    with pytest.raises(ValueError):
        AuditPolicy(**numbers)
