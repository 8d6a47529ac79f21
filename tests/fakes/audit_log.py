"""The audit log's port in memory, for tests of its flows alone; the real one stands in `adapters/storage` and keeps the same promises."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, SealedPosition
from sekisho.domain.audit.entry import AuditEntry, write_entry
from sekisho.domain.audit.head import Head, authentic
from sekisho.flows.ports.storage import Lease
from sekisho.flows.seal_audit import SealDependencies
from sekisho.kernel.events import Event, EventKind
from sekisho.kernel.times import to_ms

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


class Key:
    """An audit key in memory."""

    key_id = "key-1"

    def __init__(self, seed: bytes = b"s" * 32, mac: bytes = b"m" * 32) -> None:
        self._signing, self._mac = Ed25519PrivateKey.from_private_bytes(seed), mac

    def mac(self, data: bytes) -> bytes:
        return hmac.digest(self._mac, data, "sha256")

    def sign(self, data: bytes) -> bytes:
        return self._signing.sign(data)

    def authentic(self, head: Head) -> bool:
        return authentic(head, self._verifies)

    def _verifies(self, data: bytes, signature: bytes) -> bool:
        try:
            self._signing.public_key().verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass
class MemoryAudit:
    """`flows.ports.audit.AuditEntries` on lists."""

    key: Key = field(default_factory=Key)
    waiting: list[AuditEntry] = field(default_factory=list)
    sealed: list[SealedEntry] = field(default_factory=list)
    start: ChainPoint = ORIGIN
    all_heads: list[Head] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def append(self, event: Event, now: datetime) -> None:
        self.waiting.append(write_entry(event, now, self.key.mac, lambda plain, context: f"v1.{context}.{plain.encode().hex()}"))

    def unsealed(self, limit: int, after: str = "") -> list[AuditEntry]:
        return sorted((e for e in self.waiting if e.id > after), key=lambda e: e.id)[:limit]

    def last_position(self) -> ChainPoint:
        return self.sealed[-1].point if self.sealed else self.start

    def checkpoint(self) -> ChainPoint:
        return self.start

    def place(self, positions: list[SealedPosition]) -> None:
        by_id = {e.id: e for e in self.waiting}
        self.sealed += [SealedEntry(by_id.pop(p.id), p.position, p.link) for p in positions]
        self.waiting = list(by_id.values())

    def read(self, from_position: int, limit: int) -> list[SealedEntry]:
        return [row for row in self.sealed if row.position >= from_position][:limit]

    def count(self) -> int:
        return len(self.sealed)

    def last_before(self, moment: datetime) -> ChainPoint | None:
        found = None
        for row in self.sealed:
            if row.entry.at_ms >= to_ms(moment):
                break
            found = row.point
        return found

    def purge(self, through: ChainPoint) -> int:
        before = len(self.sealed)
        self.sealed = [row for row in self.sealed if row.position > through.position]
        self.start = through
        return before - len(self.sealed)

    def epoch(self) -> int:
        return 1

    def add_head(self, head: Head) -> None:
        assert head.number == len(self.all_heads) + 1
        self.all_heads.append(head)

    def last_head(self) -> Head | None:
        return self.all_heads[-1] if self.all_heads else None

    def heads(self, from_number: int, limit: int) -> list[Head]:
        return [head for head in self.all_heads if head.number >= from_number][:limit]

    def unexported_heads(self, sink: str, limit: int) -> list[Head]:
        return self.heads(self.taken.get(sink, 0) + 1, limit)

    def mark_exported(self, sink: str, number: int, now: datetime) -> None:
        self.taken[sink] = number


@dataclass
class MemoryStorage:
    """One log, one lease. `writes` counts write transactions."""

    audit: MemoryAudit = field(default_factory=MemoryAudit)
    owner: int = 1
    writes: int = 0

    @contextmanager
    def transaction(self) -> Iterator[SimpleNamespace]:
        self.writes += 1
        yield self._tx()

    @contextmanager
    def reading(self) -> Iterator[SimpleNamespace]:
        yield self._tx()

    def _tx(self) -> SimpleNamespace:
        leases = SimpleNamespace(holds=lambda lease, now: lease.token == self.owner)
        return SimpleNamespace(audit=self.audit, leases=leases)


@dataclass
class MemorySink:
    """Takes heads unless it is `down`."""

    name: str = "file"
    heads: list[Head] = field(default_factory=list)
    down: bool = False

    def publish(self, head: Head) -> None:
        if self.down:
            raise OSError("disk full")
        self.heads.append(head)


@dataclass
class Watch:
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def sealed(self, entries: int, refused: list[str]) -> None:
        self.refused = list(refused)

    def exported(self, sink: str, head: Head) -> None: ...

    def sink_failed(self, sink: str, why: str) -> None:
        self.failed.append(f"{sink}: {why}")


def sealing(*sinks: MemorySink, storage: MemoryStorage | None = None, **changed: object) -> SealDependencies:
    storage = storage or MemoryStorage()
    lease = Lease("owner", "here", 1, NOW + timedelta(hours=1))
    deps = SealDependencies(storage, lease, storage.audit.key, sinks, "frm_1", lambda tx, previous: (), Watch())
    return replace(deps, **changed)


def happen(deps: SealDependencies, count: int, at: datetime = NOW) -> None:
    """Write `count` entries, one a millisecond, with personal fields."""
    for n in range(count):
        event = Event(EventKind.LOGIN_REFUSED, trader=f"trd_{n}", facts={"n": n}, personal={"address": f"192.0.2.{n % 256}"})
        deps.storage.audit.append(event, at + timedelta(milliseconds=n))
