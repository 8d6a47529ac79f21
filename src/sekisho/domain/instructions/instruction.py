"""An instruction and its states; see the package's docstring."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.secrets import same

__all__ = ["CARRIED_OUT_WITHIN", "Detail", "Instruction", "InstructionKind", "InstructionState", "hash_of"]

Detail = str | int
CARRIED_OUT_WITHIN = timedelta(days=14)
"""An instruction is carried out within days of its receipt; a later payment is another one."""


class InstructionKind(StrEnum):
    WITHDRAWAL = "withdrawal"
    BANK_CHANGE = "bank_change"
    ORDER = "order"


class InstructionState(StrEnum):
    ALLOWED = "allowed"
    CHALLENGED = "challenged"  # waits for the trader's answer
    HELD = "held"  # waits for people, or for the trader's No
    REFUSED = "refused"
    EXECUTING = "executing"  # claimed by the broker
    DISPUTED = "disputed"  # the trader said No
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # by the broker, or by a freeze

    @property
    def is_open(self) -> bool:
        return self in (InstructionState.ALLOWED, InstructionState.CHALLENGED, InstructionState.HELD)


@dataclass(frozen=True, slots=True)
class Instruction:
    """reference: the broker's own name of it. account, trader: ids. session: of ours, from which it was given, when the broker knows.

    hash: of kind, account, trader and details in one canonical form; what is claimed must have the same (R13). details: what is to be
    done, as the customer is shown it. reasons: codes. event: that was judged for it. expires: of the present state.
    """

    id: str
    reference: str
    kind: InstructionKind
    account: str
    trader: str
    session: str | None
    hash: str
    details: Mapping[str, Detail]
    state: InstructionState
    verdict: str
    reasons: tuple[str, ...]
    event: str
    received: datetime
    expires: datetime
    settled: datetime | None = None
    settled_by: str | None = None
    version: int = 1

    def claim_admits(self, claimed_hash: str, now: datetime) -> Decision:
        """Whether the broker may execute it now: allowed, the same as was judged, and in time."""
        if not same(self.hash, claimed_hash):
            return Refused(Reason.INSTRUCTION_CHANGED)
        if self.state is not InstructionState.ALLOWED:
            return Refused(Reason.INSTRUCTION_EXPIRED if self.state is InstructionState.EXPIRED else Reason.INSTRUCTION_NOT_ALLOWED)
        return Refused(Reason.INSTRUCTION_EXPIRED) if now >= self.expires else Allowed()

    def answer_admits(self, now: datetime) -> Decision:
        """Whether the trader's Yes may come: only what was challenged, in time. What is held is never released by a Yes (R4)."""
        if self.state is not InstructionState.CHALLENGED:
            return Refused(Reason.INSTRUCTION_NOT_ALLOWED)
        return Refused(Reason.INSTRUCTION_EXPIRED) if now >= self.expires else Allowed()

    def dispute_admits(self, now: datetime) -> Decision:
        """Whether the trader's No may come: before it is carried out, or as long as what he sees of it may be its execution. There is
        nothing to stop in one that expired, was cancelled or refused, or was disputed before."""
        carried_out = self.state is InstructionState.EXECUTING and now <= self.received + CARRIED_OUT_WITHIN
        return Allowed() if self.state.is_open or carried_out else Refused(Reason.INSTRUCTION_NOT_ALLOWED)

    def settle(self, state: InstructionState, by: str | None, now: datetime, expires: datetime | None = None) -> Instruction:
        return replace(self, state=state, settled=now, settled_by=by, expires=expires or self.expires, version=self.version + 1)


def hash_of(kind: InstructionKind, account: str, trader: str, details: Mapping[str, Detail]) -> str:
    """SHA-256, in hex, of the canonical form: JSON with sorted keys, no blanks, UTF-8; account: its number, trader: his username."""
    form = {"kind": kind.value, "account": account, "trader": trader, **details}
    return hashlib.sha256(json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
