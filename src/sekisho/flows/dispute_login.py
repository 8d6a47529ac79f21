"""A login that was somebody else's makes nothing known (R14): one that the rules refused, and those behind an instruction that is disputed.

A thief who was found out once must not find his device and his network among the customer's habits when he comes again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sekisho.domain.instructions import Instruction
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["dispute_refused_login", "logins_behind"]

_LOOKED_AT = 1_000  # logins of a trader
REFUSED = "refused"


def dispute_refused_login(event: MonitoredEvent, now: datetime, tx: Transaction) -> None:
    """Whatever has become of its session meanwhile."""
    facts: dict[str, Fact] = {"disputed": event.id}
    tx.audit.append(Event(EventKind.EVENT_DISPUTED, trader=event.trader, reason=REFUSED, facts=facts), now)


def logins_behind(found: Instruction, now: datetime, tx: Transaction, deps: Dependencies) -> list[str]:
    """Those of the last weeks (`monitoring.dispute_reach`) that came in its session, by its device or from its network; where the broker
    has named none of the three, those of clients that were new. What is older stays a habit: it is the customer's own, or nobody's."""
    asked = tx.events.known([found.event]).get(found.event)
    if asked is None:
        return []
    since = now - deps.policies.monitoring.dispute_reach
    suspect = _suspect(asked.event)
    return [row.event.id for row in tx.events.logins_of(found.trader, since, _LOOKED_AT) if suspect(row.event)]


def _suspect(asked: MonitoredEvent) -> Callable[[MonitoredEvent], bool]:
    origin = [(name, value) for name in ("session", "device", "network") if (value := getattr(asked, name)) is not None]
    if origin:
        return lambda login: any(getattr(login, name) == value for name, value in origin)
    return lambda login: login.value("known_client") is False
