"""What stands against logging in since a signed head: it travels in the next head, signed, so that a restored backup learns it (R9)."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.domain.audit.canonical import parse
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.head import Head
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import EventKind

__all__ = ["standing_since"]

_PAGE = 1000
_KINDS = frozenset({EventKind.LOGIN_RESTRICTED, EventKind.AUTHENTICATOR_DISABLED, EventKind.TRADER_SUSPENDED, EventKind.MANDATE_ENDED})


def standing_since(tx: Transaction, previous: Head | None) -> tuple[str, ...]:
    """Ids of the traders restricted or suspended, of the authenticators disabled and of the mandates ended since that head; sorted."""
    found: set[str] = set()
    for entry in _entries_since(previous.position if previous else 0, tx):
        if entry.kind in _KINDS:
            found.update(_ids(entry))
    return tuple(sorted(found))


def _entries_since(position: int, tx: Transaction) -> Iterator[AuditEntry]:
    while page := tx.audit.read(position + 1, _PAGE):
        yield from (sealed.entry for sealed in page)
        position = page[-1].position


def _ids(entry: AuditEntry) -> Iterator[str]:
    facts = parse(entry.facts)
    if entry.kind in (EventKind.LOGIN_RESTRICTED, EventKind.TRADER_SUSPENDED) and entry.trader:
        yield entry.trader
    for name in ("authenticator", "mandate"):
        value = facts.get(name) if isinstance(facts, dict) else None
        if isinstance(value, str):
            yield value
