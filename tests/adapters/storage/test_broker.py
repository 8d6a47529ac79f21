"""Keys of the broker's systems and the answers that are given again, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.broker_access import AnswerOnce, BrokerKey, Scope

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
KEY = BrokerKey(
    id="bky_1",
    client="order-desk",
    prefix="sek_aaaaaaaa",
    secret_hash="hash",
    hashed=NOW,
    scopes=frozenset({Scope.EVENTS, Scope.INSTRUCTIONS}),
    networks=(ip_network("203.0.113.0/24"), ip_network("2001:db8::/48")),
    made=NOW,
    made_by="os:desk",
    expires=NOW + timedelta(days=90),
)
ANSWER = AnswerOnce("ans_1", "order-desk", "k" * 8, "hash", 0, "", NOW)


def test_a_key_comes_back_as_it_was_kept(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.broker_keys.add(KEY)
    later = replace(KEY, revoked=NOW, last_used=NOW, networks=())
    with storage.transaction() as tx:
        assert tx.broker_keys.by_prefix("sek_aaaaaaaa") == KEY and tx.broker_keys.lock("order-desk") == [KEY]
        assert tx.broker_keys.by_prefix("sek_bbbbbbbb") is None
        tx.broker_keys.save(later)
        tx.broker_keys.add(replace(KEY, id="bky_2", prefix="sek_bbbbbbbb"))
    with storage.reading() as tx:
        assert [key.id for key in tx.broker_keys.of("order-desk")] == ["bky_2", "bky_1"]
        assert tx.broker_keys.all()[1] == later and tx.broker_keys.of("other") == []


def test_the_last_use_never_goes_back(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.broker_keys.add(KEY)
        for minutes in (5, 3):
            tx.broker_keys.note_use("bky_1", NOW + timedelta(minutes=minutes))
    with storage.reading() as tx:
        assert tx.broker_keys.by_prefix(KEY.prefix) == replace(KEY, last_used=NOW + timedelta(minutes=5))


def test_a_new_hash_changes_nothing_else(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.broker_keys.add(KEY)
        tx.broker_keys.rehash("bky_1", "newer", NOW + timedelta(days=1))
        assert tx.broker_keys.by_prefix(KEY.prefix) == replace(KEY, secret_hash="newer", hashed=NOW + timedelta(days=1))


def test_one_answer_is_kept_for_one_key_of_one_system(storage: SqlStorage) -> None:
    done = replace(ANSWER, status=201, body="sealed")
    with storage.transaction() as tx:
        assert tx.answers.add(ANSWER)
        tx.answers.settle(done)
        assert not tx.answers.add(replace(ANSWER, id="ans_2"))
        assert tx.answers.add(replace(ANSWER, id="ans_3", client="back-office"))
    with storage.transaction() as tx:
        assert tx.answers.get("order-desk", "k" * 8) == done
        assert tx.answers.purge(NOW) == 0 and tx.answers.purge(NOW + timedelta(seconds=1)) == 2


def test_who_repeats_a_request_that_still_runs_waits_for_its_answer(storage: SqlStorage) -> None:
    def ask(number: int) -> tuple[bool, str]:
        with storage.transaction() as tx:
            mine = replace(ANSWER, id=f"ans_{number}")
            if tx.answers.add(mine):
                tx.answers.settle(replace(mine, status=201, body=f"answer {number}"))
                return True, f"answer {number}"
            kept = tx.answers.get(mine.client, mine.key)
            assert kept is not None
            return False, kept.body

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(8)))
    assert sum(first for first, _ in told) == 1
    assert len({body for _, body in told}) == 1


@pytest.mark.parametrize("commits", [True, False])
def test_a_request_that_failed_keeps_no_answer(storage: SqlStorage, commits: bool) -> None:
    class Failed(Exception): ...

    try:
        with storage.transaction() as tx:
            assert tx.answers.add(ANSWER)
            if not commits:
                raise Failed
    except Failed:
        pass
    with storage.transaction() as tx:
        assert tx.answers.add(replace(ANSWER, id="ans_2")) is not commits
