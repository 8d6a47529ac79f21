"""What a mail server may answer, or fail to: each is told apart, nothing is lost, nothing waits for ever, no secret gets out (R10, R15)."""

import logging
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from sekisho.adapters.delivery.mail import MailSender
from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import DeliveryPolicy
from sekisho.flows.deliver_messages import DeliveryDependencies, deliver_due
from sekisho.flows.ports.delivery import Deferred, Delivered, MessageState, Rejected
from sekisho.kernel.secrets import Secret
from tests.adapters.delivery.mailing import NOW, PHRASE, TO, message, sender
from tests.fakes.outbox import FakeStorage
from tests.fakes.smtp_server import NAME, PASSWORD, fake_smtp_server, scripted_server


@pytest.mark.parametrize(
    "where, answer, outcome",
    [
        ("at_rcpt", "550 5.1.1 no such mailbox: hanako.sato@customer.example", Rejected("smtp_550")),
        ("at_rcpt", "451 4.7.1 greylisted", Deferred("smtp_451", None)),
        ("at_rcpt", "421 4.3.2 closing", Deferred("smtp_421", None)),
        ("at_data", "554 5.7.1 refused by policy", Rejected("smtp_554")),
        ("at_data", "452 4.3.1 full", Deferred("smtp_452", None)),
    ],
)
def test_what_the_server_says_of_a_mail_is_heeded(keys, tls, where, answer, outcome):
    with fake_smtp_server(tls) as server:
        setattr(server, where, answer)
        assert sender(keys, server.port).send(message()) == outcome
    assert server.taken == []


def says_once(greeting: bytes):
    return lambda line, closing: (line.sendall(greeting), closing.wait(1))


@pytest.mark.parametrize("greeting", [b"421 4.3.2 not now\r\n", b"554 5.5.0 no SMTP service here\r\n"])
def test_a_server_that_wants_nothing_from_us_keeps_the_mail(keys, greeting):
    """Even `never` is said of us here, not of the mail: the operator can mend it."""
    with scripted_server(says_once(greeting)) as port:
        assert sender(keys, port, "starttls").send(message()) == Deferred(f"smtp_{greeting[:3].decode()}", None)


def test_a_server_that_is_down_is_tried_later(keys, tls):
    with fake_smtp_server(tls) as gone:
        pass
    assert sender(keys, gone.port).send(message()) == Deferred("no_connection", None)


def deliver(storage: FakeStorage, mailing: MailSender, now: datetime) -> None:
    deliver_due(now, DeliveryDependencies(storage, {Channel.EMAIL: mailing}, DeliveryPolicy(), lambda: now, lambda: 0.5))


def test_a_greylisted_mail_arrives_at_the_retry_under_the_same_message_id(keys, tls):
    storage = FakeStorage()
    storage.outbox.add(message())
    with fake_smtp_server(tls) as server:
        mailing = sender(keys, server.port)
        server.at_rcpt = "451 4.7.1 greylisted"
        deliver(storage, mailing, NOW)
        assert storage.outbox.find("msg_1").state is MessageState.WAITING
        server.at_rcpt = ""
        deliver(storage, mailing, NOW + timedelta(seconds=3))
    assert storage.outbox.find("msg_1").state is MessageState.SENT
    assert [taken.mail["Message-ID"] for taken in server.taken] == ["<msg_1@hakone.example>"]


def test_an_address_that_does_not_exist_makes_a_dead_letter(keys, tls):
    storage = FakeStorage()
    storage.outbox.add(message())
    with fake_smtp_server(tls) as server:
        server.at_rcpt = "550 5.1.1 no such mailbox"
        deliver(storage, sender(keys, server.port), NOW)
    assert (storage.outbox.find("msg_1").state, storage.outbox.find("msg_1").reason) == (MessageState.DEAD, "smtp_550")
    assert storage.audit.events[-1].facts["channel"] == "email"


