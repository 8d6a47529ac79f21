"""A fake storage that has only an outbox and an audit log, in memory, with the promises of `flows.ports.delivery.Outbox`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sekisho.domain.notifications import Channel
from sekisho.flows.ports.delivery import LEASE, MessageState, OutboxCounts, OutboxMessage, Posting
from sekisho.kernel.events import Event


@dataclass
class Row:
    message: OutboxMessage
    first_due: datetime
    state: MessageState = MessageState.WAITING
    settled: datetime | None = None
    reason: str = ""
    ref: str = ""
    erased: bool = False


class FakeOutbox:
    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def add(self, message: OutboxMessage) -> None:
        self.rows[message.id] = Row(message, message.due)

    def any_due(self, now: datetime, only: Channel | None = None) -> bool:
        return any(True for _ in self._due(now, only))

    def claim_due(self, now: datetime, limit: int, only: Channel | None = None) -> list[OutboxMessage]:
        taken = sorted(self._due(now, only), key=lambda row: row.message.expires)[:limit]
        for row in taken:
            row.message = replace(row.message, attempts=row.message.attempts + 1, due=now + LEASE)
        return [row.message for row in taken]

    def sent(self, message: OutboxMessage, now: datetime, provider_ref: str) -> bool:
        return self._settle(message, state=MessageState.SENT, settled=now, ref=provider_ref, erased=True)

    def failed(self, message: OutboxMessage, now: datetime, reason: str, next_try: datetime) -> bool:
        return self._settle(message, reason=reason, message=replace(message, due=next_try))

    def dead(self, message: OutboxMessage, now: datetime, reason: str) -> bool:
        return self._settle(message, state=MessageState.DEAD, settled=now, reason=reason, erased=message.code is not None)

    def revive(self, message: str, now: datetime) -> bool:
        row = self.rows[message]
        if row.state is not MessageState.DEAD or row.erased or row.message.expires <= now:
            return False
        row.state, row.message = MessageState.WAITING, replace(row.message, attempts=0, due=now)
        return True

    def bounced(self, message: str, now: datetime, reason: str) -> bool:
        row = self.rows[message]
        if row.state is not MessageState.SENT:
            return False
        row.state, row.settled, row.reason = MessageState.DEAD, now, reason
        return True

    def find(self, message: str) -> Posting | None:
        row = self.rows.get(message)
        return row and _posting(row)

    def waiting(self, limit: int) -> list[Posting]:
        return [_posting(row) for row in self.rows.values() if row.state is MessageState.WAITING][:limit]

    def dead_letters(self, limit: int) -> list[Posting]:
        return [_posting(row) for row in self.rows.values() if row.state is MessageState.DEAD][:limit]

    def counts(self) -> OutboxCounts:
        number = {state: sum(row.state is state for row in self.rows.values()) for state in MessageState}
        dues = [row.message.due for row in self.rows.values() if row.state is MessageState.WAITING]
        return OutboxCounts(number[MessageState.WAITING], number[MessageState.SENT], number[MessageState.DEAD], min(dues, default=None))

    def last_due(self, trader: str, kind: str) -> datetime | None:
        return max((row.first_due for row in self.rows.values() if (row.message.trader, row.message.kind) == (trader, kind)), default=None)

    def _due(self, now: datetime, only: Channel | None) -> Iterator[Row]:
        due = (row for row in self.rows.values() if row.state is MessageState.WAITING and row.message.due <= now)
        return (row for row in due if only in (None, row.message.channel))

    def _settle(self, claimed: OutboxMessage, **changes: object) -> bool:
        row = self.rows[claimed.id]
        if row.state is not MessageState.WAITING or row.message.attempts != claimed.attempts:
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        return True


@dataclass
class FakeAudit:
    events: list[Event] = field(default_factory=list)

    def append(self, event: Event, now: datetime) -> None:
        self.events.append(event)


class FakeStorage:
    """One transaction at a time; `open` tells how many are. `lost` makes every transaction fail."""

    def __init__(self) -> None:
        self.outbox = FakeOutbox()
        self.audit = FakeAudit()
        self.open = 0
        self.lost: Exception | None = None
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[FakeStorage]:
        if self.lost:
            raise self.lost
        with self._turn:
            self.open += 1
            try:
                yield self
            finally:
                self.open -= 1

    reading = transaction


def _posting(row: Row) -> Posting:
    m = row.message
    return Posting(m.id, m.trader, m.channel, m.kind, row.state, m.attempts, m.created, m.due, m.expires, row.settled, row.reason)
