"""One webhook and its tries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["Webhook", "WebhookState", "body_of", "is_urgent", "next_try", "webhook_kinds"]

webhook_kinds = (
    "account.frozen", "account.unfrozen", "instruction.confirmed", "instruction.disputed", "instruction.cancel",
)  # fmt: skip
_URGENT = frozenset({"account.frozen", "instruction.cancel"})
_FIRST, _LONGEST, _LONGEST_URGENT = timedelta(seconds=2), timedelta(hours=1), timedelta(seconds=30)


class WebhookState(StrEnum):
    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Webhook:
    """id: `whk_…`, the same at every try. body: the very text that is signed. acknowledge_by: an alert is due from then on; None: never.

    attempts: claims so far. reason: of the last failure, a fixed word.
    """

    id: str
    kind: str
    body: str
    made: datetime
    due: datetime
    state: WebhookState = WebhookState.WAITING
    acknowledge_by: datetime | None = None
    attempts: int = 0
    settled: datetime | None = None
    alerted: datetime | None = None
    reason: str = ""


def body_of(kind: str, data: Mapping[str, object], at: datetime) -> str:
    """As Standard Webhooks have it: type, timestamp, data."""
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": stamp, "data": dict(data)}, ensure_ascii=False, separators=(",", ":"))


def is_urgent(kind: str) -> bool:
    """What stops money that is about to leave (R13)."""
    return kind in _URGENT


def next_try(kind: str, attempts: int, now: datetime, chance: float, asked: timedelta | None = None) -> datetime:
    """After so many failed tries. Urgent ones: within a second at first, and every half minute later. chance in [0, 1) draws the jitter.

    asked: what the broker's Retry-After says; heeded unless it is urgent.
    """
    if is_urgent(kind):
        pause: timedelta = min(_LONGEST_URGENT, _FIRST / 4 * 2.0 ** min(attempts, 12))
        return now + pause * (0.5 + chance / 2)
    grown: timedelta = min(_LONGEST, _FIRST * 2.0 ** min(attempts, 16)) * (0.75 + chance / 2)
    return now + max(grown, min(asked or grown, _LONGEST))
