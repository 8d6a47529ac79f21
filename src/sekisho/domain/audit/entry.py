"""One entry of the audit log, as it is written in the commit of the flow that it records."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from sekisho.domain.audit.canonical import canonical, digest
from sekisho.kernel.events import Event
from sekisho.kernel.ids import new_id
from sekisho.kernel.secrets import same
from sekisho.kernel.times import to_ms

__all__ = ["ENTRY_PREFIX", "AuditEntry", "genuine", "intact", "mac_input", "payload_hash", "personal_hash", "write_entry"]

ENTRY_PREFIX = "adt"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened, who did it, to whom (ASVS V16.2.1), in the order of the stored columns.

    at_ms: milliseconds since 1970 UTC. facts: canonical JSON text.
    personal: sealed text, or None when there is none or it was erased; personal_hash: of that sealed text, None when there never was any.
    salt: 128 random bits, hexadecimal. payload_hash: over salt and every field above but `personal`. mac: over id and payload_hash,
    hexadecimal.
    """

    id: str
    at_ms: int
    kind: str
    actor: str | None
    trader: str | None
    account: str | None
    reason: str | None
    facts: str
    personal: str | None
    personal_hash: str | None
    salt: str
    payload_hash: str
    mac: str

    @property
    def erased(self) -> bool:
        """Whether the personal fields it once had are gone (R8: expiry and erasure leave the chain valid)."""
        return self.personal is None and self.personal_hash is not None


_HASHED = tuple(f.name for f in fields(AuditEntry) if f.name not in {"personal", "payload_hash", "mac"})


def write_entry(event: Event, now: datetime, mac: Callable[[bytes], bytes], seal_personal: Callable[[str, str], str]) -> AuditEntry:
    """The entry of an event.

    mac: keyed hash with the audit key. seal_personal: authenticated encryption of a text for a context (the entry's id), with a fresh
    random nonce: the nonce is erased with the text, so that the hash that stays tells nothing about what was erased.
    Raises ValueError for a fact that is no text, integer, boolean or None: a programming error, never the outsider's.
    """
    names = (event.actor, event.trader, event.account, event.reason)
    if any(name is not None and not (name.isprintable() and 0 < len(name) <= _LONGEST_NAME) for name in names):
        raise ValueError("actor, trader, account and reason are short printable texts")
    entry_id = new_id(ENTRY_PREFIX, now)
    salt = secrets.token_hex(16)
    personal = seal_personal(canonical(event.personal), entry_id) if event.personal else None
    draft = AuditEntry(
        id=entry_id,
        at_ms=to_ms(now),
        kind=str(event.kind),
        actor=event.actor,
        trader=event.trader,
        account=event.account,
        reason=event.reason,
        facts=canonical(event.facts),
        personal=personal,
        personal_hash=None if personal is None else personal_hash(salt, personal),
        salt=salt,
        payload_hash="",
        mac="",
    )
    hashed = replace(draft, payload_hash=payload_hash(draft))
    return replace(hashed, mac=mac(mac_input(hashed)).hex())


def personal_hash(salt: str, sealed: str) -> str:
    return digest("sekisho-audit-personal-1", [salt, sealed])


def payload_hash(entry: AuditEntry) -> str:
    """The hash that the entry's fields have now; differs from `entry.payload_hash` after any change."""
    return digest("sekisho-audit-payload-1", {name: getattr(entry, name) for name in _HASHED})


def mac_input(entry: AuditEntry) -> bytes:
    """What the MAC covers."""
    return ("sekisho-audit-entry-1\n" + canonical([entry.id, entry.payload_hash])).encode("ascii")


def intact(entry: AuditEntry) -> bool:
    """Whether the fields still give the stored hashes. Needs no key; erased personal fields are no fault."""
    if entry.personal is not None and personal_hash(entry.salt, entry.personal) != entry.personal_hash:
        return False
    return payload_hash(entry) == entry.payload_hash


def genuine(entry: AuditEntry, mac: Callable[[bytes], bytes]) -> bool:
    """Whether the MAC was made with the audit key."""
    return same(mac(mac_input(entry)).hex(), entry.mac)
