"""The stored audit log as a stream: for `audit export`, and for `audit verify` on the database itself.

All of one stream is read in one snapshot (`storage.reading()`), so that sealing and purging go on meanwhile and disturb nothing.
Personal fields leave sealed, as they are stored; no key is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.domain.audit.chain import SealedEntry
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.lines import entry_line, header_line
from sekisho.flows.ports.audit import AuditEntries

__all__ = ["export_lines", "stored_heads", "stored_rows"]

_PAGE = 1000


def stored_rows(audit: AuditEntries) -> Iterator[SealedEntry | AuditEntry]:
    """Sealed entries by position, then unsealed ones by id."""
    position = 1
    while page := audit.read(position, _PAGE):
        yield from page
        position = page[-1].position + 1
    after = ""
    while waiting := audit.unsealed(_PAGE, after):
        yield from waiting
        after = waiting[-1].id


def stored_heads(audit: AuditEntries) -> Iterator[Head]:
    """Heads by number."""
    number = 1
    while page := audit.heads(number, _PAGE):
        yield from page
        number = page[-1].number + 1


def export_lines(audit: AuditEntries) -> Iterator[str]:
    """The lines of an export, without line feeds (`domain.audit.lines`)."""
    yield header_line(audit.checkpoint())
    for row in stored_rows(audit):
        yield entry_line(row)
