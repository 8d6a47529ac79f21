"""The master key changes while the house serves (R9).

    key added to the file ──▶ in use: one commit, seen by every node within a second ──▶ sealed texts move, a batch at a time
                                                                                    ──▶ older keys retired, once nothing needs them

Passwords move without being known: their hash is what is sealed. A keyed hash of what others hold (tokens, codes) cannot move; it is
found under every key that is held, until it has ended by itself: sessions within a day, activation codes within a day, known clients
within 90 days. Any step may be killed and run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

from sekisho.flows.ports.keyed_rows import Lasting, SealedText
from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.flows.ports.storage import Storage, Transaction
from sekisho.kernel.errors import Kind, SekishoError, invalid
from sekisho.kernel.events import Event, EventKind, Fact

Wrap = Callable[[SealedText], str]

__all__ = [
    "CANARY", "LATE", "KeysUsed", "Moved", "change_key", "end_lasting", "follow_key", "keys_used", "note_resealed", "note_retired",
    "reseal",
]  # fmt: skip

CANARY = "canary"
LATE = timedelta(hours=1)  # so long after the change of keys the last request that began under the older one has surely ended


@dataclass(frozen=True, slots=True)
class KeysUsed:
    """in_use: the key's id; "" for a database that has not been opened yet. since: when it came into use; None for the first.

    sealed: how many texts each key sealed, by its id. lasting: what lives that was hashed under older keys.
    """

    in_use: str
    since: datetime | None
    sealed: Mapping[str, int]
    lasting: Lasting

    @property
    def older(self) -> int:
        """How many texts other keys sealed."""
        return sum(count for key, count in self.sealed.items() if key != self.in_use)


@dataclass(frozen=True, slots=True)
class Moved:
    """unreadable: texts that no key at hand opens; they stay as they are."""

    texts: int = 0
    unreadable: int = 0

    def plus(self, other: Moved) -> Moved:
        return Moved(self.texts + other.texts, self.unreadable + other.unreadable)


def follow_key(keyring: Keyring, tx: Transaction) -> str:
    """Use the key that the database says is in use; "" when done, else its id, which we do not hold."""
    canary = tx.keyed.canary()
    key_id = keyring.key_of(canary or "")
    return "" if canary is None or keyring.use(key_id) else key_id or "?"


def keys_used(now: datetime, keyring: Keyring, storage: Storage) -> KeysUsed:
    with storage.reading() as tx:
        since, canary = tx.keyed.used_since(), tx.keyed.canary()
        lasting = Lasting(0, 0, 0, 0) if since is None else tx.keyed.hashed_before(since + LATE, now)
        return KeysUsed(keyring.key_of(canary or ""), since, tx.keyed.count(), lasting)


def change_key(key_id: str, actor: str, now: datetime, keyring: Keyring, storage: Storage) -> None:
    """That key, which every node should hold by now, is in use from this commit on.

    SekishoError INVALID when the keyring is not the database's or lacks that key; CONFLICT when another one came into use meanwhile.
    """
    used = keyring.key_id
    try:
        with storage.transaction() as tx:
            before = tx.keyed.canary()
            if before is None or keyring.open(Purpose.FIELDS, before, CANARY) != CANARY or not keyring.use(key_id):
                raise invalid("The new master key is not in the keyring.", key_id)
            if not tx.keyed.change_key(keyring.seal(Purpose.FIELDS, CANARY, CANARY), before, now):
                raise SekishoError(Kind.CONFLICT, "Another key came into use meanwhile. Run this again.", "keyring")
            facts: dict[str, Fact] = {"key": key_id, "before": keyring.key_of(before)}
            tx.audit.append(Event(EventKind.KEYRING_ROTATED, actor=actor, facts=facts), now)
    except BaseException:
        keyring.use(used)
        raise


def reseal(keyring: Keyring, wrap: Wrap, storage: Storage, told: Callable[[int, int | None], None]) -> Moved:
    """Move every sealed text to the key in use. Others write meanwhile: for each batch they wait a moment at most.

    wrap: what stands for a text that is fixed, under the key in use.
    """
    with storage.reading() as tx:
        places, counted = tx.keyed.places, tx.keyed.count()
    total = sum(count for key, count in counted.items() if key != keyring.key_id)
    moved = Moved()
    for place in places:
        after = None
        while after != "":
            began = time.monotonic()
            after, some = _tried_again(partial(_move_page, place, after or "", keyring, wrap, storage))
            moved = moved.plus(some)
            told(moved.texts, max(total, moved.texts))
            if some.texts:
                time.sleep(time.monotonic() - began)  # as long as others had to wait, they get
    return moved


def _tried_again(page: Callable[[], tuple[str, Moved]]) -> tuple[str, Moved]:
    """A page that waited too long for somebody else's rows, or in a circle with him, is not done: twice more, then it is raised."""
    for _ in range(2):
        with suppress(SekishoError):
            return page()
    return page()


def _move_page(place: str, after: str, keyring: Keyring, wrap: Wrap, storage: Storage) -> tuple[str, Moved]:
    """The last row of the page, "" behind the end. A text that somebody else wrote meanwhile stays as it is."""
    with storage.reading() as tx:
        rows, last = tx.keyed.older(place, keyring.key_id, after)
    fresh = []
    for row in rows:
        with suppress(SekishoError, ValueError):
            fresh.append((row, _moved(row, keyring, wrap)))
    if not fresh:
        return last, Moved(0, len(rows))
    with storage.transaction() as tx:
        return last, Moved(tx.keyed.replace(fresh), len(rows) - len(fresh))


def _moved(row: SealedText, keyring: Keyring, wrap: Wrap) -> str:
    if row.fixed:
        return wrap(row)
    return keyring.seal(row.purpose, keyring.open(row.purpose, row.text, row.context), row.context)


def note_resealed(moved: Moved, actor: str, now: datetime, keyring: Keyring, storage: Storage) -> None:
    with storage.transaction() as tx:
        facts: dict[str, Fact] = {"key": keyring.key_id, **asdict(moved)}
        tx.audit.append(Event(EventKind.KEYRING_RESEALED, actor=actor, facts=facts), now)


def end_lasting(before: datetime, now: datetime, storage: Storage) -> Lasting:
    """End what was hashed before that moment: sessions, known clients, logins in progress, activation codes and broker keys."""
    ended = [0, 0, 0, 0, 0]
    while True:
        with storage.transaction() as tx:
            some = tx.keyed.end_hashed_before(before, now)
        if not some.any:
            return Lasting(*ended)
        ended = [sum(pair) for pair in zip(ended, asdict(some).values(), strict=True)]


def note_retired(keys: Sequence[str], ended: Lasting, actor: str, now: datetime, storage: Storage) -> None:
    with storage.transaction() as tx:
        facts: dict[str, Fact] = {"keys": ",".join(keys), **asdict(ended)}
        tx.audit.append(Event(EventKind.KEYRING_RETIRED, actor=actor, facts=facts), now)
