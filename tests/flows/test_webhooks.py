"""The broker is told of a freeze, and has to say that he heard (R13): flows, signature and the broker's own verifier, end to end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.webhook_key import WebhookKey, create_webhook_key, load_webhook_key
from sekisho.adapters.delivery.webhook import HttpWebhookSender
from sekisho.adapters.outbound import OutboundClient
from sekisho.clients.broker import WebhookVerifier
from sekisho.clients.broker.examples import read_webhooks
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.domain.webhooks import Webhook, WebhookPolicy
from sekisho.flows.deliver_webhooks import WebhookDependencies, alert_unanswered, deliver_webhook, queue_webhook, retry_webhook
from sekisho.flows.freeze_account import freeze_account, unfreeze_account
from sekisho.flows.unlock_login import StaffAct
from sekisho.kernel.errors import Kind, SekishoError
from tests.clients.broker.false_server import Act, FalseServer, answer, cut, hang, serving
from tests.flows.house import House

POLICY = WebhookPolicy("https://broker.example/sekisho")
ACT = StaffAct("os:desk", "the customer called", "called back on file")


@pytest.fixture
def key(tmp_path: Path) -> WebhookKey:
    create_webhook_key(tmp_path / "webhook.key")
    return load_webhook_key(tmp_path / "webhook.key", tmp_path / "data")


@pytest.fixture
def told(house: House) -> House:
    house.deps = replace(house.deps, webhooks=partial(queue_webhook, POLICY))
    house.add("aiko")
    return house


Delivering = Callable[[FalseServer], WebhookDependencies]


@pytest.fixture
def delivering(told: House, key: WebhookKey) -> Iterator[Delivering]:
    def make(server: FalseServer) -> WebhookDependencies:
        patience = timedelta(milliseconds=300) if hang in server.acts else POLICY.answer_within
        policy = replace(POLICY, url=f"{server.url}/hooks", answer_within=patience)
        sender = HttpWebhookSender(policy, [key], OutboundClient(OutboundPolicy(private_networks=("127.0.0.0/8",))))
        return WebhookDependencies(told.storage, sender, policy, told.clock, chance=lambda: 0.5)

    yield make


def freeze(house: House) -> None:
    freeze_account("SK-4AIKO", "desk", "he called", "os:desk", house.deps)


def waiting(house: House) -> list[Webhook]:
    with house.storage.reading() as tx:
        return tx.webhooks.shown(100, dead=False)


def test_a_freeze_reaches_the_broker_signed_and_is_acknowledged(told: House, key: WebhookKey, delivering: Delivering) -> None:
    with serving(answer(204)) as server:
        freeze(told)
        assert deliver_webhook(delivering(server)) == 1 and deliver_webhook(delivering(server)) == 0
    (seen,) = server.seen
    verifier = WebhookVerifier([key.public], clock=lambda: told.clock().timestamp())
    webhook = verifier.verify(seen.headers, seen.body)
    assert (seen.method, seen.path, webhook.kind) == ("POST", "/hooks", "account.frozen")
    assert webhook.data == {"account": "SK-4AIKO", "reason": "desk", "instructions": []}
    assert waiting(told) == []
    told.clock.advance(seconds=60)
    assert alert_unanswered(delivering(server)) == 0


def test_the_example_reads_it_and_stops_the_account(
    told: House, key: WebhookKey, delivering: Delivering, capsys: pytest.CaptureFixture[str]
) -> None:
    verifier = WebhookVerifier([key.public], clock=lambda: told.clock().timestamp())
    reader = read_webhooks.serve(verifier, 0)
    thread = threading.Thread(target=reader.serve_forever, daemon=True)
    thread.start()
    freeze(told)
    assert deliver_webhook(delivering(FalseServer(f"http://127.0.0.1:{reader.server_address[1]}", []))) == 1
    reader.shutdown()
    reader.server_close()
    assert waiting(told) == [] and capsys.readouterr().out == "stop SK-4AIKO and what is open on it: []\n"


@pytest.mark.parametrize("act", [answer(500), answer(302, location="https://elsewhere.example"), answer(404), cut, hang])
def test_a_freeze_that_is_not_acknowledged_within_ten_seconds_wakes_somebody_once(told: House, delivering: Delivering, act: Act) -> None:
    alerts: list[str] = []
    with serving(act) as server:
        freeze(told)
        deps = replace(delivering(server), alert=alerts.append)
        while told.clock() < waiting(told)[0].made + timedelta(seconds=10):
            deliver_webhook(deps)
            assert alert_unanswered(deps) == 0
            told.clock.advance(seconds=1)
        assert len(server.seen) >= 3  # tried on, and meanwhile
    alert_unanswered(deps)
    alert_unanswered(deps)
    assert alerts == ["account.frozen"] and told.audited("webhook.unanswered", webhook_kind="account.frozen") == 1
    assert len(waiting(told)) == 1


def test_what_was_rolled_back_is_not_told(told: House) -> None:
    class Failed(Exception): ...

    with pytest.raises(Failed), told.storage.transaction() as tx:
        queue_webhook(POLICY, "account.frozen", {}, told.clock(), tx)
        raise Failed
    assert waiting(told) == []


def test_every_try_has_the_same_id_and_body_and_a_time_of_its_own(told: House, key: WebhookKey, delivering: Delivering) -> None:
    with serving(answer(503), answer(200)) as server:
        freeze(told)
        deliver_webhook(delivering(server))
        told.clock.advance(seconds=5)
        deliver_webhook(delivering(server))
    first, second = server.seen
    assert first.body == second.body and first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 5
    WebhookVerifier([key.public], clock=lambda: told.clock().timestamp()).verify(second.headers, second.body)


def test_after_days_it_is_a_dead_letter_and_can_be_tried_again(told: House, delivering: Delivering) -> None:
    with serving(answer(500)) as server:
        unfreeze(told)
        deps = delivering(server)
        told.clock.advance(days=3)
        while waiting(told):
            deliver_webhook(deps)
            told.clock.advance(minutes=1)
        (dead,) = [one for one in shown_dead(told) if one.kind == "account.unfrozen"]
        assert dead.reason == "too_late: status_500" and told.audited("webhook.dead", webhook=dead.id) == 1
        server.acts = [answer(200)]
        retry_webhook(dead.id, "os:desk", told.clock(), told.storage)
        deliver_webhook(deps)
    assert dead.id not in {one.id for one in [*waiting(told), *shown_dead(told)]}
    assert told.audited("webhook.revived", webhook=dead.id) == 1
    with pytest.raises(SekishoError) as refused:
        retry_webhook(dead.id, "os:desk", told.clock(), told.storage)
    assert refused.value.kind is Kind.MISSING


def test_gone_is_never_again(told: House, delivering: Delivering) -> None:
    with serving(answer(410)) as server:
        freeze(told)
        deliver_webhook(delivering(server))
    assert [one.reason for one in shown_dead(told)] == ["status_410"]


def test_neither_account_nor_body_stands_in_the_database_in_the_clear(told: House) -> None:
    freeze(told)
    with told.storage.database.reading() as line:
        from sqlalchemy import text

        rows = line.all(text("SELECT * FROM webhooks"))
    assert len(rows) == 1 and "SK-4AIKO" not in repr(rows)


def test_while_the_key_changes_both_sign(told: House, key: WebhookKey, tmp_path: Path) -> None:
    other = create_webhook_key(tmp_path / "next.key")
    with serving(answer(200)) as server:
        policy = replace(POLICY, url=server.url)
        client = OutboundClient(OutboundPolicy(private_networks=("127.0.0.0/8",)))
        webhook = Webhook("whk_1", "x", json.dumps({"type": "x"}), told.clock(), told.clock())
        HttpWebhookSender(policy, [key, other], client).send(webhook, told.clock())
    assert server.seen[0].headers["webhook-signature"].count("v1a,") == 2


@pytest.mark.parametrize("text", ["no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_told_with_what_makes_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "webhook.key"
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(SekishoError) as refused:
        load_webhook_key(file, None)
    assert "sekisho webhook key" in refused.value.detail


def unfreeze(house: House) -> None:
    freeze(house)
    unfreeze_account("SK-4AIKO", "desk", ACT, house.deps)


def shown_dead(house: House) -> list[Webhook]:
    with house.storage.reading() as tx:
        return tx.webhooks.shown(100, dead=True)
