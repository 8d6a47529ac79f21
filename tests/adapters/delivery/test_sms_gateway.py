"""The SMS gateway as a template: whatever the text holds arrives whole, every way to fail is told apart, and nothing leaks."""

import json
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from sekisho.adapters.delivery.sms_gateway import SmsGateway
from sekisho.adapters.outbound import OutboundClient
from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.policies import DeliveryPolicy, OutboundPolicy, SmsGatewayPolicy
from sekisho.flows.deliver_messages import DeliveryDependencies, deliver_due
from sekisho.flows.ports.delivery import Deferred, Delivered, MessageState, OutboxMessage, Rejected
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from tests.fakes.outbox import FakeStorage
from tests.fakes.sms_gateway import FakeSmsGateway, fake_sms_gateway

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER, CODE, TOKEN = "+819012345678", "048213", "hush-hush-token"
NASTY = f'{CODE} "quoted" \\ \n{{token}} {{to}} &a=b%20+ 箱根 "}}, "to": "+1'


@pytest.fixture
def gateway():
    with fake_sms_gateway() as fake:
        yield fake


def message(text: str = f"{CODE} is your code") -> OutboxMessage:
    return OutboxMessage(
        "msg_1", "trd_1", Channel.SMS, Secret(NUMBER), "code.login", "en", Secret("s"), Secret(text), Secret(CODE), NOW, NOW,
        NOW + timedelta(minutes=5),
    )  # fmt: skip


def sender(fake: FakeSmsGateway, seconds: float = 5, **policy: object) -> SmsGateway:
    client = OutboundClient(OutboundPolicy(private_networks=("127.0.0.0/8",), total_time=timedelta(seconds=seconds)))
    return SmsGateway(SmsGatewayPolicy(fake.url, token=Secret(TOKEN), **policy), client)


@pytest.mark.parametrize("text", ["plain", NASTY, "", "\u2028\x7f", '"' * 500])
def test_any_text_arrives_whole_as_json(gateway, text):
    template = '{"message": {"to": ["{to}"], "from": "HAKONE", "body": "{text}", "n": 1}, "key": "{token}"}'
    assert sender(gateway, body=template).send(message(text)) == Delivered("SM0042")
    headers, body = gateway.received[0]
    assert json.loads(body) == {"message": {"to": [NUMBER], "from": "HAKONE", "body": text, "n": 1}, "key": TOKEN}
    assert headers["content-type"] == "application/json"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["idempotency-key"] == "msg_1"


@pytest.mark.parametrize("text", ["plain", NASTY, "", "a=b&To=+1"])
def test_any_text_arrives_whole_as_a_form(gateway, text):
    sender(gateway, format="form", body="To={to_digits}&From=HAKONE&Body={text}&Ref={idempotency_key}").send(message(text))
    headers, body = gateway.received[0]
    fields = {"To": [NUMBER[1:]], "From": ["HAKONE"], "Body": [text], "Ref": ["msg_1"]}
    assert parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True) == fields
    assert headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "mode, outcome",
    [
        ("ok", Delivered("SM0042")),
        ("500", Deferred("status_500", None)),
        ("503", Deferred("status_503", None)),
        ("408", Deferred("status_408", None)),
        ("429", Deferred("status_429", timedelta(seconds=30))),
        ("400", Rejected("status_400")),
        ("401", Rejected("status_401")),
        ("302", Rejected("status_302")),
        ("hang", Deferred("timed_out", None)),
        ("slow", Deferred("timed_out", None)),
        ("cut", Deferred("connection_lost", None)),
    ],
)
def test_every_way_to_fail_is_told_apart(gateway, mode, outcome):
    gateway.mode = mode
    seconds = 0.3 if mode in ("hang", "slow") else 10
    assert sender(gateway, seconds=seconds).send(message()) == outcome


def test_a_gateway_that_is_down_is_tried_later():
    with fake_sms_gateway() as gone:
        pass
    assert sender(gone).send(message()) == Deferred("no_connection", None)


@pytest.mark.parametrize("template", [{}, {"headers": {}, "body": '{"to": "{to}", "text": "{text}", "key": "{token}"}'}])
def test_a_template_that_needs_a_token_does_not_start_without_one(template):
    with pytest.raises(SekishoError, match="needs a token"):
        SmsGateway(SmsGatewayPolicy("https://sms.example/", **template), OutboundClient(OutboundPolicy()))


def test_plain_http_or_an_inner_address_needs_the_firms_word(gateway):
    closed = SmsGateway(SmsGatewayPolicy(gateway.url, token=Secret(TOKEN)), OutboundClient(OutboundPolicy()))
    assert closed.send(message()) == Deferred("address_refused", None)
    assert gateway.received == []


@pytest.mark.parametrize("reference", ["to", "text", "missing"])
def test_a_provider_that_echoes_the_number_or_text_gives_no_reference(gateway, reference):
    gateway.mode = "echo"
    assert sender(gateway, reference=reference).send(message()) == Delivered("")


def test_an_answer_cut_off_is_repeated_with_the_same_key_so_that_one_sms_leaves(gateway):
    """The provider took the message, but we never heard: the repeat must not become a second SMS."""
    now = NOW
    storage = FakeStorage()
    storage.outbox.add(message())
    deps = DeliveryDependencies(storage, {Channel.SMS: sender(gateway)}, DeliveryPolicy(), lambda: now, lambda: 0.5)
    gateway.mode = "cut"
    deliver_due(now, deps)
    gateway.mode, now = "ok", now + timedelta(seconds=2)
    deliver_due(now, deps)
    assert storage.outbox.find("msg_1").state is MessageState.SENT
    assert (len(gateway.received), len(gateway.delivered)) == (2, 1)


@pytest.mark.parametrize("mode", ["ok", "echo", "500", "400", "cut", "hang"])
def test_no_number_code_or_token_in_logs_outcomes_or_audit(gateway, mode, caplog):
    caplog.set_level(logging.DEBUG)
    gateway.mode = mode
    storage = FakeStorage()
    storage.outbox.add(message())
    outcomes = []
    real = sender(gateway, seconds=0.2, reference="to")

    class Listening:
        def send(self, it: OutboxMessage):
            outcomes.append(real.send(it))
            return outcomes[-1]

    for step in range(20):
        now = NOW + timedelta(seconds=20 * step)
        if storage.outbox.any_due(now):
            clock = lambda now=now: now  # noqa: E731
            deliver_due(now, DeliveryDependencies(storage, {Channel.SMS: Listening()}, DeliveryPolicy(), clock, lambda: 0.5))
    told = f"{caplog.text}{outcomes!r}{storage.audit.events!r}{storage.outbox.find('msg_1')!r}{message()!r}"
    assert outcomes
    assert not [secret for secret in (NUMBER, NUMBER[1:], CODE, TOKEN) if secret in told]
