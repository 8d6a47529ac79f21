"""Webhooks are believed by signature, within five minutes, and acted on once (Standard Webhooks)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sekisho.clients.broker import Webhook, WebhookRefused, WebhookVerifier
from sekisho.clients.broker.examples import read_webhooks

NOW = 1_760_000_000
SIGNER, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
BODY = json.dumps({"type": "account.frozen", "timestamp": "2026-11-26T00:00:00Z", "data": {"account": "U1"}}).encode()


def public(key: Ed25519PrivateKey) -> str:
    return "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(body: bytes = BODY, id: str = "whk_1", at: int = NOW, key: Ed25519PrivateKey = SIGNER) -> dict[str, str]:
    signature = base64.b64encode(key.sign(f"{id}.{at}.".encode() + body)).decode()
    return {"Webhook-Id": id, "Webhook-Timestamp": str(at), "Webhook-Signature": f"v1a,{signature}"}


def verifier(*keys: str) -> WebhookVerifier:
    return WebhookVerifier(keys or (public(SIGNER),), clock=lambda: float(NOW))


def why(headers: dict[str, str], body: bytes = BODY, by: WebhookVerifier | None = None) -> str:
    with pytest.raises(WebhookRefused) as refused:
        (by or verifier()).verify(headers, body)
    return refused.value.why


def test_a_signed_webhook_is_believed() -> None:
    webhook = verifier().verify(signed(), BODY)
    assert (webhook.id, webhook.kind, webhook.data) == ("whk_1", "account.frozen", {"account": "U1"})


@pytest.mark.parametrize("at, believed", [(-301, False), (-300, True), (300, True), (301, False)])
def test_it_is_believed_for_five_minutes(at: int, believed: bool) -> None:
    headers = signed(at=NOW + at)
    if believed:
        verifier().verify(headers, BODY)
    else:
        assert why(headers) == "time"


def test_what_once_remembered_ids_is_refused_at_once() -> None:
    """Not taken for a clock, which fails at the first webhook."""
    with pytest.raises(TypeError):
        WebhookVerifier([public(SIGNER)], lambda id: True)  # type: ignore[misc]


def test_verifying_spends_nothing() -> None:
    """Whoever dies between verifying and acting is told again, and has to believe it again."""
    by = verifier()
    assert by.verify(signed(), BODY) == by.verify(signed(), BODY) and why(signed(key=OTHER), by=by) == "signature"


class Died(Exception): ...


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], Callable[..., int]]]:
    """The ids that the example was to act on, and what it answers; it dies before its first act is done."""
    acts: list[str] = []

    def act(webhook: Webhook) -> None:
        acts.append(webhook.id)
        if len(acts) == 1:
            raise Died

    monkeypatch.setattr(read_webhooks, "act", act)
    server = read_webhooks.serve(verifier(), 0)
    monkeypatch.setattr(server, "handle_error", lambda request, address: None)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def told(**sent: Any) -> int:
        connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.request("POST", "/", BODY, signed(**sent))
        status = connection.getresponse().status
        connection.close()
        return status

    yield acts, told
    server.shutdown()
    server.server_close()


def test_the_example_acknowledges_only_what_it_has_done_and_does_it_once(reader: tuple[list[str], Callable[..., int]]) -> None:
    """A freeze that was verified and not carried out has to come again: an acknowledged one never does (R13)."""
    acts, told = reader
    assert told(key=OTHER) == 401 and acts == []
    assert told() == 500 and acts == ["whk_1"]
    assert told(at=NOW + 5) == 204 and acts == ["whk_1"] * 2
    assert told(at=NOW + 9) == 204 and acts == ["whk_1"] * 2  # its answer got lost
    assert told(id="whk_2") == 204 and acts == ["whk_1", "whk_1", "whk_2"]


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"Webhook-Id": "whk_2"}, "signature"),
        ({"Webhook-Timestamp": str(NOW + 1)}, "signature"),
        ({"Webhook-Timestamp": "soon"}, "time"),
        ({"Webhook-Timestamp": "٣"}, "time"),
        ({"Webhook-Signature": "v1a,AAAA"}, "signature"),
        ({"Webhook-Signature": "v1a,???"}, "signature"),
        ({"Webhook-Signature": "v1,AAAA"}, "signature"),
        ({"Webhook-Signature": ""}, "signature"),
    ],
)
def test_whatever_is_changed_is_refused(change: dict[str, str], reason: str) -> None:
    assert why(signed() | change) == reason


def test_another_body_is_refused() -> None:
    assert why(signed(), BODY + b" ") == "signature"


@pytest.mark.parametrize("missing", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_headers_are_needed(missing: str) -> None:
    assert why({name: value for name, value in signed().items() if name != missing}) == "headers"


@pytest.mark.parametrize("body", [b"[]", b"no JSON", b'{"type": "x"}'])
def test_a_signed_body_that_is_none_is_refused(body: bytes) -> None:
    assert why(signed(body), body) == "body"


def test_while_keys_change_both_are_believed() -> None:
    both = verifier(public(OTHER), public(SIGNER))
    two = signed()
    two["Webhook-Signature"] = "v1a," + base64.b64encode(b"x" * 64).decode() + " " + two["Webhook-Signature"]
    assert both.verify(two, BODY).kind == "account.frozen"


def test_a_key_that_is_none_is_told_at_once() -> None:
    with pytest.raises(ValueError):
        WebhookVerifier(["whpk_short"])
