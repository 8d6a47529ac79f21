"""What the broker's door keeps. See `ports.storage` for the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sekisho.domain.broker_access import AnswerOnce, BrokerKey

__all__ = ["AnswersOnce", "BrokerKeys"]


class BrokerKeys(Protocol):
    def add(self, key: BrokerKey) -> None: ...
    def save(self, key: BrokerKey) -> None: ...
    def by_prefix(self, prefix: str) -> BrokerKey | None: ...
    def of(self, client: str) -> list[BrokerKey]:
        """Newest first; past ones too."""

    def lock(self, client: str) -> list[BrokerKey]: ...
    def all(self) -> list[BrokerKey]: ...
    def rehash(self, key: str, secret_hash: str, at: datetime) -> None:
        """Of an id, under the master key in use (R9)."""

    def note_use(self, key: str, at: datetime) -> None:
        """Of an id, never back in time; nothing else of the key is touched."""


class AnswersOnce(Protocol):
    """Answers kept under the Idempotency-Key of their request."""

    def add(self, answer: AnswerOnce) -> bool:
        """False when there is one of that client and key. Who comes while another one's commit is open waits for it."""

    def get(self, client: str, key: str) -> AnswerOnce | None: ...
    def settle(self, answer: AnswerOnce) -> None:
        """Its status and body."""

    def purge(self, before: datetime) -> int: ...
