"""Entries: MAC and hashes cover every field, and erasure leaves them valid (R8)."""

from __future__ import annotations

import hmac
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from sekisho.domain.audit.entry import AuditEntry, genuine, intact, write_entry
from sekisho.kernel.events import Event, EventKind

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
EVENT = Event(
    EventKind.LOGIN_REFUSED,
    actor="trd_a",
    trader="trd_b",
    account="acc_c",
    reason="wrong_password",
    facts={"lane": "strangers", "failures": 3, "last": None, "known": False},
    personal={"address": "192.0.2.7", "program": "関\x00\n\ud800"},
)


def mac(data: bytes) -> bytes:
    return hmac.digest(b"k" * 32, data, "sha256")


def seal_personal(plain: str, context: str) -> str:
    return f"v1.{context}.{plain.encode().hex()}"


def written(event: Event = EVENT) -> AuditEntry:
    return write_entry(event, NOW, mac, seal_personal)


def test_an_entry_is_intact_and_genuine():
    entry = written()
    assert intact(entry) and genuine(entry, mac)
    assert entry.facts == '{"failures":3,"known":false,"lane":"strangers","last":null}'
    assert entry.personal is not None and entry.id in entry.personal
    assert all(text.isascii() for text in (entry.facts, entry.personal))


@pytest.mark.parametrize("name", [f.name for f in fields(AuditEntry) if f.name not in {"mac"}])
def test_no_field_can_be_changed(name):
    entry = written()
    value = getattr(entry, name)
    changed = replace(entry, **{name: value + 1 if isinstance(value, int) else value[:-1] + chr(ord(value[-1]) ^ 1)})
    assert not intact(changed)
    if name in {"actor", "trader", "account", "reason", "personal_hash"}:
        assert not intact(replace(entry, **{name: None}))


def test_a_changed_mac_is_not_genuine():
    entry = written()
    assert not genuine(replace(entry, mac="00" + entry.mac[2:]), mac)
    assert not genuine(entry, lambda data: hmac.digest(b"x" * 32, data, "sha256"))


def test_erasing_personal_fields_leaves_the_entry_valid():
    entry = replace(written(), personal=None)
    assert entry.erased and intact(entry) and genuine(entry, mac)


def test_personal_fields_cannot_be_added_where_there_were_none():
    entry = written(replace(EVENT, personal={}))
    assert entry.personal is None and not entry.erased
    assert not intact(replace(entry, personal="v1.x"))


def test_equal_events_have_different_salts_and_hashes():
    first, second = written(), written()
    assert first.salt != second.salt and first.payload_hash != second.payload_hash
    assert len(first.salt) == 32


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, facts={"amount": 1.5}),
        replace(EVENT, actor="os:a\nb"),
        replace(EVENT, reason=""),
        replace(EVENT, trader="t" * 201),
    ],
)
def test_what_cannot_be_hashed_for_good_is_refused(event):
    with pytest.raises(ValueError):
        written(event)
