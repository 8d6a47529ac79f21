"""A stream of accepted events that looks like a brokerage's day after day; the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from sekisho.domain.monitoring.event import Extra, MonitoredEvent

__all__ = ["events"]

START = 1_767_225_600_000  # 2026-01-01
_DAY = 86_400_000
_KINDS = {
    "login.completed": 26, "login.password_accepted": 8, "login.refused": 4, "session.ended": 6, "order.placed": 24, "order.executed": 16,
    "position.liquidated": 6, "withdrawal.requested": 5, "withdrawal.executed": 2, "bank_account.changed": 1, "statement.opened": 2,
}  # fmt: skip
_PER_DAY = 7  # events of a trader


def events(number: int, seed: int = 1, traders: int = 5_000) -> Iterator[MonitoredEvent]:
    """So many events over as many days as their traders need for them."""
    draw = random.Random(seed)
    kinds = draw.choices(list(_KINDS), list(_KINDS.values()), k=number)
    gap = _DAY / (_PER_DAY * traders)
    at = START
    for sequence, kind in enumerate(kinds, start=1):
        at += int(draw.expovariate(1 / gap)) if draw.random() < 0.98 else 0
        yield _event(draw, kind, sequence, at, int(traders * draw.random() ** 1.5))


def _event(draw: random.Random, kind: str, sequence: int, at: int, trader: int) -> MonitoredEvent:
    home = draw.random()
    extra: dict[str, Extra] | None = None
    device = f"device-{trader}" if home < 0.9 else f"device-{trader}-{draw.randrange(3)}"
    network = f"10.{trader % 250}.{trader // 250}.0/24" if home < 0.8 else f"100.64.{draw.randrange(256)}.0/24"
    columns: dict[str, object] = {"hour": at // 3_600_000 % 24, "weekday": at // _DAY % 7, "network": network}
    if kind.startswith(("login", "session")):
        columns |= {"trader": f"trader-{trader}", "session": f"session-{sequence}", "device": device, "channel": "portal"}
        extra = {"known_client": home < 0.9} if kind == "login.completed" else None
    else:
        columns |= {"account": f"account-{trader}", "trader": f"trader-{trader}"}
    if kind.startswith(("order", "position", "withdrawal")):
        columns["amount_jpy"] = columns["amount"] = int(draw.lognormvariate(12, 1))
    if kind.startswith(("order", "position")):
        symbol = int(3_000 * draw.random() ** 3)
        columns |= {"symbol": str(1_000 + symbol), "liquidity": "thin" if symbol > 2_000 else "liquid", "quantity": 100}
        columns["side"] = "buy" if draw.random() < 0.5 else "sell"
    if kind.startswith(("withdrawal", "bank")):
        columns["payee"] = f"payee-{trader if home < 0.95 else draw.randrange(100)}"
    return MonitoredEvent(f"event-{sequence}", kind, at, at, sequence, extra=extra, **columns)  # type: ignore[arg-type]
