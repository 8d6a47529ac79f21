"""What monitoring reads: events of Sekisho and of the broker in one shape, typed by kind (MONITORING.md, R14).

At acceptance an event gets `at` = max(its own time, newest `at` so far) and a sequence number; order is (at, sequence), which is the
order of the sequence. Times are UTC in ms, money is integer minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

__all__ = ["BROKER_KINDS", "FIELDS", "KINDS", "OWN_KINDS", "Extra", "FieldType", "KindShape", "MonitoredEvent", "field_type"]

Extra = str | int | bool


class FieldType(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"


class MonitoredEvent(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One event as it was accepted. Only what its kind and source know is set; the rest is None.

    at: ms of its order. own_time: ms as its source said. sequence: 0 before acceptance. account, trader, device, session: ids of ours
    (a device is a known client's id, or what the broker calls it). network: /24 or /48. asn: `AS2516`, or the network again where no
    operator is known. amount: minor units of currency.
    amount_jpy: the same in whole yen. liquidity: liquid, normal or thin. payee: an opaque name of a destination, the same for the same
    one. hour, weekday: in the firm's time zone; Monday is 0. lateness: whole seconds between own_time and at. extra: by kind, see KINDS.
    """

    id: str
    kind: str
    own_time: int
    at: int = 0
    sequence: int = 0
    account: str | None = None
    trader: str | None = None
    device: str | None = None
    session: str | None = None
    channel: str | None = None
    address: str | None = None
    network: str | None = None
    asn: str | None = None
    country: str | None = None
    amount: int | None = None
    currency: str | None = None
    amount_jpy: int | None = None
    symbol: str | None = None
    liquidity: str | None = None
    side: str | None = None
    quantity: int | None = None
    payee: str | None = None
    hour: int | None = None
    weekday: int | None = None
    lateness: int = 0
    extra: dict[str, Extra] | None = None

    def value(self, field: str) -> Extra | None:
        """A column's or extra's value; None when this event does not know it."""
        if field in FIELDS:
            found: Extra | None = getattr(self, field)
            return found
        return None if self.extra is None else self.extra.get(field)


_TEXT, _INTEGER, _BOOLEAN = FieldType.TEXT, FieldType.INTEGER, FieldType.BOOLEAN

FIELDS: dict[str, FieldType] = {
    "id": _TEXT, "kind": _TEXT, "own_time": _INTEGER, "at": _INTEGER, "sequence": _INTEGER, "account": _TEXT, "trader": _TEXT,
    "device": _TEXT, "session": _TEXT, "channel": _TEXT, "address": _TEXT, "network": _TEXT, "asn": _TEXT, "country": _TEXT,
    "amount": _INTEGER, "currency": _TEXT, "amount_jpy": _INTEGER, "symbol": _TEXT, "liquidity": _TEXT, "side": _TEXT,
    "quantity": _INTEGER, "payee": _TEXT, "hour": _INTEGER, "weekday": _INTEGER, "lateness": _INTEGER,
}  # fmt: skip
"""The columns; every kind may have every one, and only those of `KindShape.needs` are there for certain."""

ALWAYS = frozenset({"id", "kind", "own_time", "at", "sequence", "hour", "weekday", "lateness"})


@dataclass(frozen=True, slots=True)
class KindShape:
    """needs: columns that an event of this kind always has. extra: its further fields by type; those in `needs` are always there."""

    needs: frozenset[str]
    extra: dict[str, FieldType]
    own: bool = False


def _own(*needs: str, **extra: FieldType) -> KindShape:
    return KindShape(ALWAYS | set(needs), extra, own=True)


def _broker(*needs: str, **extra: FieldType) -> KindShape:
    return KindShape(ALWAYS | set(needs), extra)


KINDS: dict[str, KindShape] = {
    # Sekisho makes these itself, in the commit of what happened; brokers cannot send them (R14).
    "login.refused": _own(reason=_TEXT, step=_TEXT),
    "login.password_accepted": _own("trader"),
    "login.completed": _own("trader", "device", "session", "channel", "known_client", known_client=_BOOLEAN, methods=_TEXT),
    "login.restricted": _own("trader", strangers=_BOOLEAN),
    "code.sent": _own("trader", "purpose", purpose=_TEXT),
    "code.withheld": _own("trader", "purpose", purpose=_TEXT),
    "session.seen": _own("trader", "session"),  # the first request of a session from a network, or by another device
    "session.refused": _own("trader", "session", reason=_TEXT),
    "session.ended": _own("trader", "session", reason=_TEXT),
    "password.changed": _own("trader"),
    "contact.changed": _own("trader", contact_kind=_TEXT),
    "address_list.changed": _own(forbids=_BOOLEAN, allows=_BOOLEAN),
    "known_client.dropped": _own("trader"),
    "authenticator.disabled": _own("trader", method=_TEXT),
    "trader.reset": _own("trader"),
    "trader.unlocked": _own("trader"),
    "trader.activated": _own("trader"),
    "step_up.completed": _own("trader", "action", action=_TEXT),
    "step_up.refused": _own("trader", reason=_TEXT, action=_TEXT),
    "object.refused": _own("trader", what=_TEXT),
    "instruction.confirmed": _own("trader", "account", instruction=_TEXT),
    "event.disputed": _own("disputed", disputed=_TEXT),  # the customer said No: its event builds no habit
    # The broker's systems send these.
    "withdrawal.requested": _broker("account", "amount", "currency", "amount_jpy", "payee", payee_kind=_TEXT),
    "withdrawal.executed": _broker("account", "amount", "currency", "amount_jpy", "payee"),
    "bank_account.change_requested": _broker("account", "payee"),
    "bank_account.changed": _broker("account", "payee"),
    "order.placed": _broker("account", "symbol", "side", "quantity", "amount_jpy", "liquidity", order_type=_TEXT, limit_price=_INTEGER),
    "order.executed": _broker("account", "symbol", "side", "quantity", "amount_jpy", "liquidity"),
    "order.cancelled": _broker("account", "symbol"),
    "position.liquidated": _broker("account", "symbol", "amount_jpy", "liquidity"),
    "holdings.valued": _broker("account", "amount_jpy"),  # what all holdings were worth at that moment
    "deposit.received": _broker("account", "amount", "currency", "amount_jpy"),
    "statement.opened": _broker("account", statement=_TEXT),
    "platform_session.opened": _broker("trader", "channel", platform=_TEXT),
    "staff.account_opened": _broker("account", "staff", staff=_TEXT, case=_TEXT),
}

OWN_KINDS = frozenset(kind for kind, shape in KINDS.items() if shape.own)
BROKER_KINDS = frozenset(KINDS) - OWN_KINDS


def field_type(kind: str, field: str) -> tuple[FieldType, bool] | None:
    """Type of a field of that kind, and whether it is always there; None when the kind has no such field."""
    shape = KINDS[kind]
    found = FIELDS.get(field) or shape.extra.get(field)
    return None if found is None else (found, field in shape.needs)
