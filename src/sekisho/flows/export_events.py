"""The event log as a stream, for files. It holds what customers did and from where, so each export stands in the audit log (R8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import LoggedEvent
from sekisho.kernel.errors import invalid
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["export_events"]

_PAGE = 2000
Take = Callable[[list[LoggedEvent]], None]
Tell = Callable[[int, int | None], None]


def export_events(
    take: Take, since: datetime | None, until: datetime | None, actor: str, deps: Dependencies, tell: Tell = lambda done, total: None
) -> int:
    """Hands out pages in the order of the log, by the time of acceptance: since ≤ at < until. Returns how many events there were."""
    if since is not None and until is not None and until <= since:
        raise invalid("The end lies before the beginning.", "until")
    with deps.storage.reading() as tx:
        first = 0 if since is None else tx.events.before(since)
        last = tx.events.last()[0] if until is None else tx.events.before(until)
    after, count = first, 0
    while after < last:
        with deps.storage.reading() as tx:
            page = [row for row in tx.events.read(after, _PAGE) if row.event.sequence <= last]
        if not page:
            break
        take(page)
        after, count = page[-1].event.sequence, count + len(page)
        tell(after - first, last - first)
    facts: dict[str, Fact] = {"events": count, "since": _shown(since), "until": _shown(until)}
    with deps.storage.transaction() as tx:
        tx.audit.append(Event(EventKind.EVENTS_EXPORTED, actor=actor, facts=facts), deps.clock())
    return count


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
