"""The worker looks when it is woken, at the latest at the next poll; survives faults; stops."""

import threading
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import structlog

from sekisho.adapters.delivery.worker import OutboxWorker
from sekisho.bootstrap.application import _outbox_workers
from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.policies import DeliveryPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered, OutboxMessage
from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import utc_now
from tests.fakes.outbox import FakeStorage


def test_it_is_woken_by_a_commit_long_before_the_poll():
    looked = threading.Semaphore(0)

    def deliver() -> int:
        looked.release()
        return 0

    worker = OutboxWorker(deliver, poll=60, threads=1)
    worker.start()
    assert looked.acquire(timeout=20)
    worker.wake()
    assert looked.acquire(timeout=20)
    assert worker.stop(20)


def test_a_ring_while_it_delivers_is_not_lost():
    delivering, go_on, looked_again = threading.Event(), threading.Event(), threading.Event()

    def deliver() -> int:
        if delivering.is_set():
            looked_again.set()
        delivering.set()
        go_on.wait(20)
        return 0

    worker = OutboxWorker(deliver, poll=60, threads=1)
    worker.start()
    delivering.wait(20)
    worker.wake()
    go_on.set()
    assert looked_again.wait(20)
    assert worker.stop(20)


def test_it_looks_again_at_once_while_there_is_work_and_polls_without_being_woken():
    rounds, idle = iter([4, 4, 1, 0]), threading.Event()

    def deliver() -> int:
        taken = next(rounds, None)
        if taken is None:
            idle.set()
        return taken or 0

    worker = OutboxWorker(deliver, poll=0.01, threads=1)
    worker.start()
    assert idle.wait(20)
    assert worker.stop(20)


def test_a_fault_is_logged_by_its_kind_alone_and_tried_again(monkeypatch):
    monkeypatch.setattr("sekisho.adapters.delivery.worker._AFTER_A_FAULT", 0.01)
    storage, again = FakeStorage(), threading.Event()
    storage.lost = RuntimeError("+819012345678 048213")

    def deliver() -> int:
        with storage.transaction():
            again.set()
        return 0

    with structlog.testing.capture_logs() as lines:
        worker = OutboxWorker(deliver, poll=0.01, threads=1)
        worker.start()
        while not lines:
            threading.Event().wait(0.005)
        storage.lost = None
        assert again.wait(20)
        assert worker.stop(20)
    assert lines[0] == {"event": "outbox.faulted", "fault": "RuntimeError", "log_level": "warning"}


def test_stop_waits_for_what_is_being_sent_and_claims_nothing_more():
    sending, finish, rounds = threading.Event(), threading.Event(), []

    def deliver() -> int:
        rounds.append(1)
        sending.set()
        finish.wait(20)
        return 1

    worker = OutboxWorker(deliver, threads=1)
    worker.start()
    sending.wait(20)
    assert not worker.stop(0.01)
    finish.set()
    assert worker.stop(20)
    assert len(rounds) == 1


def test_a_mail_server_that_hangs_keeps_no_code_waiting():
    """Ten mails are stuck with a server that says nothing; a code comes after them, and leaves at once."""
    storage, let_go, left = FakeStorage(), threading.Event(), threading.Event()

    class Hanging:
        def send(self, message: OutboxMessage) -> Deferred:
            let_go.wait(20)
            return Deferred("timed_out", None)

    class Quick:
        def send(self, message: OutboxMessage) -> Delivered:
            left.set()
            return Delivered("")

    now = utc_now()
    house = SimpleNamespace(storage=storage, settings=SimpleNamespace(delivery=DeliveryPolicy(), webhooks=None), clock=utc_now)
    workers = _outbox_workers(house, {Channel.EMAIL: Hanging(), Channel.SMS: Quick()}, SimpleNamespace(why=""))
    for number in range(10):
        storage.outbox.add(_message(f"msg_{number}", Channel.EMAIL, now))
    workers.start()
    try:
        ends = time.monotonic() + 20
        while sum(row.message.attempts for row in storage.outbox.rows.values()) < 8 and time.monotonic() < ends:
            time.sleep(0.01)  # until every thread of the mails is stuck
        storage.outbox.add(_message("msg_code", Channel.SMS, now))
        workers.wake()
        assert left.wait(20)
    finally:
        let_go.set()
        workers.stop()


def _message(name: str, channel: Channel, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        name, "trd_1", channel, Secret("a@b.example"), "login", "en", Secret("s"), Secret("t"), None, now, now, now + timedelta(hours=1)
    )
