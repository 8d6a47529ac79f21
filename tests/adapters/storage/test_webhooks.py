"""Webhooks on their way, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.webhooks import Webhook, WebhookState
from sekisho.flows.ports.webhooks import LEASE, WebhookCounts

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
PLAIN = Webhook("whk_1", "account.unfrozen", '{"data": "口座"}', NOW, NOW)
URGENT = Webhook("whk_2", "account.frozen", "{}", NOW, NOW + timedelta(seconds=1), acknowledge_by=NOW + timedelta(seconds=10))


@pytest.fixture
def queued(storage: SqlStorage) -> SqlStorage:
    with storage.transaction() as tx:
        tx.webhooks.add(PLAIN)
        tx.webhooks.add(URGENT)
    return storage


def claim(storage: SqlStorage, seconds: float) -> Webhook | None:
    with storage.transaction() as tx:
        return tx.webhooks.claim_due(NOW + timedelta(seconds=seconds))


def test_urgent_ones_come_first_and_one_is_held_by_one_worker(queued: SqlStorage) -> None:
    first, second = claim(queued, 2), claim(queued, 2)
    assert first == replace(URGENT, attempts=1) and second == replace(PLAIN, attempts=1)
    assert claim(queued, 2) is None
    again = claim(queued, 3 + LEASE.total_seconds())  # whoever held it has died
    assert again is not None and (again.id, again.attempts) == ("whk_2", 2)


def test_nothing_is_due_before_its_time(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.webhooks.add(URGENT)
        assert not tx.webhooks.any_due(NOW) and tx.webhooks.any_due(NOW + timedelta(seconds=1))
    assert claim(storage, 0) is None


def test_many_workers_take_each_once(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for number in range(20):
            tx.webhooks.add(replace(PLAIN, id=f"whk_{number:02}"))
    with ThreadPoolExecutor(8) as pool:
        taken = [one.id for one in pool.map(lambda _: claim(storage, 1), range(24)) if one]
    assert len(taken) == len(set(taken))


def test_a_claim_that_is_older_settles_nothing(queued: SqlStorage) -> None:
    older = claim(queued, 2)
    newer = claim(queued, 30)
    assert older is not None and newer is not None and older.id == newer.id
    with queued.transaction() as tx:
        assert not tx.webhooks.acknowledged(older, NOW) and not tx.webhooks.dead(older, NOW, "x")
        assert tx.webhooks.failed(newer, "status_500", NOW + timedelta(seconds=60))
        newest = tx.webhooks.shown(10, dead=False)[0]
        assert (newest.attempts, newest.reason) == (2, "status_500")


def test_what_is_not_acknowledged_in_time_is_told_once(queued: SqlStorage) -> None:
    late = NOW + timedelta(seconds=10)
    with queued.transaction() as tx:
        assert tx.webhooks.unanswered(late - timedelta(seconds=1), 10) == []
        assert [one.id for one in tx.webhooks.unanswered(late, 10)] == ["whk_2"]
        assert tx.webhooks.alerted("whk_2", late) and not tx.webhooks.alerted("whk_2", late)
        assert tx.webhooks.unanswered(late, 10) == []
        assert tx.webhooks.counts(late) == WebhookCounts(waiting=2, dead=0, unanswered=1)


def test_an_acknowledged_one_is_nobodys_alarm(queued: SqlStorage) -> None:
    taken = claim(queued, 2)
    assert taken is not None
    with queued.transaction() as tx:
        assert tx.webhooks.acknowledged(taken, NOW)
        assert tx.webhooks.unanswered(NOW + timedelta(days=1), 10) == [] and not tx.webhooks.alerted(taken.id, NOW)
        assert tx.webhooks.counts(NOW + timedelta(days=1)).unanswered == 0
        assert tx.webhooks.purge(NOW + timedelta(days=1)) == 1


def test_a_dead_one_can_be_tried_again_with_its_body(queued: SqlStorage) -> None:
    taken = claim(queued, 2)
    assert taken is not None
    with queued.transaction() as tx:
        assert tx.webhooks.dead(taken, NOW, "status_410")
        assert [one.state for one in tx.webhooks.shown(10, dead=True)] == [WebhookState.DEAD]
        assert tx.webhooks.revive("whk_1", NOW) is None
        revived = tx.webhooks.revive(taken.id, NOW)
        assert revived is not None and (revived.state, revived.attempts) == (WebhookState.WAITING, 0)
    again = claim(queued, 0)
    assert again is not None and again.body == URGENT.body
