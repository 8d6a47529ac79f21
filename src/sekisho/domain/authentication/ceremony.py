"""A login, step-up, activation or confirmation of an address in progress (R1, R4; V6.6.2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sekisho.domain.authentication.codes import SecurityCode
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused

__all__ = ["Ceremony", "CeremonyPurpose", "CeremonyState"]


class CeremonyPurpose(StrEnum):
    LOGIN = "login"
    STEP_UP = "step_up"
    ACTIVATION = "activation"
    CONTACT = "contact"  # a code to a new address, to prove that it is the trader's


class CeremonyState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Ceremony:
    """token_hash: keyed hash of the secret that the browser's cookie or the program's `login` carries.

    phone: the authenticator, or the new contact, that the code goes to. lane: the known client's id, or strangers. gate_version: the
    trader's when the ceremony began; another one now means it died. action: name of the act and its text as shown, for a step-up.
    proposal: of a step-up, all that is approved, sealed; the text tells it in words. session: of a step-up. source: /32 or /64 it
    came from. channel: door, see `domain.sessions.Channel`.
    """

    id: str
    token_hash: str
    purpose: CeremonyPurpose
    trader: str
    phone: str
    lane: str
    channel: str
    started: datetime
    expires: datetime
    gate_version: int
    source: str
    program: str = ""
    address: str | None = None
    action: str = ""
    action_text: str = ""
    session: str | None = None
    code: SecurityCode | None = None
    state: CeremonyState = CeremonyState.OPEN
    ended: datetime | None = None
    proposal: str = ""

    def admits(self, gate_version: int, now: datetime) -> Decision:
        """Alive: open, not expired, and nothing happened to the trader since it began."""
        if self.state is not CeremonyState.OPEN or now >= self.expires:
            return Refused(Reason.LOGIN_DEAD)
        if self.gate_version != gate_version:
            return Refused(Reason.STATE_CHANGED)
        return Allowed()

    def code_context(self) -> str:
        """What a code is bound to: this ceremony, its purpose and the hash of what is approved, in words and in full (R4, J08)."""
        action = hashlib.sha256(f"{self.action}\n{self.action_text}\n{self.proposal}".encode()).hexdigest()
        return f"{self.id}|{self.purpose}|{action}"

    def with_code(self, code: SecurityCode | None) -> Ceremony:
        return replace(self, code=code)

    def completed(self, now: datetime) -> Ceremony:
        code = self.code.spent(now) if self.code else None
        return replace(self, state=CeremonyState.COMPLETE, code=code, ended=now)

    def died(self, now: datetime) -> Ceremony:
        return replace(self, state=CeremonyState.DEAD, ended=now)
