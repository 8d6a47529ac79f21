"""Webhooks on their way to the broker (domain package `webhooks`). A body is sealed here for its own id: it names accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, bindparam, insert, select, text

from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment, ms
from sekisho.adapters.storage.sealing import Sealing
from sekisho.adapters.storage.webhook_tables import webhooks
from sekisho.domain.webhooks import Webhook, WebhookState
from sekisho.flows.ports.webhooks import LEASE, WebhookCounts
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Webhooks"]

_w = webhooks
_WAITING, _DEAD = WebhookState.WAITING.value, WebhookState.DEAD.value
_ADD = insert(_w).inline()
_ANY_DUE = text("SELECT 1 FROM webhooks WHERE state = 'waiting' AND due <= :now LIMIT 1")
_NEXT = (
    select(_w)
    .where(_w.c.state == _WAITING, _w.c.due <= bindparam("now"))
    .order_by(_w.c.acknowledge_by.is_(None), _w.c.due, _w.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CLAIM = text("UPDATE webhooks SET attempts = attempts + 1, due = :again WHERE id = :wanted")


def _settling(change: str) -> TextClause:
    return text(f"UPDATE webhooks SET {change} WHERE id = :wanted AND state = 'waiting' AND attempts = :claim")


_ACKNOWLEDGED = _settling("state = 'acknowledged', settled = :now, reason = ''")
_FAILED = _settling("due = :again, reason = :why")
_SETTLE_DEAD = _settling("state = 'dead', settled = :now, reason = :why")
_UNANSWERED = (
    select(_w)
    .where(_w.c.acknowledge_by <= bindparam("now"), _w.c.alerted.is_(None), _w.c.state != WebhookState.ACKNOWLEDGED.value)
    .order_by(_w.c.acknowledge_by)
    .limit(bindparam("most"))
)
_ALERTED = text("UPDATE webhooks SET alerted = :now WHERE id = :wanted AND alerted IS NULL AND state <> 'acknowledged'")
_REVIVE = text(
    "UPDATE webhooks SET state = 'waiting', due = :now, made = :now, settled = NULL, attempts = 0 WHERE id = :wanted AND state = 'dead'"
)
_GET = select(_w).where(_w.c.id == bindparam("wanted"))
_SHOWN = select(_w).where(_w.c.state == bindparam("wanted")).order_by(_w.c.id.desc()).limit(bindparam("most"))
_COUNTS = text(
    "SELECT coalesce(sum(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN acknowledge_by <= :now THEN 1 ELSE 0 END), 0) FROM webhooks WHERE state <> 'acknowledged'"
)
_PURGE = text("DELETE FROM webhooks WHERE state <> 'waiting' AND made < :before")


class Webhooks:
    """See `flows.ports.webhooks.Webhooks`. One that no key opens is dead, so that it cannot hold up the others."""

    def __init__(self, line: Line, sealing: Sealing) -> None:
        self._line = line
        self._sealing = sealing

    def add(self, webhook: Webhook) -> None:
        self._line.run(
            _ADD,
            {
                "id": webhook.id,
                "kind": webhook.kind,
                "body": self._sealing.seal(webhook.body, webhook.id),
                "made": to_ms(webhook.made),
                "due": to_ms(webhook.due),
                "state": webhook.state.value,
                "acknowledge_by": ms(webhook.acknowledge_by),
                "attempts": webhook.attempts,
                "settled": ms(webhook.settled),
                "alerted": ms(webhook.alerted),
                "reason": webhook.reason,
            },
        )

    def any_due(self, now: datetime) -> bool:
        return self._line.first(_ANY_DUE, {"now": to_ms(now)}) is not None

    def claim_due(self, now: datetime) -> Webhook | None:
        row = self._line.first(_NEXT, {"now": to_ms(now)})
        if row is None:
            return None
        self._line.run(_CLAIM, {"wanted": row[0], "again": to_ms(now + LEASE)})
        try:
            body = self._sealing.open(row[2], row[0])
        except (SekishoError, ValueError):
            self._line.run(_SETTLE_DEAD, {"wanted": row[0], "claim": row[7] + 1, "now": to_ms(now), "why": "unreadable"})
            return None
        return _webhook(row, body, claims=1)

    def acknowledged(self, webhook: Webhook, now: datetime) -> bool:
        return self._settle(_ACKNOWLEDGED, webhook, now=to_ms(now))

    def failed(self, webhook: Webhook, reason: str, next_try: datetime) -> bool:
        return self._settle(_FAILED, webhook, why=reason, again=to_ms(next_try))

    def dead(self, webhook: Webhook, now: datetime, reason: str) -> bool:
        return self._settle(_SETTLE_DEAD, webhook, now=to_ms(now), why=reason)

    def unanswered(self, now: datetime, limit: int) -> list[Webhook]:
        return [_webhook(row) for row in self._line.all(_UNANSWERED, {"now": to_ms(now), "most": limit})]

    def alerted(self, webhook: str, now: datetime) -> bool:
        return self._line.run(_ALERTED, {"wanted": webhook, "now": to_ms(now)}) == 1

    def revive(self, webhook: str, now: datetime) -> Webhook | None:
        if self._line.run(_REVIVE, {"wanted": webhook, "now": to_ms(now)}) != 1:
            return None
        row = self._line.first(_GET, {"wanted": webhook})
        return None if row is None else _webhook(row)

    def shown(self, limit: int, dead: bool) -> list[Webhook]:
        return [_webhook(row) for row in self._line.all(_SHOWN, {"wanted": _DEAD if dead else _WAITING, "most": limit})]

    def counts(self, now: datetime) -> WebhookCounts:
        row = self._line.first(_COUNTS, {"now": to_ms(now)})
        return WebhookCounts(*map(int, row or (0, 0, 0)))

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})

    def _settle(self, statement: TextClause, webhook: Webhook, **values: Any) -> bool:
        return self._line.run(statement, {"wanted": webhook.id, "claim": webhook.attempts, **values}) == 1


def _webhook(row: SqlRow, body: str = "", claims: int = 0) -> Webhook:
    id_, kind, _, made, due, state, acknowledge_by, attempts, settled, alerted, reason = row
    return Webhook(
        id=id_,
        kind=kind,
        body=body,
        made=from_ms(made),
        due=from_ms(due),
        state=WebhookState(state),
        acknowledge_by=moment(acknowledge_by),
        attempts=attempts + claims,
        settled=moment(settled),
        alerted=moment(alerted),
        reason=reason,
    )
