"""The outbox empties itself: each message leaves, or is a dead letter that somebody sees (R10)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.policies import DeliveryPolicy
from sekisho.flows.deliver_messages import BATCH, DeliveryDependencies, deliver_due, revive_message
from sekisho.flows.ports.delivery import LEASE, Deferred, Delivered, MessageState, OutboxMessage, Rejected
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import EventKind
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret
from tests.fakes.outbox import FakeStorage

START = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER, CODE = "+819012345678", "048213"


class FakeSender:
    """Answers what it is told, and keeps what it was given."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.sent: list[OutboxMessage] = []
        self.storage: FakeStorage | None = None

    def send(self, message: OutboxMessage):
        assert self.storage is None or self.storage.open == 0, "a transaction is open while sending"
        self.sent.append(message)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class House:
    def __init__(self, *answers: object) -> None:
        self.now = START
        self.storage = FakeStorage()
        self.sender = FakeSender(*answers)
        self.sender.storage = self.storage
        self.deps = DeliveryDependencies(self.storage, {Channel.SMS: self.sender}, DeliveryPolicy(), lambda: self.now, lambda: 0.5)

    def add(self, code: str | None = None, channel: Channel = Channel.SMS, life: timedelta = timedelta(hours=24)) -> str:
        life = timedelta(minutes=5) if code else life
        message = OutboxMessage(
            new_id("msg", self.now), "trd_1", channel, Secret(NUMBER), "code.login" if code else "password_changed", "en",
            Secret("subject"), Secret(f"text {code}"), Secret(code) if code else None, self.now, self.now, self.now + life,
        )  # fmt: skip
        self.storage.outbox.add(message)
        return message.id

    def run(self) -> int:
        return deliver_due(self.now, self.deps)

    def run_until_settled(self, message: str) -> list[float]:
        """Seconds after the start at which it was tried."""
        tries = []
        while (posting := self.storage.outbox.find(message)).state is MessageState.WAITING:
            self.now = max(self.now, posting.due)
            before = len(self.sender.sent)
            self.run()
            tries += [(self.now - START).total_seconds()] * (len(self.sender.sent) - before)
        return tries


def test_a_message_is_sent_once_outside_any_transaction_and_its_content_erased():
    house = House(Delivered("SM1"))
    message = house.add()
    assert [house.run(), house.run()] == [1, 0]
    row = house.storage.outbox.rows[message]
    assert (row.state, row.ref, row.erased, len(house.sender.sent)) == (MessageState.SENT, "SM1", True, 1)
    assert house.storage.audit.events == []


@pytest.mark.parametrize(
    "code, tried_at",
    [
        (None, [0, 2, 7, 22, 82, 382, 982, 1582]),
        (CODE, [0, 2, 7, 22, 82, 142, 202, 262]),  # a code's waits stay below a minute, and end with its life
    ],
)
def test_waits_grow_between_tries(code, tried_at):
    house = House(Deferred("timed_out", None))
    assert house.run_until_settled(house.add(code))[: len(tried_at)] == tried_at


def test_a_repeat_carries_the_same_idempotency_key():
    house = House(Deferred("timed_out", None), Deferred("status_500", None), Delivered(""))
    house.run_until_settled(house.add())
    assert len(house.sender.sent) == 3
    assert len({message.idempotency_key for message in house.sender.sent}) == 1


def test_the_other_side_may_ask_for_a_longer_wait_but_not_for_a_shorter_one():
    house = House(Deferred("status_429", timedelta(seconds=30)), Deferred("status_429", timedelta(seconds=1)), Delivered(""))
    assert house.run_until_settled(house.add()) == [0, 30, 35]


