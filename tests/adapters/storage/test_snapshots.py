"""R14: a snapshot of the engine is there as a whole or not at all, however large it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.flows.ports.monitoring import SnapshotPart
from tests.adapters.storage.conftest import NOW

DAY = timedelta(days=1)


def write(storage: SqlStorage, id_: str, sequence: int, *data: bytes, of: str = "a", until: int | None = None) -> None:
    """until: how many of its parts are written before the node dies."""
    for number, piece in enumerate(data[:until], 1):
        with storage.transaction() as tx:
            tx.snapshots.add(SnapshotPart(id_, number, len(data), of, sequence, NOW, piece))


def newest(storage: SqlStorage, of: str = "a") -> tuple[int, bytes] | None:
    with storage.reading() as tx:
        return tx.snapshots.newest(of)


def outlived(storage: SqlStorage, of: str = "a", now: datetime = NOW) -> set[str]:
    with storage.reading() as tx:
        return set(tx.snapshots.outlived(of, now - 30 * DAY, now - timedelta(hours=1)))


def test_it_is_read_as_it_was_written(storage: SqlStorage) -> None:
    assert newest(storage) is None
    write(storage, "snp_1", 10, b"one", b"two", bytes(range(256)))
    write(storage, "snp_2", 99, b"of others", of="b")
    assert newest(storage) == (10, b"onetwo" + bytes(range(256)))
    with storage.reading() as tx:
        assert tx.snapshots.newest_of("a") == (10, NOW)


@pytest.mark.parametrize("written", [0, 1, 2])
def test_one_that_was_left_half_written_is_never_read(storage: SqlStorage, written: int) -> None:
    write(storage, "snp_1", 10, b"old", b"er")
    write(storage, "snp_2", 20, b"n", b"e", b"w", until=written)
    assert newest(storage) == (10, b"older")
    write(storage, "snp_3", 20, b"n", b"e", b"w")  # the next node begins the same moment anew
    assert newest(storage) == (20, b"new")


def test_one_that_is_being_dropped_is_never_read(storage: SqlStorage) -> None:
    write(storage, "snp_1", 10, b"older")
    write(storage, "snp_2", 20, b"n", b"e", b"w")
    for gone, found in ((1, (10, b"older")), (1, (10, b"older")), (1, (10, b"older")), (0, (10, b"older"))):
        with storage.transaction() as tx:
            assert tx.snapshots.drop("snp_2", 1) == gone
        assert newest(storage) == found


def test_the_two_newest_of_the_same_features_stay(storage: SqlStorage) -> None:
    for number in range(1, 5):
        write(storage, f"snp_{number}", number * 10, b"x", b"y")
    assert outlived(storage) == {"snp_1", "snp_2"}


def test_those_of_other_features_stay_for_a_month(storage: SqlStorage) -> None:
    """Else a rollback would replay the whole log, and habits would forget what was purged."""
    write(storage, "snp_1", 10, b"x", of="b")
    write(storage, "snp_2", 90, b"x")
    assert outlived(storage, now=NOW + 29 * DAY) == set()
    assert outlived(storage, now=NOW + 31 * DAY) == {"snp_1"}


def test_what_was_left_half_written_is_found_when_nobody_can_be_at_it_any_more(storage: SqlStorage) -> None:
    write(storage, "snp_1", 10, b"x", b"y", until=1)
    assert outlived(storage, now=NOW + timedelta(minutes=59)) == set()
    assert outlived(storage, now=NOW + timedelta(minutes=61)) == {"snp_1"} == outlived(storage, "b", NOW + timedelta(minutes=61))
