"""An example of every kind of event and of every instruction, for the OpenAPI document; a test sends each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["EVENTS", "INSTRUCTIONS"]

Examples = Mapping[str, Mapping[str, Any]]

_ACCOUNT, _TRADER, _PAYEE = "U1000007", "hanako.sato", "bank:0001-123-4567890"
_TIME = "2026-11-02T09:15:00+09:00"
_YEN = {"amount": 300_000, "currency": "JPY"}
_TRADE: dict[str, Any] = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 280_000, "liquidity": "liquid"}

_OF_KIND: Examples = {
    "withdrawal.requested": {"trader": _TRADER, **_YEN, "payee": _PAYEE},
    "withdrawal.executed": {**_YEN, "payee": _PAYEE},
    "bank_account.change_requested": {"trader": _TRADER, "payee": _PAYEE},
    "bank_account.changed": {"payee": _PAYEE},
    "order.placed": {"trader": _TRADER, **_TRADE, "attributes": {"order_type": "limit", "limit_price": 2_800}},
    "order.executed": _TRADE,
    "order.cancelled": {"trader": _TRADER, "symbol": "7203"},
    "position.liquidated": {"symbol": "7203", "amount_jpy": 280_000, "liquidity": "liquid"},
    "holdings.valued": {"amount_jpy": 4_200_000},
    "deposit.received": {"amount": 200_000, "currency": "USD", "amount_jpy": 310_000},
    "statement.opened": {"trader": _TRADER, "attributes": {"statement": "2026-10"}},
    "platform_session.opened": {"trader": _TRADER, "channel": "app", "address": "203.0.113.7", "attributes": {"platform": "trading-app"}},
    "staff.account_opened": {"attributes": {"staff": "desk-14", "case": "C-2026-118"}},
}
EVENTS: Examples = {
    kind: {"id": f"e-2026-11-02-{number}", "kind": kind, "time": _TIME, "account": _ACCOUNT, **fields}
    for number, (kind, fields) in enumerate(_OF_KIND.items(), 1)
}

_HASHES = {
    "withdrawal": "221f55b75394ed6bfdf58d4f0689f81cbfbbce87b1747e2bb1928254c9d5439f",
    "bank_change": "33e0620c7b0b36fda8dd1ba86330189992d4f1ee3d86e4e0410ea8d6ec79887e",
    "order": "bf6ec56136164c828f527b48b749299403d06be73c6fb5e22c845e22ea54456d",
}
_ASKED: Examples = {"withdrawal": {**_YEN, "payee": _PAYEE}, "bank_change": {"payee": _PAYEE}, "order": _TRADE}
INSTRUCTIONS: Examples = {
    kind: {"id": f"i-2026-11-02-{kind}", "kind": kind, "account": _ACCOUNT, "trader": _TRADER, **details, "hash": _HASHES[kind]}
    for kind, details in _ASKED.items()
}
