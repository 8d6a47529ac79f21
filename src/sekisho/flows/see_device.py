"""A session of the portal that goes on with another browser or system is told to audit and monitoring (P7: theft of sessions).

A session's cookie stays in the browser that logged in; where two name themselves differently, it has been copied. Both are told, the one
of the login and the other, once per device and node, so that rules see two. A thief who names himself as his victim's browser is not seen
here. Programs are left out: they use what libraries they like with one token.
"""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.sessions import Channel
from sekisho.domain.sessions.device import other_family
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import Event, EventKind, Fact

__all__ = ["see_device"]


async def see_device(live: LiveSession, program: str, deps: Dependencies) -> None:
    """program: what the browser of this request calls itself. Answered from memory but for the first request of another one."""
    session = live.session
    if session.channel is not Channel.PORTAL or (family := other_family(session.program, program)) is None:
        return
    if deps.memory.first_device(session.id, family):
        try:
            await deps.run(_note_devices, live, program, family, deps)
        except BaseException:
            deps.memory.unsee(session.id, family)  # the next request tells it
            raise


def _note_devices(live: LiveSession, program: str, family: str, deps: Dependencies) -> None:
    now, session = deps.clock(), live.session
    here = None if live.address is None else str(live.address)
    with deps.storage.transaction() as tx:
        _note(live, session.client or "login", {"address": session.address, "program": session.program}, now, tx)
        _note(live, family, {"address": here, "login_address": session.address, "program": program}, now, tx)


def _note(live: LiveSession, device: str, where: dict[str, Fact], now: datetime, tx: Transaction) -> None:
    trader, session = live.trader.id, live.session
    facts: dict[str, Fact] = {"session": session.id, "client": device, "channel": session.channel}
    tx.audit.append(Event(EventKind.SESSION_SEEN, actor=trader, trader=trader, facts=facts, personal=where), now)
