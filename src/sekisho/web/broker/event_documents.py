"""Events and instructions of the broker's systems, as JSON documents. `/v1` changes only by addition."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sekisho.flows.take_events import LARGEST_BATCH

__all__ = ["ClaimRequest", "EventBatch", "EventResult", "EventResults", "GivenUp", "InstructionAnswer", "InstructionRequest", "WhyCode"]

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=10**15)]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class EventBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Events, each of the form that docs/integrate.md names for its kind; each is answered for itself."""

    events: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=LARGEST_BATCH)]


class WhyCode(msgspec.Struct):
    """code: stable, for programs. text: for people."""

    code: str
    text: str = ""


class EventResult(msgspec.Struct, omit_defaults=True):
    """status: accepted; duplicate: it stood there already; refused: `problem` says why. verdict, reasons: of what was judged."""

    id: str
    status: str
    sequence: int | None = None
    verdict: str = ""
    reasons: list[WhyCode] = []
    problem: str = ""


class EventResults(msgspec.Struct):
    results: list[EventResult]


class InstructionRequest(msgspec.Struct, forbid_unknown_fields=True):
    """id: the broker's own. hash: SHA-256 of kind, account, trader and the details in the canonical form. The details follow.

    session: of ours, where it is known. address: from where the customer gave it, where the broker sees it; neither is in the hash.

    withdrawal: amount, currency, payee, and amount_jpy unless in JPY. bank_change: payee. order: symbol, side, quantity, amount_jpy,
    liquidity.
    """

    id: Name
    kind: Literal["withdrawal", "bank_change", "order"]
    account: Name
    trader: Name
    hash: Hash
    session: Name | None = None
    address: Name | None = None
    amount: Count | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None
    amount_jpy: Count | None = None
    payee: Name | None = None
    payee_name: Annotated[str, Meta(max_length=100)] | None = None
    payee_kind: Name | None = None
    symbol: Name | None = None
    side: Literal["buy", "sell"] | None = None
    quantity: Count | None = None
    liquidity: Literal["liquid", "normal", "thin"] | None = None
    order_type: Name | None = None
    limit_price: Count | None = None


class InstructionAnswer(msgspec.Struct):
    """instruction: Sekisho's id of it. verdict: allow, challenge, hold or refuse. expires: until when its state holds."""

    instruction: str
    verdict: str
    state: str
    reasons: list[WhyCode]
    expires: datetime


class ClaimRequest(msgspec.Struct, forbid_unknown_fields=True):
    hash: Hash


class GivenUp(msgspec.Struct, forbid_unknown_fields=True):
    """reason: for the audit log; nothing need be said."""

    reason: Annotated[str, Meta(max_length=200)] = ""
