"""A trader forgets one of his known clients; its next login is a stranger's (R3)."""

from __future__ import annotations

from sekisho.flows import checkpoint
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["drop_known_client"]


def drop_known_client(live: LiveSession, client: str, deps: Dependencies) -> None:
    """Raises MISSING when it is not this trader's."""
    now = deps.clock()
    with deps.storage.transaction() as tx:
        dropped = tx.known_clients.drop(live.trader.id, client)
        facts: dict[str, Fact] = {"client": client}
        if dropped:
            tx.audit.append(Event(EventKind.KNOWN_CLIENT_DROPPED, actor=live.trader.id, trader=live.trader.id, facts=facts), now)
    if not dropped:
        checkpoint.refuse_object(live, "known_client", client, deps)
