"""What other nodes were sent, in the hands of the owner: read and answered in the commit that records it (R13, R14, DESIGN §4).

So a kill at any moment leaves both, event and answer, or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import msgspec

from sekisho.flows.ports.forwarding import Forwarded
from sekisho.flows.ports.monitoring import Accepted, Draft, Outcome, Problem
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.kernel.errors import SekishoError

__all__ = ["NOT_TAKEN", "NO_EVENTS", "ForwardedBatch", "decode_answer", "encode_drafts"]

NOT_TAKEN = b""
"""The answer to what could not be recorded; whoever waits tells it as UNAVAILABLE."""

_LIFE = timedelta(seconds=10)  # twice what anybody waits: its node is dead, and its sender has asked again elsewhere


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """An outcome, whichever it is."""

    accepted: Accepted | None
    problem: Problem | None


encode_drafts = msgspec.msgpack.Encoder().encode
_decode_drafts = msgspec.msgpack.Decoder(list[Draft]).decode
_encode = msgspec.msgpack.Encoder().encode
_decode_answer = msgspec.msgpack.Decoder(list[_Told]).decode


def decode_answer(answer: bytes) -> list[Outcome] | None:
    """None: nothing was taken."""
    if answer == NOT_TAKEN:
        return None
    return [outcome for told in _decode_answer(answer) if (outcome := told.accepted or told.problem) is not None]


@dataclass(frozen=True, slots=True)
class ForwardedBatch:
    """rows: id, and which of `drafts` are its own. refused: what cannot be read. stale: what nobody waits for any more."""

    drafts: Sequence[Draft]
    rows: Sequence[tuple[str, slice]]
    refused: Sequence[str] = ()
    stale: Sequence[str] = ()

    @classmethod
    def of(cls, found: Sequence[Forwarded], now: datetime) -> Self:
        drafts: list[Draft] = []
        rows: list[tuple[str, slice]] = []
        refused: list[str] = []
        stale: list[str] = []
        for one in found:
            if one.created < now - _LIFE:
                stale.append(one.id)
                continue
            try:
                own = _decode_drafts(one.drafts)
            except msgspec.MsgspecError:  # of a node of another version
                refused.append(one.id)
                continue
            rows.append((one.id, slice(len(drafts), len(drafts) + len(own))))
            drafts += own
        return cls(drafts, rows, refused, stale)

    def answer(self, outcomes: Sequence[Outcome], tx: Transaction) -> None:
        """In the commit that recorded them."""
        told = {id_: _encode([_told(outcome) for outcome in outcomes[own]]) for id_, own in self.rows}
        tx.forwarded.answer(told | dict.fromkeys(self.refused, NOT_TAKEN))
        tx.forwarded.drop(self.stale)

    def turn_away(self, storage: Storage) -> None:
        """Their commit has failed; else what cannot be written would be tried again and again. A commit that stands answered already."""
        if self.rows:
            with suppress(SekishoError), storage.transaction() as tx:
                tx.forwarded.answer({id_: NOT_TAKEN for id_, _ in self.rows})


NO_EVENTS = ForwardedBatch((), ())


def _told(outcome: Outcome) -> _Told:
    return _Told(outcome, None) if isinstance(outcome, Accepted) else _Told(None, outcome)
