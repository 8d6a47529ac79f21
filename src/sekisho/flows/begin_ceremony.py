"""A ceremony begins: login, step-up and activation alike (R4). Its token leaves the house once, now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.flows.caller import Caller
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["Begun", "begin_ceremony"]

NO_PHONE = "none"  # a ceremony whose trader has no usable phone: it answers as ever and sends nothing


@dataclass(frozen=True, slots=True)
class Begun:
    """token: opens the ceremony; the browser holds it in a `__Host-` cookie, a program as `login`."""

    token: Secret
    ceremony: Ceremony


def begin_ceremony(
    purpose: CeremonyPurpose,
    record: LoginRecord,
    lane: str,
    life: timedelta,
    caller: Caller,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
    action: tuple[str, str, str] | None = None,
) -> Begun:
    """action: of a step-up, the name of the act, its text in words, and the session that asks for it."""
    token = new_token()
    phone = record.phone
    proves_phone = purpose is CeremonyPurpose.ACTIVATION
    name, text, session = action or ("", "", None)
    ceremony = Ceremony(
        id=new_id("cer", now),
        token_hash=deps.keyring.keyed_hash(Purpose.TOKENS, token.reveal()),
        purpose=purpose,
        trader=record.trader.id,
        phone=phone.id if phone is not None and (phone.usable or proves_phone) else NO_PHONE,
        lane=lane,
        channel=caller.channel,
        started=now,
        expires=now + life,
        gate_version=record.trader.gate_version,
        source=caller.source,
        program=caller.program,
        address=caller.shown_address,
        action=name,
        action_text=text,
        session=session,
    )
    tx.ceremonies.add(ceremony)
    return Begun(token, ceremony)
