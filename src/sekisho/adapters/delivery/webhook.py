"""A webhook to the broker's address, signed, under the rules of all outgoing calls (R15, Standard Webhooks)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sekisho.adapters.cryptography.webhook_key import WebhookKey
from sekisho.adapters.outbound import Call, OutboundClient, OutboundFailure
from sekisho.domain.webhooks import Webhook, WebhookPolicy
from sekisho.flows.ports.webhooks import Acknowledged, Given, NeverAgain, NotYet
from sekisho.kernel.secrets import Secret

__all__ = ["HttpWebhookSender"]

_GONE = 410  # the broker wants no more of this one (Standard Webhooks)


class HttpWebhookSender:
    """See `flows.ports.webhooks.WebhookSender`. keys: one, or two while the broker changes over; each signs."""

    def __init__(self, policy: WebhookPolicy, keys: Sequence[WebhookKey], outbound: OutboundClient) -> None:
        self._policy = policy
        self._keys = tuple(keys)
        self._outbound = outbound

    def send(self, webhook: Webhook, now: datetime) -> Given:
        body = webhook.body.encode()
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": webhook.id,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": " ".join(key.sign(webhook.id, now, body) for key in self._keys),
        }
        call = Call("POST", self._policy.url, headers, Secret(webhook.body), self._policy.answer_within.total_seconds())
        try:
            answer = self._outbound.send(call)
        except OutboundFailure as failure:
            return NotYet(str(failure.why))
        if 200 <= answer.status < 300:
            return Acknowledged()
        if answer.status == _GONE:
            return NeverAgain("status_410")
        return NotYet(f"status_{answer.status}", _retry_after(answer.headers.get("retry-after", "")))


def _retry_after(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else None