def test_a_line_cut_after_the_mail_was_taken_repeats_it_under_the_same_message_id(keys, tls):
    """Whether it arrived we never heard, so it goes once more; the receiver can see that it is the same."""
    storage = FakeStorage()
    storage.outbox.add(message())
    with fake_smtp_server(tls) as server:
        mailing = sender(keys, server.port)
        server.cut_in_data = True
        deliver(storage, mailing, NOW)
        assert storage.outbox.find("msg_1").reason == "connection_lost"
        server.cut_in_data = False
        deliver(storage, mailing, NOW + timedelta(seconds=3))
    assert [taken.mail["Message-ID"] for taken in server.taken] == ["<msg_1@hakone.example>"] * 2
    assert storage.outbox.find("msg_1").state is MessageState.SENT


def hangs(line, closing):
    closing.wait(20)


def drips(line, closing):
    """A greeting that never ends, a byte at a time: each one would begin an ordinary time-out anew."""
    while not closing.wait(0.2):
        line.sendall(b"2")


def drips_after_the_handshake(tls: ssl.SSLContext):
    return lambda line, closing: drips(tls.wrap_socket(line, server_side=True), closing)


def hangs_in_starttls(line, closing):
    line.sendall(b"220 slow ESMTP\r\n")
    line.recv(1000)
    line.sendall(b"250-slow\r\n250 STARTTLS\r\n")
    line.recv(1000)
    line.sendall(b"220 go ahead\r\n")
    closing.wait(20)


def test_a_server_that_hangs_or_drips_is_left_in_time(keys, tls):
    cases = [(hangs, "implicit"), (hangs, "starttls"), (drips, "starttls"), (drips_after_the_handshake(tls), "implicit")]
    cases += [(hangs_in_starttls, "starttls")]

    def try_it(case):
        script, mode = case
        with scripted_server(script) as port:
            began = time.monotonic()
            outcome = sender(keys, port, mode, seconds=1.5).send(message())
            return outcome, time.monotonic() - began

    with ThreadPoolExecutor(len(cases)) as pool:
        found = list(pool.map(try_it, cases))
    assert [outcome for outcome, _ in found] == [Deferred("timed_out", None)] * len(cases)
    assert max(seconds for _, seconds in found) < 10


def test_a_mail_takes_less_than_the_ten_seconds_that_a_sender_may_take():
    assert MailPolicy("mail.hakone.example", "notices@hakone.example").total_time < timedelta(seconds=10)
    with pytest.raises(ValueError, match="total_time"):
        MailPolicy("mail.hakone.example", "notices@hakone.example", total_time=timedelta(seconds=11))


def test_a_slow_good_bye_does_not_send_the_mail_twice(keys, tls):
    def script(line, closing):
        with tls.wrap_socket(line, server_side=True) as stream:
            stream.sendall(b"220 slow\r\n")
            for answer in (b"250 slow\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n"):
                stream.recv(4096)
                stream.sendall(answer)
            got = b""
            while not got.endswith(b"\r\n.\r\n"):
                got += stream.recv(4096)
            stream.sendall(b"250 taken\r\n")
            drips(stream, closing)

    with scripted_server(script) as port:
        began = time.monotonic()
        assert isinstance(sender(keys, port).send(message()), Delivered)
        assert time.monotonic() - began < 10


# Secrets


@pytest.mark.parametrize("answer", ["", "550 5.1.1 no hanako.sato@customer.example", "451 later hanako.sato@customer.example"])
def test_no_address_text_password_or_key_in_logs_outcomes_or_audit(keys, tls, answer, caplog):
    caplog.set_level(logging.DEBUG)
    storage = FakeStorage()
    storage.outbox.add(message())
    with fake_smtp_server(tls, auth_required=True) as server:
        server.at_rcpt = answer
        for password in (PASSWORD, "another-hush-password"):
            mailing = sender(keys, server.port, username=NAME, password=Secret(password))
            outcome = mailing.send(message())
            ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.log")]  # that is the fake's own
            told = f"{ours!r}{outcome!r}{mailing!r}{vars(mailing)!r}"
            assert not [secret for secret in (TO, PHRASE, PASSWORD, "another-hush", "PRIVATE KEY-----\\nMII") if secret in told]
        deliver(storage, sender(keys, server.port, username=NAME, password=Secret(PASSWORD)), NOW)
    assert TO not in repr(storage.audit.events) + repr(storage.outbox.find("msg_1"))
