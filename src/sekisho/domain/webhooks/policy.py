"""The numbers of webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sekisho.kernel.bounds import within

__all__ = ["WebhookPolicy"]


@dataclass(frozen=True, slots=True)
class WebhookPolicy:
    """Where the broker hears of freezes and answers (R13).

    url: the broker's address for them, https; it gets every one. Its network may have to stand in outbound.private_networks.
    key_file: the Ed25519 key that signs them; `sekisho webhook key FILE` makes one.
    next_key_file: a second key, while the broker changes over to it; both sign.
    acknowledge_within: `account.frozen` unanswered for so long is a top alert (R13).
    answer_within: one call takes at most so long.
    keep_trying: after this time it is a dead letter.
    """

    url: str
    key_file: Path | None = None
    next_key_file: Path | None = None
    acknowledge_within: timedelta = timedelta(seconds=10)
    answer_within: timedelta = timedelta(seconds=4)
    keep_trying: timedelta = timedelta(days=3)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
            raise ValueError("webhooks.url is an address such as https://broker.example/sekisho, without name, password and fragment")
        within("webhooks.acknowledge_within", self.acknowledge_within, timedelta(seconds=2), timedelta(minutes=1), source="R13")
        within("webhooks.answer_within", self.answer_within, timedelta(milliseconds=200), timedelta(seconds=10), source="R15")
        within("webhooks.keep_trying", self.keep_trying, timedelta(hours=1), timedelta(days=14), source="Standard Webhooks")
