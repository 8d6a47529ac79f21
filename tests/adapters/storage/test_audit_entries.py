"""The audit log's rows, on both databases (R8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, SealedPosition, seal
from sekisho.domain.audit.entry import AuditEntry, genuine, intact
from sekisho.domain.audit.head import Head
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import Event, EventKind
from tests.adapters.storage.conftest import NOW

SECOND = timedelta(seconds=1)


def _mac(data: bytes) -> bytes:
    return sha256(b"test key" + data).digest()


def _log(storage: SqlStorage, count: int) -> list[AuditEntry]:
    """That many entries, one a second, all sealed."""
    with storage.transaction() as tx:
        for number in range(count):
            tx.audit.append(Event(EventKind.LOGIN_REFUSED, trader=f"trd_{number}"), NOW + number * SECOND)
        entries = tx.audit.unsealed(100)
        tx.audit.place(seal(tx.audit.last_position(), entries))
    return entries


def test_an_entry_comes_back_intact_and_genuine(storage: SqlStorage) -> None:
    event = Event(
        EventKind.LOGIN_REFUSED, "trd_1", "trd_1", "acc_1", "wrong_password", {"tries": 3, "known": False}, {"address": "192.0.2.1"}
    )
    with storage.transaction() as tx:
        tx.audit.append(event, NOW)
    with storage.reading() as tx:
        (entry,) = tx.audit.unsealed(10)
        assert tx.audit.last_position() == tx.audit.checkpoint() == ORIGIN
        assert tx.audit.count() == 0
    assert (entry.kind, entry.reason, entry.account) == ("login.refused", "wrong_password", "acc_1")
    assert entry.personal is not None and "192.0.2.1" not in entry.personal
    assert intact(entry) and genuine(entry, _mac)
    assert not genuine(replace(entry, mac="0" * len(entry.mac)), _mac)


def test_unsealed_entries_come_by_id_in_parts(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for number in (2, 0, 1):
            tx.audit.append(Event(EventKind.NODE_STARTED, actor=f"os:{number}"), NOW + number * SECOND)
        first = tx.audit.unsealed(2)
        rest = tx.audit.unsealed(2, after=first[-1].id)
    assert [entry.actor for entry in (*first, *rest)] == ["os:0", "os:1", "os:2"]


def test_placed_entries_form_the_chain(storage: SqlStorage) -> None:
    entries = _log(storage, 3)
    with storage.reading() as tx:
        sealed = tx.audit.read(1, 10)
        assert [one.entry for one in sealed] == entries
        assert [one.position for one in tx.audit.read(2, 1)] == [2]
        assert tx.audit.last_position() == sealed[-1].point
        assert tx.audit.count() == 3 and tx.audit.unsealed(10) == []
    assert sealed[0] == SealedEntry(entries[0], 1, seal(ORIGIN, entries)[0].link)


@pytest.mark.parametrize("wrong", ["unknown", "placed already", "position taken"])
def test_a_wrong_placing_places_nothing(storage: SqlStorage, wrong: str) -> None:
    placed = _log(storage, 1)[0]
    with storage.transaction() as tx:
        tx.audit.append(Event(EventKind.NODE_STARTED), NOW + SECOND)
        (fresh,) = tx.audit.unsealed(10)
    positions = {
        "unknown": [SealedPosition(fresh.id, 2, "l"), SealedPosition("adt_none", 3, "l")],
        "placed already": [SealedPosition(fresh.id, 2, "l"), SealedPosition(placed.id, 3, "l")],
        "position taken": [SealedPosition(fresh.id, 1, "l")],
    }[wrong]
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.audit.place(positions)
    assert refused.value.kind is Kind.CONFLICT
    with storage.reading() as tx:
        assert tx.audit.unsealed(10) == [fresh]


@pytest.mark.parametrize(("seconds", "position"), [(0, None), (1, 1), (2.5, 3), (9, 3)])
def test_last_before_is_the_end_of_the_old_part(storage: SqlStorage, seconds: float, position: int | None) -> None:
    _log(storage, 3)
    with storage.reading() as tx:
        point = tx.audit.last_before(NOW + seconds * SECOND)
    assert (point and point.position) == position


def test_last_before_never_passes_over_a_young_entry(storage: SqlStorage) -> None:
    _log(storage, 2)
    with storage.transaction() as tx:
        tx.audit.append(Event(EventKind.NODE_STARTED), NOW - SECOND)  # committed late: old, but behind younger ones
        tx.audit.place(seal(tx.audit.last_position(), tx.audit.unsealed(10)))
        point = tx.audit.last_before(NOW + SECOND)
    assert point is not None and point.position == 1


def test_a_purge_leaves_a_checkpoint(storage: SqlStorage) -> None:
    _log(storage, 3)
    with storage.transaction() as tx:
        through = tx.audit.read(2, 1)[0].point
        assert tx.audit.purge(through) == 2
        assert tx.audit.checkpoint() == through
        assert [one.position for one in tx.audit.read(1, 10)] == [3]
        last = tx.audit.read(3, 1)[0].point
        assert tx.audit.purge(last) == 1
        assert tx.audit.last_position() == last  # the chain goes on where it was
        assert tx.audit.last_before(NOW + 9 * SECOND) is None


def test_heads_are_kept_and_exported_by_sink(storage: SqlStorage) -> None:
    heads = [Head(number, number, "l", 5, "Seki 証券", 1, ("trd_1", "trd_2"), "key", "c2ln") for number in (1, 2, 3)]
    with storage.transaction() as tx:
        assert tx.audit.epoch() == 1
        assert tx.audit.last_head() is None
        for head in heads:
            tx.audit.add_head(head)
        assert tx.audit.last_head() == heads[2]
        assert tx.audit.heads(2, 10) == heads[1:] and tx.audit.heads(1, 1) == heads[:1]
        assert tx.audit.unexported_heads("file", 10) == heads
        tx.audit.mark_exported("file", 2, NOW)
        tx.audit.mark_exported("file", 1, NOW)  # a late answer takes nothing back
        assert tx.audit.unexported_heads("file", 10) == heads[2:]
        assert tx.audit.unexported_heads("syslog", 1) == heads[:1]


def test_a_head_number_is_given_once(storage: SqlStorage) -> None:
    head = Head(1, 0, "l", 5, "Seki", 1, (), "key", "c2ln")
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.audit.add_head(head)
        tx.audit.add_head(head)
    assert refused.value.kind is Kind.CONFLICT


def test_personal_fields_can_be_erased_without_breaking_the_chain(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.audit.append(Event(EventKind.LOGIN_REFUSED, personal={"address": "192.0.2.1"}), NOW)
    with storage.database.writing() as line:
        line.run(text("UPDATE audit_entries SET personal = NULL"))
    with storage.reading() as tx:
        (entry,) = tx.audit.unsealed(1)
    assert entry.erased and intact(entry) and genuine(entry, _mac)


def test_the_origin_is_the_end_of_an_empty_log(storage: SqlStorage) -> None:
    with storage.reading() as tx:
        assert tx.audit.last_position() == ChainPoint(0, ORIGIN.link)
