"""Webhooks on their way to the broker. See `domain.webhooks` for their states, `ports.storage` for the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sekisho.domain.webhooks import Webhook

__all__ = ["Acknowledged", "Given", "NeverAgain", "NotYet", "WebhookCounts", "WebhookSender", "Webhooks"]

LEASE = timedelta(seconds=15)
"""Longer than one call takes; an urgent one whose worker died is tried again soon."""


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    """unanswered: urgent ones whose time to be acknowledged is over."""

    waiting: int
    dead: int
    unanswered: int


class Webhooks(Protocol):
    """Settling holds only while the webhook is WAITING and its `attempts` are those of the claim; it returns whether it held."""

    def add(self, webhook: Webhook) -> None: ...
    def any_due(self, now: datetime) -> bool: ...
    def claim_due(self, now: datetime) -> Webhook | None:
        """The next one: urgent ones first. attempts + 1 and due = now + LEASE in the same commit, so no two workers hold one."""

    def acknowledged(self, webhook: Webhook, now: datetime) -> bool: ...
    def failed(self, webhook: Webhook, reason: str, next_try: datetime) -> bool: ...
    def dead(self, webhook: Webhook, now: datetime, reason: str) -> bool: ...
    def unanswered(self, now: datetime, limit: int) -> list[Webhook]:
        """Waiting or dead ones whose time is over and that nobody was told of yet."""

    def alerted(self, webhook: str, now: datetime) -> bool:
        """Whether it was this call that took it on."""

    def revive(self, webhook: str, now: datetime) -> Webhook | None:
        """A dead one is waiting again, due now; None when it is none."""

    def shown(self, limit: int, dead: bool) -> list[Webhook]:
        """Without their bodies, newest first."""

    def counts(self, now: datetime) -> WebhookCounts: ...
    def purge(self, before: datetime) -> int:
        """Settled ones that were made before."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker answered 2xx."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """reason: a fixed word, never what the broker wrote."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NeverAgain:
    reason: str


Given = Acknowledged | NotYet | NeverAgain


class WebhookSender(Protocol):
    """Hands one over. No exception carries its body."""

    def send(self, webhook: Webhook, now: datetime) -> Given: ...
