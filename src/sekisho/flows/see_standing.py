"""What stands against logging in since a signed head: it travels in the next head, signed, so that a restored backup learns it (R9)."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.domain.audit.canonical import parse
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.standing import Standing, standing_text
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.events import EventKind

__all__ = ["standing_since"]

_PAGE = 1000


def standing_since(tx: Transaction, previous: Head | None) -> tuple[str, ...]:
    """The authenticators restricted and disabled, traders suspended, accounts frozen and mandates ended since that head; sorted."""
    return tuple(sorted({text for entry in _entries_since(previous.position if previous else 0, tx) for text in _standing(entry)}))


def _entries_since(position: int, tx: Transaction) -> Iterator[AuditEntry]:
    while page := tx.audit.read(position + 1, _PAGE):
        yield from (sealed.entry for sealed in page)
        position = page[-1].position


def _standing(entry: AuditEntry) -> Iterator[str]:
    match entry.kind, parse(entry.facts):
        case EventKind.LOGIN_RESTRICTED, {"authenticator": str(authenticator), **facts}:
            yield standing_text(Standing.LOCKED if facts.get("until_unlocked") else Standing.RESTRICTED, authenticator)
        case EventKind.AUTHENTICATOR_DISABLED, {"authenticator": str(authenticator)}:
            yield standing_text(Standing.DISABLED, authenticator)
        case EventKind.MANDATE_ENDED, {"mandate": str(mandate)}:
            yield standing_text(Standing.ENDED, mandate)
        case EventKind.ACCOUNT_FROZEN, {"freeze": str(reason)} if entry.account:
            yield standing_text(Standing.FROZEN, entry.account, reason)
        case EventKind.TRADER_SUSPENDED, _ if entry.trader:
            yield standing_text(Standing.SUSPENDED, entry.trader)