@pytest.mark.parametrize(
    "answer, code, reason, tries",
    [
        (Rejected("status_400"), None, "status_400", 1),
        (Deferred("timed_out", None), CODE, "tries_spent: timed_out", 8),
        (Deferred("status_429", timedelta(minutes=6)), CODE, "too_late: status_429", 1),
        (RuntimeError(f"{NUMBER} {CODE}"), CODE, "tries_spent: fault_RuntimeError", 8),
    ],
)
def test_a_dead_letter_is_audited_without_address_text_or_code(answer, code, reason, tries):
    house = House(answer)
    message = house.add(code)
    assert len(house.run_until_settled(message)) == tries
    [event] = house.storage.audit.events
    assert (event.kind, event.trader, event.reason, event.facts["message"]) == (EventKind.MESSAGE_DEAD, "trd_1", reason, message)
    posting = house.storage.outbox.find(message)
    assert posting.state is MessageState.DEAD
    assert not any(secret in f"{event!r}{posting!r}{house.sender.sent!r}" for secret in (NUMBER, NUMBER[-4:], CODE, "text"))


def test_an_undeliverable_notice_is_given_up_after_a_day():
    house = House(Deferred("timed_out", None))
    tries = house.run_until_settled(house.add())
    assert timedelta(hours=23, minutes=45) < timedelta(seconds=tries[-1]) < timedelta(hours=24)
    assert house.storage.audit.events[0].reason == "too_late: timed_out"


def test_an_expired_code_is_not_sent():
    house = House(Delivered(""))
    message = house.add(CODE)
    house.now += timedelta(minutes=5)
    house.run()
    assert house.sender.sent == []
    assert house.storage.outbox.find(message).reason == "expired"


def test_codes_go_before_notices():
    house = House(Delivered(""))
    for _ in range(BATCH):
        house.add()
    code = house.add(CODE)
    house.run()
    assert house.sender.sent[0].id == code


def test_a_channel_without_a_sender_waits():
    house = House(Delivered(""))
    message = house.add(channel=Channel.EMAIL)
    house.run()
    assert (house.storage.outbox.find(message).state, house.storage.outbox.find(message).reason) == (MessageState.WAITING, "no_sender")


def test_a_message_whose_worker_died_is_sent_when_the_lease_is_over():
    house = House(Delivered(""))
    house.add()
    house.storage.outbox.claim_due(house.now, 1)  # and then kill -9
    assert house.run() == 0
    house.now += LEASE
    assert house.run() == 1


def test_a_worker_whose_lease_ran_out_settles_nothing():
    house = House(Rejected("status_400"))
    message = house.add()
    send = house.sender.send

    def late(claimed: OutboxMessage):
        house.now += LEASE
        [again] = house.storage.outbox.claim_due(house.now, 1)
        house.storage.outbox.sent(again, house.now, "by another")
        return send(claimed)

    house.sender.send = late
    house.run()
    assert house.storage.outbox.find(message).state is MessageState.SENT
    assert house.storage.audit.events == []


def test_two_workers_never_send_the_same_message():
    house = House(Delivered(""))
    for _ in range(40):
        house.add()

    def work() -> None:
        while house.run():
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len({message.id for message in house.sender.sent}) == len(house.sender.sent) == 40


def test_a_lease_outlives_the_slowest_batch():
    assert BATCH * timedelta(seconds=10) < LEASE


def test_an_operator_revives_a_dead_notice_by_name():
    house = House(Rejected("status_400"), Delivered(""))
    message = house.add()
    house.run()
    revive_message(message, "os:aiko", house.now, house.storage)
    house.run()
    assert house.storage.outbox.find(message).state is MessageState.SENT
    assert (house.storage.audit.events[-1].kind, house.storage.audit.events[-1].actor) == (EventKind.NOTICE_QUEUED, "os:aiko")


@pytest.mark.parametrize("code, later, kind", [(CODE, 0, Kind.CONFLICT), (None, 25, Kind.CONFLICT)])
def test_neither_a_code_nor_an_old_notice_is_revived(code, later, kind):
    house = House(Rejected("status_400"))
    message = house.add(code)
    house.run()
    with pytest.raises(SekishoError) as refusal:
        revive_message(message, "os:aiko", house.now + timedelta(hours=later), house.storage)
    assert refusal.value.kind is kind


def test_only_a_dead_letter_is_revived():
    house = House(Delivered(""))
    waiting = house.add()
    for message in (waiting, "msg_none"):
        with pytest.raises(SekishoError) as refusal:
            revive_message(message, "os:aiko", house.now, house.storage)
        assert refusal.value.kind is Kind.MISSING
