"""Counts of failures, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.lockout import STRANGERS, Attempts, FailureTotal, LockoutPolicy, OpenReservation, Restriction
from tests.adapters.storage.conftest import NOW

HARD = Restriction(NOW, None, "res_1")
SOFT = Restriction(NOW, NOW + timedelta(minutes=15), "res_2")


def test_an_absent_row_reads_as_no_failures(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        assert tx.lockouts.lock("aut_1", STRANGERS) == (Attempts(), FailureTotal())
        assert tx.lockouts.lock("aut_1", STRANGERS) == (Attempts(), FailureTotal())
        assert tx.lockouts.lanes_of("aut_1") == {}
    with storage.reading() as tx:
        assert tx.lockouts.read("aut_1", "kcl_1") == (Attempts(), FailureTotal())


def test_lanes_are_counted_apart_and_share_one_total(storage: SqlStorage) -> None:
    strangers = Attempts(5, NOW, SOFT, (OpenReservation("res_2", NOW), OpenReservation("res_3", NOW)))
    own = Attempts(1, NOW)
    with storage.transaction() as tx:
        tx.lockouts.save("aut_1", STRANGERS, strangers, FailureTotal(5))
        tx.lockouts.lock("aut_1", "kcl_1")
        tx.lockouts.save("aut_1", "kcl_1", own, FailureTotal(6))
        tx.lockouts.save("aut_2", STRANGERS, own, FailureTotal(1))
    with storage.transaction() as tx:
        assert tx.lockouts.lock("aut_1", STRANGERS) == (strangers, FailureTotal(6))
        assert tx.lockouts.read("aut_1", "kcl_1") == (own, FailureTotal(6))
        assert tx.lockouts.read("aut_1", "kcl_2") == (Attempts(), FailureTotal(6))
        assert tx.lockouts.lanes_of("aut_1") == {STRANGERS: strangers, "kcl_1": own}
        tx.lockouts.save("aut_1", STRANGERS, Attempts(), FailureTotal())
        assert tx.lockouts.read("aut_1", STRANGERS) == (Attempts(), FailureTotal())


def test_an_unlock_lifts_one_lane_or_all_and_keeps_the_total(storage: SqlStorage) -> None:
    reservation = (OpenReservation("res_9", NOW),)
    with storage.transaction() as tx:
        tx.lockouts.save("aut_1", "a", Attempts(10, NOW, HARD, reservation), FailureTotal(10))
        tx.lockouts.save("aut_1", "b", Attempts(5, NOW, SOFT), FailureTotal(15))
        tx.lockouts.save("aut_1", "c", Attempts(1, NOW), FailureTotal(16))
        assert tx.lockouts.unlock("aut_1", "none") == []
        assert tx.lockouts.unlock("aut_1", "a") == ["a"]
        assert tx.lockouts.read("aut_1", "a") == (Attempts(), FailureTotal(16))
        assert tx.lockouts.unlock("aut_1", None) == ["b"]
        assert tx.lockouts.lanes_of("aut_1") == {}
        assert tx.lockouts.read("aut_1", "c") == (Attempts(), FailureTotal(16))


def test_a_policy_counts_through_the_database(storage: SqlStorage) -> None:
    policy = LockoutPolicy()
    for number in range(5):
        with storage.transaction() as tx:
            attempts, total = tx.lockouts.lock("aut_1", STRANGERS)
            assert not attempts.admits(NOW).refused
            tx.lockouts.save("aut_1", STRANGERS, attempts.reserve(f"res_{number}", policy, NOW), total.reserve())
    with storage.reading() as tx:
        attempts, total = tx.lockouts.read("aut_1", STRANGERS)
    assert attempts.admits(NOW).refused and total == FailureTotal(5)
