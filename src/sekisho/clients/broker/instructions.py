"""Withdrawals, changes of bank account and orders: asked before, claimed at the moment of execution (R13).

ask ──▶ allow      claim it, then execute
    ├─▶ challenge  the customer is asked in the portal; wait for `instruction.confirmed`, then claim
    ├─▶ hold       not now: people look at it. Also whatever is not a clear answer
    └─▶ refuse     never
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sekisho.clients.broker.faults import BrokerFault, NotAnswered, Refused
from sekisho.clients.broker.line import Ask, Line, path_of
from sekisho.clients.broker.patience import Patience

__all__ = ["Claim", "Decision", "Instruction", "Instructions", "Reason", "Verdict", "instruction_hash"]

Detail = str | int
_OWN = frozenset({"id", "kind", "account", "trader", "session", "address", "hash"})
_ASKING = Patience(total=5.0, one=3.0)
_CLAIMING = Patience(total=3.0, one=3.0)


class Decision(StrEnum):
    ALLOW = "allow"
    CHALLENGE = "challenge"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Instruction:
    """id: the broker's own. kind: withdrawal, bank_change or order. account: its number. trader: the username.

    details: what is to be done, as the customer is shown it: amount and currency, payee and payee_name, symbol, side, quantity …
    session: the session of Sekisho in which the customer gave it, where it is known. address: from where, where the broker sees it.
    """

    id: str
    kind: str
    account: str
    trader: str
    details: Mapping[str, Detail]
    session: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if taken := sorted(_OWN & set(self.details)):
            raise ValueError(f"details may not be named {', '.join(taken)}")

    @property
    def hash(self) -> str:
        return instruction_hash(self.kind, self.account, self.trader, self.details)


def instruction_hash(kind: str, account: str, trader: str, details: Mapping[str, Detail]) -> str:
    """SHA-256, in hex, of the canonical form: one JSON object of kind, account, trader and details, names sorted, no blanks, UTF-8."""
    form = {**details, "kind": kind, "account": account, "trader": trader}
    return hashlib.sha256(json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """decision: HOLD also where no clear answer came; then `unclear` says why, and `instruction` is empty.

    instruction: Sekisho's id of it. expires: until when the verdict holds. hash: of what was asked.
    """

    decision: Decision
    instruction: str = ""
    hash: str = ""
    state: str = ""
    reasons: tuple[Reason, ...] = ()
    expires: datetime | None = None
    unclear: str = ""

    @property
    def allows(self) -> bool:
        return self.decision is Decision.ALLOW


@dataclass(frozen=True, slots=True)
class Claim:
    """may_execute: only after a clear yes. why: of a no."""

    may_execute: bool
    why: str = ""


class Instructions:
    def __init__(self, line: Line) -> None:
        self._line = line

    def ask(self, instruction: Instruction, patience: Patience = _ASKING) -> Verdict:
        """The verdict; a hold when none came in time. Asked again with the same id it is judged once.

        Raises Refused when the request itself is wrong: unknown account, key without the scope, another instruction of the same id.
        """
        document = {
            **instruction.details,
            "id": instruction.id,
            "kind": instruction.kind,
            "account": instruction.account,
            "trader": instruction.trader,
            "hash": instruction.hash,
            **({"session": instruction.session} if instruction.session else {}),
            **({"address": instruction.address} if instruction.address else {}),
        }
        try:
            return _verdict(self._line.send(Ask("POST", path_of("instructions"), document), patience), instruction.hash)
        except NotAnswered as missing:
            return Verdict(Decision.HOLD, hash=instruction.hash, unclear=missing.why)

    def see(self, instruction: str, patience: Patience = _ASKING) -> Verdict:
        """How it stands now; a hold when nobody can say. Raises Refused for an unknown one."""
        try:
            verdict = _verdict(self._line.send(Ask("GET", path_of("instructions", instruction)), patience), "")
            if verdict.instruction != instruction:
                raise NotAnswered("nonsense", "another instruction")
            return verdict
        except NotAnswered as missing:
            return Verdict(Decision.HOLD, unclear=missing.why)

    def claim(self, instruction: str, hash: str, patience: Patience = _CLAIMING) -> Claim:
        """Directly before executing, once. Whatever is not a clear yes is a no: do not execute, and look at it with `see`."""
        ask = Ask("POST", path_of("instructions", instruction, "execution"), {"hash": hash}, again=False)
        try:
            answer = self._line.send(ask, patience)
        except Refused as refused:
            return Claim(False, refused.detail)
        except BrokerFault as fault:
            return Claim(False, getattr(fault, "why", "unclear"))
        clear = isinstance(answer, dict) and (answer.get("state"), answer.get("instruction")) == ("executing", instruction)
        return Claim(True) if clear else Claim(False, "nonsense")

    def cancel(self, instruction: str, patience: Patience = _ASKING) -> None:
        """The broker gives it up, be it again. Raises Refused once it is executed or settled otherwise, NotAnswered when nobody can say."""
        self._line.send(Ask("POST", path_of("instructions", instruction, "cancellation"), {}), patience)


def _verdict(answer: Any, hash: str) -> Verdict:
    """Whatever has not the whole form of a verdict is none."""
    try:
        reasons = tuple(Reason(str(one["code"]), str(one.get("text", ""))) for one in answer["reasons"])
        expires = datetime.fromisoformat(answer["expires"])
        found, state = str(answer["instruction"]), str(answer["state"])
        decision = Decision(answer["verdict"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotAnswered("nonsense", "no verdict") from None
    if expires.tzinfo is None or not found:
        raise NotAnswered("nonsense", "no verdict")
    return Verdict(decision, found, hash, state, reasons, expires)
