"""A request of the broker's systems acts once, however often it is sent (Idempotency-Key).

What it does and the answer to it are one commit. Who repeats it while the first one still runs waits for that commit; who repeats it
later gets the same answer, for a day. A request that was refused, or cut off, has changed nothing and keeps nothing: it is tried anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sekisho.domain.broker_access import AnswerOnce, Repeat, checked_repeat_key, repeat_of
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.ids import new_id

__all__ = ["Asked", "Told", "answer_once"]


@dataclass(frozen=True, slots=True)
class Asked:
    """client: the system that asks. key: its Idempotency-Key, as sent. what: method and path. body: as it came."""

    client: str
    key: str | None
    what: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """again: it was told before."""

    status: int
    body: str
    again: bool = False


def answer_once(asked: Asked, act: Callable[[Dependencies], Told], deps: Dependencies) -> Told:
    """act: flows, run with the dependencies that it is given: all that they write is one commit with the answer.

    Raises INVALID without a key, CONFLICT when another request had that key, and whatever `act` raises.
    """
    key, rings = checked_repeat_key(asked.key), list[None]()
    joined = replace(deps, outbox_ready=lambda: rings.append(None))
    with deps.storage.transaction() as tx:
        told = _told(asked, key, act, replace(joined, storage=_Joined(tx, deps.storage)), tx)
    if told is None:
        raise SekishoError(Kind.CONFLICT, "This Idempotency-Key was used for another request. Take a new one for each.", asked.what[:8])
    if rings:
        deps.outbox_ready()
    return told


def _told(asked: Asked, key: str, act: Callable[[Dependencies], Told], deps: Dependencies, tx: Transaction) -> Told | None:
    """None when another request had that key; that is audited."""
    now, text = deps.clock(), f"{asked.what}\n{asked.body.hex()}"
    mine = AnswerOnce(new_id("ans", now), asked.client, key, deps.keyring.keyed_hash(Purpose.TOKENS, text), 0, "", now)
    if tx.answers.add(mine):
        told = act(deps)
        sealed = deps.keyring.seal(Purpose.FIELDS, told.body, mine.id)
        tx.answers.settle(replace(mine, status=told.status, body=sealed))
        return told
    kept = tx.answers.get(asked.client, key)
    assert kept is not None  # its commit was waited for
    if repeat_of(kept, tuple(deps.keyring.keyed_hashes(Purpose.TOKENS, text))) is Repeat.OTHER:
        facts: dict[str, Fact] = {"client": asked.client, "answer": kept.id}
        tx.audit.append(Event(EventKind.BROKER_REPEAT_REFUSED, actor=f"key:{asked.client}", facts=facts), now)
        return None
    return Told(kept.status, deps.keyring.open(Purpose.FIELDS, kept.body, kept.id), again=True)


class _Joined:
    """Storage whose transactions are all one that is open already."""

    def __init__(self, tx: Transaction, storage: Storage) -> None:
        self._tx = tx
        self._storage = storage

    def transaction(self) -> AbstractContextManager[Transaction]:
        return self._one()

    def reading(self) -> AbstractContextManager[Transaction]:
        return self._one()

    def clock(self) -> datetime:
        return self._storage.clock()

    def newest_time(self) -> datetime | None:
        return self._storage.newest_time()

    @contextmanager
    def _one(self) -> Iterator[Transaction]:
        yield self._tx
