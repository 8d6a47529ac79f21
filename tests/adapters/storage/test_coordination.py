"""Changes, leases and the database's time, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.flows.ports.storage import Change, ChangeKind
from sekisho.kernel.events import Event, EventKind
from tests.adapters.storage.conftest import NOW, People

SECOND = timedelta(seconds=1)


def test_changes_have_numbers_without_gaps(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        assert tx.changes.newest() == 0
        assert [tx.changes.append(ChangeKind.SESSION, f"ses_{n}", NOW) for n in range(2)] == [1, 2]
    with pytest.raises(LookupError), storage.transaction() as tx:
        assert tx.changes.append(ChangeKind.TRADER, "trd_1", NOW) == 3
        raise LookupError
    with storage.transaction() as tx:
        assert tx.changes.append(ChangeKind.TRADER, "trd_2", NOW) == 3
        assert tx.changes.since(1) == [Change(2, ChangeKind.SESSION, "ses_1"), Change(3, ChangeKind.TRADER, "trd_2")]
        assert tx.changes.since(0, limit=1) == [Change(1, ChangeKind.SESSION, "ses_0")]
        assert tx.changes.newest() == 3


def test_a_lease_has_one_holder_and_a_growing_token(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        first = tx.leases.acquire("sealer", "node a", NOW, NOW + 5 * SECOND)
        assert first is not None and first.token == 1
        assert tx.leases.acquire("sealer", "node b", NOW + 4 * SECOND, NOW + 9 * SECOND) is None
        other = tx.leases.acquire("outbox", "node b", NOW, NOW + 5 * SECOND)
        assert other is not None and other.token == 1
        renewed = tx.leases.acquire("sealer", "node a", NOW + 4 * SECOND, NOW + 9 * SECOND)
        assert renewed is not None and (renewed.token, renewed.until) == (1, NOW + 9 * SECOND)
        assert tx.leases.holds(renewed, NOW + 8 * SECOND)
        assert not tx.leases.holds(renewed, NOW + 9 * SECOND)
        taken = tx.leases.acquire("sealer", "node b", NOW + 9 * SECOND, NOW + 14 * SECOND)
        assert taken is not None and taken.token == 2
        assert not tx.leases.holds(renewed, NOW + 8 * SECOND)  # fenced off, even by its own idea of the time
        tx.leases.release(renewed)
        assert tx.leases.holds(taken, NOW + 10 * SECOND)
        tx.leases.release(taken)
        assert not tx.leases.holds(taken, NOW + 10 * SECOND)
        again = tx.leases.acquire("sealer", "node a", NOW + 10 * SECOND, NOW + 15 * SECOND)
        assert again is not None and again.token == 3


def test_a_lease_that_ran_out_gets_a_new_token_for_the_same_holder(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        first = tx.leases.acquire("sealer", "node a", NOW, NOW + 5 * SECOND)
        again = tx.leases.acquire("sealer", "node a", NOW + 6 * SECOND, NOW + 11 * SECOND)
    assert first is not None and again is not None and (first.token, again.token) == (1, 2)


def test_the_newest_time_is_the_latest_that_was_written(storage: SqlStorage, people: People) -> None:
    assert storage.newest_time() is None
    for step, write in enumerate(
        (
            lambda tx, at: tx.audit.append(Event(EventKind.NODE_STARTED), at),
            lambda tx, at: tx.sends.record("trd_1", "strangers", at),
            lambda tx, at: tx.changes.append(ChangeKind.TRADER, "trd_1", at),
        ),
        start=1,
    ):
        with storage.transaction() as tx:
            write(tx, NOW + step * SECOND)
        assert storage.newest_time() == NOW + step * SECOND


def test_the_clock_is_aware_and_about_now(storage: SqlStorage) -> None:
    assert abs(storage.clock() - datetime.now(UTC)) < timedelta(seconds=30)
    storage.ping()
