"""From the command line that freezes to the broker's reader, through the running house (R13)."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sekisho.adapters.cryptography.webhook_key import create_webhook_key
from sekisho.clients.broker import Webhook, WebhookVerifier
from sekisho.clients.broker.examples import read_webhooks
from tests.ports import free_port
from tests.promises.running_demo import RunningDemo, until

PORT = free_port()


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "webhook.key"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, signing: Path) -> Iterator[RunningDemo]:
    create_webhook_key(signing)
    settings = {
        "SEKISHO__WEBHOOKS__URL": f"http://127.0.0.1:{PORT}/sekisho",
        "SEKISHO__WEBHOOKS__KEY_FILE": str(signing),
        "SEKISHO__OUTBOUND__PRIVATE_NETWORKS": '["127.0.0.0/8"]',
    }
    running = RunningDemo(tmp_path_factory.mktemp("told"), settings)
    yield running
    running.stop()


@pytest.mark.timeout(600)
def test_a_freeze_reaches_the_brokers_reader(demo: RunningDemo, signing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public = load_pem_private_key(signing.read_bytes(), None).public_key().public_bytes_raw()  # type: ignore[union-attr]
    heard: list[Webhook] = []
    monkeypatch.setattr(read_webhooks, "act", heard.append)
    verifier = WebhookVerifier(["whpk_" + base64.b64encode(public).decode()])
    reader = read_webhooks.serve(verifier, PORT)
    threading.Thread(target=reader.serve_forever, daemon=True).start()
    demo.run("account", "freeze", "U1000007", "--reason", "the customer called")
    until(lambda: heard, 30)
    assert [(one.kind, one.data["account"]) for one in heard] == [("account.frozen", "U1000007")]
    until(lambda: demo.run("webhook", "list") == [], 30)
    reader.shutdown()
    reader.server_close()
