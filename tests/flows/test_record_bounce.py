"""A mail that came back is a dead letter which operator, audit log and metrics see (R10)."""

from __future__ import annotations

import pytest

from sekisho.flows.ports.delivery import MessageState, OutboxMessage
from sekisho.flows.record_bounce import record_bounce
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House


@pytest.fixture
def mail(house: House) -> OutboxMessage:
    """A notice by mail, sent; with the same notice by SMS, sent too."""
    house.activate(house.add(email="aiko@example.com"))
    with house.storage.transaction() as tx:
        for message in tx.outbox.claim_due(house.clock(), 100):
            tx.outbox.sent(message, house.clock(), "")
            if message.channel == "email":
                found = message
    return found


def test_it_is_a_dead_letter_seen_by_everybody_who_looks(house: House, mail: OutboxMessage) -> None:
    record_bounce(mail.id, "5.1.1", "os:mta", house.clock(), house.storage)
    with house.storage.reading() as tx:
        (dead,) = tx.outbox.dead_letters(10)
        assert (dead.id, dead.state, dead.reason) == (mail.id, MessageState.DEAD, "bounced: 5.1.1")
        assert tx.outbox.counts().dead == 1  # the gauge that `SekishoMessagesDied` watches
    assert house.audited("message.bounced", reason="bounced: 5.1.1", message=mail.id) == 1
    assert "aiko@example.com" not in house.audit_text()


def test_the_same_report_twice_changes_nothing_more(house: House, mail: OutboxMessage) -> None:
    record_bounce(mail.id, "5.1.1", "os:mta", house.clock(), house.storage)
    with pytest.raises(SekishoError) as refused:
        record_bounce(mail.id, "5.2.2", "os:mta", house.clock(), house.storage)
    assert refused.value.kind is Kind.CONFLICT
    assert house.audited("message.bounced") == 1


def test_what_has_not_left_cannot_have_come_back(house: House) -> None:
    house.activate(house.add(email="aiko@example.com"))
    waiting = next(one for one in house.messages() if one.channel == "email")
    with pytest.raises(SekishoError) as refused:
        record_bounce(waiting.id, "", "os:mta", house.clock(), house.storage)
    assert refused.value.kind is Kind.CONFLICT
    with house.storage.reading() as tx:
        posting = tx.outbox.find(waiting.id)
    assert posting is not None and posting.state is MessageState.WAITING


def test_neither_an_sms_nor_an_unknown_message_comes_back_by_mail(house: House, mail: OutboxMessage) -> None:
    with house.storage.reading() as tx:
        sms = tx.outbox.newest(mail.trader, "code.activation")
    assert sms is not None
    for message in (sms.id, "msg_00000000000000000000000000", "", "'"):
        with pytest.raises(SekishoError) as refused:
            record_bounce(message, "", "os:mta", house.clock(), house.storage)
        assert refused.value.kind is Kind.MISSING
