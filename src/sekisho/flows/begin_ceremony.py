"""A ceremony begins: login, step-up and activation alike (R4). Its token leaves the house once, now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sekisho.domain.authentication.ceremony import Ceremony, CeremonyPurpose
from sekisho.flows.caller import Caller
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import LoginRecord, Transaction
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["Approval", "Begun", "begin_ceremony"]

NO_PHONE = "none"  # a ceremony whose trader has no usable phone: it answers as ever and sends nothing


@dataclass(frozen=True, slots=True)
class Begun:
    """token: opens the ceremony; the browser holds it in a `__Host-` cookie, a program as `login`."""

    token: Secret
    ceremony: Ceremony


@dataclass(frozen=True, slots=True)
class Approval:
    """What a step-up is to allow. action: its name. text: in words, on the page, in the message and in the audit (J08). session: whose.

    proposal: all of it, as the action will carry it out; kept sealed, and the code is bound to it. contact: the new address that the
    code goes to, instead of the phone.
    """

    action: str
    text: str
    session: str
    proposal: str = ""
    contact: str | None = None


def begin_ceremony(
    purpose: CeremonyPurpose,
    record: LoginRecord,
    lane: str,
    life: timedelta,
    caller: Caller,
    now: datetime,
    tx: Transaction,
    deps: Dependencies,
    approval: Approval | None = None,
) -> Begun:
    """approval: of a step-up, or of the confirmation of an address."""
    token, ceremony_id = new_token(), new_id("cer", now)
    phone = record.phone
    proves_phone = purpose is CeremonyPurpose.ACTIVATION
    ceremony = Ceremony(
        id=ceremony_id,
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
    )
    if approval is not None:
        ceremony = replace(ceremony, phone=approval.contact or ceremony.phone)
        sealed = deps.keyring.seal(Purpose.FIELDS, approval.proposal, ceremony_id) if approval.proposal else ""
        ceremony = replace(ceremony, action=approval.action, action_text=approval.text, session=approval.session, proposal=sealed)
    tx.ceremonies.add(ceremony)
    return Begun(token, ceremony)
