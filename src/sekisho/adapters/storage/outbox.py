"""Messages on their way out (R10). Address, subject, body and code are sealed here, for the message's own id, and opened for the sender.

Of a sent notice the address is kept as its owner recognises it (`h··o@example.com`), sealed too: he may ask whether it was from us.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ClauseElement, Text, bindparam, case, delete, func, insert, or_, select, update

from sekisho.adapters.storage import tables
from sekisho.adapters.storage.line import Line, SqlRow
from sekisho.adapters.storage.rows import moment
from sekisho.adapters.storage.sealing import Sealing
from sekisho.domain.accounts import masked_email, masked_phone
from sekisho.domain.notifications.kinds import Channel
from sekisho.flows.ports.delivery import LEASE, MessageState, OutboxCounts, OutboxMessage, Posting
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import from_ms, to_ms

__all__ = ["Outbox"]

_o = tables.outbox
_WAITING, _SENT, _DEAD = MessageState.WAITING.value, MessageState.SENT.value, MessageState.DEAD.value
_POSTING = [
    _o.c[name] for name in ("id", "trader", "channel", "kind", "state", "attempts", "created", "due", "expires", "settled", "reason")
]
_SECRETS = ("address", "subject", "body", "code")

_TAKEN = ("id", "trader", "channel", "kind", "language", "created", "expires", "attempts", *_SECRETS, "reference")
_ADD = insert(_o).inline()
_ONLY = bindparam("only", type_=Text)  # one channel, or "" for all
_ARE_DUE = (_o.c.state == _WAITING, _o.c.due <= bindparam("now"), or_(_ONLY == "", _o.c.channel == _ONLY))
_ANY_DUE = select(_o.c.id).where(*_ARE_DUE).limit(1)
_DUE = (
    select(*[_o.c[name] for name in _TAKEN])
    .where(*_ARE_DUE)
    .order_by(_o.c.expires, _o.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = update(_o).where(_o.c.id == bindparam("wanted")).values(attempts=_o.c.attempts + 1, due=bindparam("again"))
_CLAIMED = (_o.c.id == bindparam("wanted"), _o.c.state == _WAITING, _o.c.attempts == bindparam("claim"))
_ERASED: dict[str, Any] = dict.fromkeys(_SECRETS)
_SETTLE_SENT = (
    update(_o)
    .where(*_CLAIMED)
    .values(state=_SENT, settled=bindparam("now"), provider_ref=bindparam("ref"), reason="", **_ERASED | {"address": bindparam("mask")})
)
_SETTLE_FAILED = update(_o).where(*_CLAIMED).values(due=bindparam("again"), reason=bindparam("why"))
# A code's message is erased; a notice is kept so that it can be revived.
_SETTLE_DEAD = (
    update(_o)
    .where(*_CLAIMED)
    .values(
        state=_DEAD,
        settled=bindparam("now"),
        reason=bindparam("why"),
        **{name: case((_o.c.has_code == 1, None), else_=_o.c[name]) for name in _SECRETS},
    )
)
_REVIVE = (
    update(_o)
    .where(_o.c.id == bindparam("wanted"), _o.c.state == _DEAD, _o.c.body.is_not(None), _o.c.expires > bindparam("now"))
    .values(state=_WAITING, due=bindparam("again"), attempts=0, settled=None, reason="")
)
_FIND = select(*_POSTING).where(_o.c.id == bindparam("wanted"))
_BY_REFERENCE = select(*_POSTING).where(_o.c.reference == bindparam("wanted"), _o.c.reference != "", _o.c.trader == bindparam("whose"))
_SHOWN = select(_o.c.address, _o.c.body, _o.c.channel).where(_o.c.id == bindparam("wanted"))
_BOUNCED = (
    update(_o)
    .where(_o.c.id == bindparam("wanted"), _o.c.state == _SENT)
    .values(state=_DEAD, settled=bindparam("now"), reason=bindparam("why"))
)
_NEWEST = (
    select(*_POSTING).where(_o.c.trader == bindparam("wanted"), _o.c.kind == bindparam("wanted_kind")).order_by(_o.c.id.desc()).limit(1)
)
_PURGE = delete(_o).where(_o.c.state != _WAITING, _o.c.created < bindparam("before"))
_LIST_WAITING = select(*_POSTING).where(_o.c.state == _WAITING).order_by(_o.c.due, _o.c.id).limit(bindparam("most"))
_LIST_DEAD = select(*_POSTING).where(_o.c.state == _DEAD).order_by(_o.c.settled.desc(), _o.c.id.desc()).limit(bindparam("most"))
_COUNTS = select(_o.c.state, func.count(), func.min(_o.c.due)).group_by(_o.c.state)
_LAST_DUE = select(func.max(_o.c.first_due)).where(_o.c.trader == bindparam("wanted"), _o.c.kind == bindparam("wanted_kind"))


class Outbox:
    """See `flows.ports.delivery.Outbox`. A message that no key opens is dead, so that it cannot hold up the others."""

    def __init__(self, line: Line, sealing: Sealing) -> None:
        self._line = line
        self._sealing = sealing

    def add(self, message: OutboxMessage) -> None:
        seal = self._sealing.seal
        self._line.run(
            _ADD,
            {
                "id": message.id,
                "trader": message.trader,
                "channel": message.channel.value,
                "address": seal(message.address.reveal(), f"{message.id}|address"),
                "kind": message.kind,
                "language": message.language,
                "subject": seal(message.subject.reveal(), f"{message.id}|subject"),
                "body": seal(message.body.reveal(), f"{message.id}|body"),
                "code": None if message.code is None else seal(message.code.reveal(), f"{message.id}|code"),
                "has_code": int(message.code is not None),
                "created": to_ms(message.created),
                "first_due": to_ms(message.due),
                "due": to_ms(message.due),
                "expires": to_ms(message.expires),
                "attempts": message.attempts,
                "state": _WAITING,
                "settled": None,
                "reason": "",
                "provider_ref": "",
                "reference": message.reference,
            },
        )

    def any_due(self, now: datetime, only: Channel | None = None) -> bool:
        return self._line.first(_ANY_DUE, {"now": to_ms(now), "only": only or ""}) is not None

    def claim_due(self, now: datetime, limit: int, only: Channel | None = None) -> list[OutboxMessage]:
        rows = self._line.all(_DUE, {"now": to_ms(now), "most": limit, "only": only or ""})
        claimed = []
        for row in rows:
            self._line.run(_CLAIM, {"wanted": row[0], "again": to_ms(now + LEASE)})
            message = self._opened(row, now + LEASE)
            if message is None:
                lost = {"wanted": row[0], "claim": row[7] + 1, "now": to_ms(now), "why": "unreadable"}
                self._line.run(_SETTLE_DEAD, lost)
            else:
                claimed.append(message)
        return claimed

    def sent(self, message: OutboxMessage, now: datetime, provider_ref: str) -> bool:
        masked = _masked(message.channel, message.address.reveal()) if message.reference else None
        kept = None if masked is None else self._sealing.seal(masked, f"{message.id}|address")
        return self._settle(_SETTLE_SENT, message, now=to_ms(now), ref=provider_ref, mask=kept)

    def failed(self, message: OutboxMessage, now: datetime, reason: str, next_try: datetime) -> bool:
        return self._settle(_SETTLE_FAILED, message, why=reason, again=to_ms(next_try))

    def dead(self, message: OutboxMessage, now: datetime, reason: str) -> bool:
        return self._settle(_SETTLE_DEAD, message, now=to_ms(now), why=reason)

    def revive(self, message: str, now: datetime) -> bool:
        return self._line.run(_REVIVE, {"wanted": message, "now": to_ms(now), "again": to_ms(now)}) == 1

    def find(self, message: str) -> Posting | None:
        row = self._line.first(_FIND, {"wanted": message})
        return None if row is None else _posting_of(row)

    def by_reference(self, trader: str, reference: str) -> Posting | None:
        row = self._line.first(_BY_REFERENCE, {"wanted": reference, "whose": trader})
        return None if row is None else _posting_of(row)

    def masked_address(self, message: str) -> str:
        row = self._line.first(_SHOWN, {"wanted": message})
        if row is None or row[0] is None:
            return ""
        address = self._sealing.open(row[0], f"{message}|address")
        return address if row[1] is None else _masked(Channel(row[2]), address)  # sent ones keep no more than that

    def bounced(self, message: str, now: datetime, reason: str) -> bool:
        return self._line.run(_BOUNCED, {"wanted": message, "now": to_ms(now), "why": reason}) == 1

    def newest(self, trader: str, kind: str) -> Posting | None:
        row = self._line.first(_NEWEST, {"wanted": trader, "wanted_kind": kind})
        return None if row is None else _posting_of(row)

    def purge(self, before: datetime) -> int:
        return self._line.run(_PURGE, {"before": to_ms(before)})

    def waiting(self, limit: int) -> list[Posting]:
        return [_posting_of(row) for row in self._line.all(_LIST_WAITING, {"most": limit})]

    def dead_letters(self, limit: int) -> list[Posting]:
        return [_posting_of(row) for row in self._line.all(_LIST_DEAD, {"most": limit})]

    def counts(self) -> OutboxCounts:
        found = {row[0]: row for row in self._line.all(_COUNTS)}
        count = {state: row[1] for state, row in found.items()}
        oldest = found[_WAITING][2] if _WAITING in found else None
        return OutboxCounts(count.get(_WAITING, 0), count.get(_SENT, 0), count.get(_DEAD, 0), moment(oldest))

    def last_due(self, trader: str, kind: str) -> datetime | None:
        return moment(self._line.value(_LAST_DUE, {"wanted": trader, "wanted_kind": kind}))

    def _settle(self, statement: ClauseElement, message: OutboxMessage, **values: Any) -> bool:
        return self._line.run(statement, {"wanted": message.id, "claim": message.attempts, **values}) == 1

    def _opened(self, row: SqlRow, due: datetime) -> OutboxMessage | None:
        id_, trader, channel, kind, language, created, expires, attempts, *sealed, reference = row
        try:
            address, subject, body, code = [
                None if one is None else Secret(self._sealing.open(one, f"{id_}|{name}"))
                for name, one in zip(_SECRETS, sealed, strict=True)
            ]
        except (SekishoError, ValueError):
            return None
        if address is None or subject is None or body is None:
            return None
        return OutboxMessage(
            id=id_,
            trader=trader,
            channel=Channel(channel),
            address=address,
            kind=kind,
            language=language,
            subject=subject,
            body=body,
            code=code,
            created=from_ms(created),
            due=due,
            expires=from_ms(expires),
            attempts=attempts + 1,
            reference=reference,
        )


def _masked(channel: Channel, address: str) -> str:
    return masked_email(address) if channel is Channel.EMAIL else masked_phone(address)


def _posting_of(row: SqlRow) -> Posting:
    id_, trader, channel, kind, state, attempts, created, due, expires, settled, reason = row
    return Posting(
        id_, trader, Channel(channel), kind, MessageState(state), attempts, from_ms(created), from_ms(due), from_ms(expires),
        moment(settled), reason,
    )  # fmt: skip
