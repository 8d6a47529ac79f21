"""Webhooks from their parts: key, sender, flow and worker (DESIGN §2)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from sekisho.adapters.cryptography.webhook_key import WebhookKey, load_webhook_key
from sekisho.adapters.delivery.webhook import HttpWebhookSender
from sekisho.adapters.delivery.worker import OutboxWorker
from sekisho.adapters.outbound import OutboundClient
from sekisho.bootstrap.house import House
from sekisho.flows.deliver_webhooks import WebhookDependencies, alert_unanswered, deliver_webhook
from sekisho.kernel.errors import invalid
from sekisho.settings import Settings

__all__ = ["webhook_keys", "webhook_worker"]


def webhook_keys(settings: Settings) -> list[WebhookKey]:
    """Raises SekishoError INVALID, with what to do. Without a section for them: none."""
    policy = settings.webhooks
    if policy is None:
        return []
    if policy.key_file is None:
        raise invalid("A key file is not named in the settings.", "make one with `sekisho webhook key FILE` and set webhooks.key_file")
    return [load_webhook_key(path, settings.server.data_folder) for path in (policy.key_file, policy.next_key_file) if path]


def webhook_worker(house: House, open_house: Callable[[], bool]) -> OutboxWorker | None:
    """None where the broker has no address for them."""
    policy = house.settings.webhooks
    if policy is None:
        return None
    sender = HttpWebhookSender(policy, webhook_keys(house.settings), OutboundClient(house.settings.outbound))
    deps = WebhookDependencies(house.storage, sender, policy, house.clock, _alert)

    def work() -> int:
        if not open_house():
            return 0
        alert_unanswered(deps)
        return deliver_webhook(deps)

    return OutboxWorker(work)


def _alert(kind: str) -> None:
    structlog.get_logger("sekisho.webhooks").error("the broker has not acknowledged in time; call him", kind=kind)
