"""Transactions on both databases: all or nothing, locks, turns and deadlines (R1, DESIGN §4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest

from sekisho.adapters.storage import SqlStorage, open_storage
from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.domain.lockout import STRANGERS, LockoutPolicy
from sekisho.domain.sessions import Channel, Session
from sekisho.flows.ports.storage import ChangeKind, Transaction
from sekisho.kernel.errors import Kind, SekishoError
from tests.adapters.storage.conftest import NOW, People
from tests.databases import plain_sealing

POLICY = LockoutPolicy()


class Stop(Exception):
    pass


def test_a_rollback_leaves_nothing(storage: SqlStorage, people: People) -> None:
    with pytest.raises(Stop), storage.transaction() as tx:
        tx.traders.save(replace(people.aiko, gate_version=9))
        tx.lockouts.lock("aut_1", STRANGERS)
        tx.changes.append(ChangeKind.TRADER, people.aiko.id, NOW)
        tx.sends.record(people.aiko.id, STRANGERS, NOW)
        raise Stop
    with storage.reading() as tx:
        record = tx.traders.get(people.aiko.id)
        assert record is not None and record.trader.gate_version == 0
        assert tx.changes.newest() == 0 and tx.sends.firm_count(NOW) == 0


def test_reading_sees_one_snapshot_and_writes_nothing(storage: SqlStorage, people: People) -> None:
    with storage.reading() as reader:
        assert reader.changes.newest() == 0
        with storage.transaction() as tx:
            tx.changes.append(ChangeKind.TRADER, people.aiko.id, NOW)
        assert reader.changes.newest() == 0
    with pytest.raises(Exception, match=r"(?i)read.?only|unavailable"), storage.reading() as reader:
        reader.changes.append(ChangeKind.TRADER, people.aiko.id, NOW)
    with storage.reading() as reader:
        assert reader.changes.newest() == 1


def _together(count: int, act: Callable[[int], None]) -> None:
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        ready.wait()
        act(number)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


@pytest.mark.parametrize("lane", [lambda _: STRANGERS, lambda number: f"kcl_{number % 3}"], ids=["one lane", "three lanes"])
def test_twenty_threads_reserving_at_once_sum_up(storage: SqlStorage, lane: Callable[[int], str]) -> None:
    def reserve(number: int) -> None:
        with storage.transaction() as tx:
            attempts, total = tx.lockouts.lock("aut_1", lane(number))
            tx.lockouts.save("aut_1", lane(number), attempts.reserve(f"res_{number}", POLICY, NOW), total.reserve())

    _together(20, reserve)
    with storage.reading() as tx:
        _, total = tx.lockouts.read("aut_1", lane(0))
        lanes = tx.lockouts.lanes_of("aut_1")
    assert total.failures == 20
    assert sum(attempts.failures for attempts in lanes.values()) == 20
    assert len({one.id for attempts in lanes.values() for one in attempts.open}) == 20


def test_parallel_changes_have_no_gap_and_no_double(storage: SqlStorage) -> None:
    def append(number: int) -> None:
        with storage.transaction() as tx:
            tx.changes.append(ChangeKind.SESSION, f"ses_{number}", NOW)

    _together(12, append)
    with storage.reading() as tx:
        assert [change.sequence for change in tx.changes.since(0)] == list(range(1, 13))


def test_a_locked_trader_is_read_as_the_one_before_left_him(storage: SqlStorage, people: People) -> None:
    def raise_version(number: int) -> None:
        with storage.transaction() as tx:
            record = tx.traders.lock(people.aiko.id)
            assert record is not None and record.password is not None
            tx.traders.save(replace(record.trader, gate_version=record.trader.gate_version + 1))
            tx.authenticators.save(replace(record.password, value=record.password.value + "."))

    _together(10, raise_version)
    with storage.reading() as tx:
        record = tx.traders.get(people.aiko.id)
    assert record is not None and record.password is not None
    assert record.trader.gate_version == 10
    assert record.password.value.count(".") == 10  # what stands beside the locked row is as fresh as the row


def test_flows_that_keep_the_order_of_locks_never_block_each_other(storage: SqlStorage, people: People) -> None:
    with storage.transaction() as tx:
        tx.ceremonies.add(
            Ceremony("cer_1", "t", CeremonyPurpose.LOGIN, people.aiko.id, "aut_2", STRANGERS, "portal", NOW, NOW, 0, "192.0.2.0/32")
        )
        tx.sessions.add(Session("ses_1", people.aiko.id, Channel.PORTAL, "t", NOW, NOW, timedelta(minutes=10), NOW))
    steps: list[Callable[[Transaction], object]] = [
        lambda tx: tx.traders.lock(people.aiko.id),
        lambda tx: tx.ceremonies.lock_by_token("t"),
        lambda tx: tx.sessions.lock("ses_1"),
        lambda tx: tx.lockouts.lock("aut_1", STRANGERS),
        lambda tx: tx.lockouts.lock("aut_2", STRANGERS),
    ]

    def flow(number: int) -> None:
        with storage.transaction() as tx:
            for step in steps[number % len(steps) :]:  # each flow takes a part, all in the same order
                step(tx)

    _together(10, flow)


def test_who_waits_too_long_for_a_lock_is_told_unavailable(storage_url: str, people: People) -> None:
    hasty = open_storage(storage_url, plain_sealing(), deadline=1.0)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with hasty.transaction() as tx:
            tx.traders.lock(people.aiko.id)
            locked.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert locked.wait(20)
        started = monotonic()
        with pytest.raises(SekishoError) as refused, hasty.transaction() as tx:
            tx.traders.lock(people.aiko.id)
        assert refused.value.kind is Kind.UNAVAILABLE
        assert 0.7 < monotonic() - started < 6
        with hasty.reading() as tx:  # readers go on
            assert tx.traders.get(people.aiko.id) is not None
    finally:
        done.set()
        thread.join()
    with hasty.transaction() as tx:
        assert tx.traders.lock(people.aiko.id) is not None
    hasty.close()


def test_a_swallowed_refusal_is_never_committed(storage: SqlStorage, people: People) -> None:
    """PostgreSQL's COMMIT of a failed transaction says nothing; SQLite keeps what came before. Neither may look like a success."""
    try:
        with storage.transaction() as tx:
            tx.sends.record(people.aiko.id, STRANGERS, NOW)
            with pytest.raises(Exception, match=r"(?i)unique|duplicate"):
                tx.traders.add(people.aiko, "aiko")
        committed = True
    except SekishoError as error:
        assert error.kind is Kind.UNAVAILABLE
        committed = False
    with storage.reading() as tx:
        assert tx.sends.firm_count(NOW) == (1 if committed else 0)
