"""A head: the signed state of the chain, exported outside the database (R8), with what R9 wants witnessed there."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sekisho.domain.audit.canonical import canonical
from sekisho.domain.audit.chain import ChainPoint
from sekisho.kernel.times import to_ms

__all__ = ["Head", "authentic", "head_payload", "sign", "unsigned_head"]


@dataclass(frozen=True, slots=True)
class Head:
    """number: of the head, from 1 without gaps, so that a missing one shows.
    position, link: end of the chain; position 0 is the empty log. firm: whose log. epoch: of the database (R9).
    standing: ids of the restrictions, suspensions, freezes and ended mandates since the head before (R9); sorted, ids only.
    key_id: names the signing key; signature: Ed25519 over `head_payload`, base64.
    """

    number: int
    position: int
    link: str
    at_ms: int
    firm: str
    epoch: int
    standing: tuple[str, ...]
    key_id: str
    signature: str

    @property
    def point(self) -> ChainPoint:
        return ChainPoint(self.position, self.link)


def unsigned_head(previous: Head | None, end: ChainPoint, now: datetime, firm: str, epoch: int, standing: tuple[str, ...]) -> Head:
    """The next head after `previous`, still without key and signature."""
    number = 1 if previous is None else previous.number + 1
    return Head(number, end.position, end.link, to_ms(now), firm, epoch, tuple(sorted(set(standing))), "", "")


def head_payload(head: Head) -> bytes:
    """What is signed: a tag, a line feed, and the canonical text of every field but the signature."""
    signed = {f.name: getattr(head, f.name) for f in fields(Head) if f.name != "signature"}
    return f"sekisho-audit-head-1\n{canonical(signed)}".encode("ascii")


def sign(head: Head, key_id: str, signer: Callable[[bytes], bytes]) -> Head:
    named = replace(head, key_id=key_id)
    return replace(named, signature=base64.b64encode(signer(head_payload(named))).decode("ascii"))


def authentic(head: Head, verifies: Callable[[bytes, bytes], bool]) -> bool:
    """Whether the signature holds; verifies(payload, signature) knows the public key."""
    try:
        signature = base64.b64decode(head.signature, validate=True)
    except ValueError:
        return False
    return base64.b64encode(signature).decode("ascii") == head.signature and verifies(head_payload(head), signature)
