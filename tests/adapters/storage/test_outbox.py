"""The outbox, on both databases (R10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.notifications.kinds import Channel
from sekisho.flows.ports.delivery import LEASE, MessageState, OutboxMessage
from sekisho.kernel.secrets import Secret
from tests.adapters.storage.conftest import NOW

MINUTE = timedelta(minutes=1)
CODE = OutboxMessage(
    "msg_1", "trd_aiko", Channel.SMS, Secret("+819012345678"), "code.login", "ja", Secret(""), Secret("コード 123456"), Secret("123456"),
    NOW, NOW, NOW + 5 * MINUTE,
)  # fmt: skip
NOTICE = replace(CODE, id="msg_2", kind="login_restricted", body=Secret("ログインを制限しました"), code=None, expires=NOW + 60 * MINUTE)


def _claimed(message: OutboxMessage, attempts: int, at: timedelta = timedelta(0)) -> OutboxMessage:
    return replace(message, attempts=attempts, due=NOW + at + LEASE)


def _sealed_columns(storage: SqlStorage, message: str) -> list[str | None]:
    with storage.database.reading() as line:
        row = line.first(text("SELECT address, subject, body, code FROM outbox WHERE id = :id"), {"id": message})
    assert row is not None
    return list(row)


def test_what_is_due_is_claimed_soonest_to_expire_first(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        assert not tx.outbox.any_due(NOW)
        for message in (NOTICE, CODE, replace(NOTICE, id="msg_3", due=NOW + MINUTE)):
            tx.outbox.add(message)
        assert tx.outbox.any_due(NOW)
        assert tx.outbox.claim_due(NOW, 10) == [_claimed(CODE, 1), _claimed(NOTICE, 1)]
        assert not tx.outbox.any_due(NOW)
        assert tx.outbox.claim_due(NOW, 10) == []
        again = tx.outbox.claim_due(NOW + LEASE, 1)  # the worker died: due again, and this time counts too
        assert again == [_claimed(CODE, 2, LEASE)]


def test_nothing_readable_is_stored(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(CODE)
    stored = _sealed_columns(storage, CODE.id)
    assert all(column is not None for column in stored)
    assert not any(secret in (column or "") for column in stored for secret in ("+819012345678", "コード 123456"))


def test_a_sent_message_is_erased(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(NOTICE)
        (claimed,) = tx.outbox.claim_due(NOW, 1)
        assert tx.outbox.sent(claimed, NOW + MINUTE, "ref 1")
        assert not tx.outbox.sent(claimed, NOW + MINUTE, "ref 1")
        posting = tx.outbox.find(NOTICE.id)
        assert posting is not None and (posting.state, posting.settled, posting.attempts) == (MessageState.SENT, NOW + MINUTE, 1)
    assert _sealed_columns(storage, NOTICE.id) == [None] * 4


EMAIL = replace(NOTICE, id="msg_3", channel=Channel.EMAIL, address=Secret("aiko.sato@example.com"), reference="KQMX-TRWP")


def test_of_a_sent_notice_the_address_stays_as_its_owner_recognises_it(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(EMAIL)
        assert tx.outbox.masked_address(EMAIL.id) == "a··o@example.com"
        (claimed,) = tx.outbox.claim_due(NOW, 1)
        tx.outbox.sent(claimed, NOW, "")
        assert tx.outbox.masked_address(EMAIL.id) == "a··o@example.com"
        assert tx.outbox.masked_address("msg_none") == ""
    address, *rest = _sealed_columns(storage, EMAIL.id)
    assert address is not None and "example.com" not in address and rest == [None] * 3


def test_a_reference_finds_the_message_of_its_own_trader_alone(storage: SqlStorage) -> None:
    """R7: the scope is in the question."""
    with storage.transaction() as tx:
        tx.outbox.add(NOTICE)  # without a reference
        tx.outbox.add(EMAIL)
        found = tx.outbox.by_reference("trd_aiko", "KQMX-TRWP")
        assert found is not None and found.id == EMAIL.id
        for trader, reference in (("trd_botan", "KQMX-TRWP"), ("trd_aiko", "KQMX-TRWQ"), ("trd_aiko", "")):
            assert tx.outbox.by_reference(trader, reference) is None


def test_each_way_is_emptied_by_itself(storage: SqlStorage) -> None:
    """A mail server that hangs keeps no code waiting."""
    with storage.transaction() as tx:
        tx.outbox.add(EMAIL)
        assert not tx.outbox.any_due(NOW, Channel.SMS)
        assert tx.outbox.claim_due(NOW, 10, Channel.SMS) == []
        tx.outbox.add(CODE)
        assert [one.id for one in tx.outbox.claim_due(NOW, 10, Channel.SMS)] == [CODE.id]
        assert tx.outbox.any_due(NOW, Channel.EMAIL)
        assert [one.id for one in tx.outbox.claim_due(NOW, 10, Channel.EMAIL)] == [EMAIL.id]


def test_a_message_that_came_back_is_a_dead_letter_that_cannot_be_revived(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(EMAIL)
        assert not tx.outbox.bounced(EMAIL.id, NOW, "bounced: 5.1.1")  # not sent yet
        (claimed,) = tx.outbox.claim_due(NOW, 1)
        tx.outbox.sent(claimed, NOW, "")
        assert [tx.outbox.bounced(EMAIL.id, NOW + MINUTE, "bounced: 5.1.1") for _ in range(2)] == [True, False]
        (dead,) = tx.outbox.dead_letters(10)
        assert (dead.id, dead.state, dead.reason, dead.settled) == (EMAIL.id, MessageState.DEAD, "bounced: 5.1.1", NOW + MINUTE)
        assert not tx.outbox.revive(EMAIL.id, NOW)  # there is no text any more


def test_a_failed_message_waits_for_its_next_try(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(NOTICE)
        (claimed,) = tx.outbox.claim_due(NOW, 1)
        assert tx.outbox.failed(claimed, NOW, "timeout", NOW + MINUTE)
        assert not tx.outbox.any_due(NOW + MINUTE - timedelta(milliseconds=1))
        assert tx.outbox.claim_due(NOW + MINUTE, 1) == [_claimed(NOTICE, 2, MINUTE)]
        assert not tx.outbox.sent(claimed, NOW, "late worker")  # its claim is not the newest any more
        assert tx.outbox.last_due(NOTICE.trader, NOTICE.kind) == NOW  # a retry does not move it
        assert tx.outbox.last_due(NOTICE.trader, "other") is None


@pytest.mark.parametrize(("message", "kept"), [(NOTICE, True), (CODE, False)])
def test_a_dead_notice_can_be_revived_and_a_dead_code_is_erased(storage: SqlStorage, message: OutboxMessage, kept: bool) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(message)
        (claimed,) = tx.outbox.claim_due(NOW, 1)
        assert tx.outbox.dead(claimed, NOW + MINUTE, "rejected")
        assert [posting.reason for posting in tx.outbox.dead_letters(5)] == ["rejected"]
        assert tx.outbox.revive(message.id, message.expires) is False
        assert tx.outbox.revive(message.id, NOW + 2 * MINUTE) is kept
        assert tx.outbox.any_due(NOW + 2 * MINUTE) is kept
    assert (_sealed_columns(storage, message.id)[2] is not None) is kept


def test_a_message_that_no_key_opens_dies_and_holds_up_nobody(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.outbox.add(CODE)
        tx.outbox.add(NOTICE)
    with storage.database.writing() as line:
        line.run(text("UPDATE outbox SET body = 'of another key' WHERE id = :id"), {"id": CODE.id})
    with storage.transaction() as tx:
        assert tx.outbox.claim_due(NOW, 10) == [_claimed(NOTICE, 1)]
        posting = tx.outbox.find(CODE.id)
        assert posting is not None and (posting.state, posting.reason) == (MessageState.DEAD, "unreadable")


def test_lists_and_counts(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        counts = tx.outbox.counts()
        assert (counts.waiting, counts.sent, counts.dead, counts.oldest_due) == (0, 0, 0, None)
        for number, minutes in enumerate((3, 1, 2)):
            tx.outbox.add(replace(NOTICE, id=f"msg_w{number}", due=NOW + minutes * MINUTE))
        assert [posting.id for posting in tx.outbox.waiting(2)] == ["msg_w1", "msg_w2"]
        counts = tx.outbox.counts()
        assert (counts.waiting, counts.oldest_due) == (3, NOW + MINUTE)
        assert tx.outbox.find("msg_none") is None


def test_the_newest_message_of_a_kind(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for number in (2, 1):
            tx.outbox.add(replace(NOTICE, id=f"msg_{number}"))
        tx.outbox.add(replace(CODE, id="msg_9"))
        newest = tx.outbox.newest(NOTICE.trader, NOTICE.kind)
        assert newest is not None and newest.id == "msg_2"
        assert tx.outbox.newest("trd_none", NOTICE.kind) is None
