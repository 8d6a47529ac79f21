"""Each login goes into the trader's own history: completed, or refused with its reason (V7.5, J13, R5).

An unknown name has none: it writes to one row of its decoy, over and over, so that it costs what a known one does (R1).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sekisho.domain.sessions import Session
from sekisho.flows.caller import Caller
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.own_gate import Outcome, PastLogin
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.decision import Reason

__all__ = ["record_completed", "record_refused", "record_unknown"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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


def record_unknown(decoy: str, caller: Caller, tx: Transaction, deps: Dependencies) -> None:
    """Always as of one moment and from nowhere, so that all of a decoy join one row, which the next purge takes away."""
    deps.geodata.look(caller.address)
    channel = caller.channel.value
    tx.logins.add(PastLogin(decoy, _LONG_AGO, Outcome.REFUSED, channel, "", None, "", reason=Reason.UNKNOWN_NAME))


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
