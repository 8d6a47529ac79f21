"""What Sekisho sends to the broker, verified before it is believed (Standard Webhooks, signature `v1a`: Ed25519).

verifier = WebhookVerifier(["whpk_…"])
webhook = verifier.verify(request.headers, request.body)     # WebhookRefused: answer 401
if webhook.id not in done:                                   # ids that were acted on, in your database
    act(webhook)
    done.add(webhook.id)                                     # behind the act, best in its transaction
...                                                          # answer 204 within 10 s: that acknowledges it

A webhook comes until it is acknowledged, and never again then. An id that is marked before the act is done loses a freeze, should the
process die between; marked behind it, the worst is that the same is done twice.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["Webhook", "WebhookRefused", "WebhookVerifier"]

WINDOW = 300.0  # seconds that a webhook may be old, or come from the future
_LARGEST = 256 * 1024


class WebhookRefused(Exception):
    """why: headers, time, signature or body."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Webhook:
    """id: the same at every try, for days. kind: such as `account.frozen`. data: by kind."""

    id: str
    kind: str
    at: str
    data: Mapping[str, Any]


class WebhookVerifier:
    """keys: public ones, `whpk_` + base64; the next one beside the present one while it changes. Knows no ids: whether it was done, only
    who acts can say."""

    def __init__(self, keys: Iterable[str], *, clock: Callable[[], float] = time.time) -> None:
        self._keys = [_public_key(text) for text in keys]
        self._clock = clock

    def verify(self, headers: Mapping[str, str], body: bytes) -> Webhook:
        """body: the very bytes that came. Raises WebhookRefused."""
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            id, sent, signatures = (lowered[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        except KeyError:
            raise WebhookRefused("headers") from None
        if len(body) > _LARGEST:
            raise WebhookRefused("body")
        if not (sent.isascii() and sent.isdigit() and len(sent) < 13 and abs(self._clock() - int(sent)) <= WINDOW):
            raise WebhookRefused("time")
        if not self._signed(f"{id}.{sent}.".encode() + body, signatures):
            raise WebhookRefused("signature")
        try:
            told = json.loads(body)
            return Webhook(id, str(told["type"]), str(told["timestamp"]), dict(told["data"]))
        except (ValueError, KeyError, TypeError):
            raise WebhookRefused("body") from None

    def _signed(self, content: bytes, signatures: str) -> bool:
        for one in signatures.split(" ")[:8]:
            version, _, text = one.partition(",")
            if version != "v1a":
                continue
            try:
                signature = base64.b64decode(text, validate=True)
            except binascii.Error:
                continue
            if any(_verifies(key, signature, content) for key in self._keys):
                return True
        return False


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.removeprefix("whpk_"), validate=True))
    except (ValueError, binascii.Error):
        raise ValueError("a public key is whpk_ and 44 characters of base64") from None


def _verifies(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
