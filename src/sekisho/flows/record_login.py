"""Each login goes into the trader's own history: completed, or refused with its reason (V7.5, J13, R5). Unknown names leave none."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.sessions import Session
from sekisho.flows.caller import Caller
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.own_gate import Outcome, PastLogin
from sekisho.flows.ports.storage import Transaction

__all__ = ["record_completed", "record_refused"]


def record_completed(session: Session, caller: Caller, known_client: bool, now: datetime, tx: Transaction) -> None:
    """The address is what lists later know the trader by (R5)."""
    tx.logins.add(
        PastLogin(
            trader=session.trader,
            at=now,
            outcome=Outcome.COMPLETED,
            channel=session.channel.value,
            source=caller.source,
            address=caller.address,
            program=caller.program,
            country=session.country,
            network=session.network,
            methods=session.methods,
            known_client=known_client,
            session=session.id,
        )
    )


def record_refused(trader: str, reason: str, caller: Caller, now: datetime, tx: Transaction, deps: Dependencies) -> None:
    """reason: a `Reason`."""
    origin = deps.geodata.look(caller.address)
    tx.logins.add(
        PastLogin(
            trader=trader,
            at=now,
            outcome=Outcome.REFUSED,
            channel=caller.channel.value,
            source=caller.source,
            address=caller.address,
            program=caller.program,
            reason=reason,
            country=origin.country,
            network=origin.network,
        )
    )
