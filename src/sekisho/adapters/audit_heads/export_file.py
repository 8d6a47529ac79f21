"""An exported audit log as a file (`domain.audit.lines`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sekisho.adapters.audit_heads.line_files import Line, lines_of
from sekisho.domain.audit.chain import ChainPoint, SealedEntry
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.lines import read_entry, read_header
from sekisho.flows.verify_audit import Unreadable
from sekisho.kernel.errors import invalid

__all__ = ["read_export", "write_export"]


def write_export(path: Path, lines: Iterable[str]) -> int:
    """Write the lines to a new file of mode 0600 and return their number. A file that exists is refused; a failure leaves none behind."""
    if path.exists():
        raise invalid("This file exists already and is not overwritten.", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="ascii", newline="\n") as file:
            count = sum(file.write(f"{line}\n") > 0 for line in lines)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def read_export(path: Path) -> tuple[ChainPoint, Iterator[SealedEntry | AuditEntry | Unreadable]]:
    """Where its chain starts, and its rows. SekishoError (invalid) when the file is no export, OSError when it cannot be opened."""
    lines = lines_of(path)
    first = next(lines, None)
    try:
        start = read_header(first.text if first and first.text else "")
    except ValueError as error:
        raise invalid("This file is no export of an audit log.", f"{path}: {error}") from None
    return start, map(_row, lines)


def _row(line: Line) -> SealedEntry | AuditEntry | Unreadable:
    if line.text is None:
        return Unreadable(line.number, "not a text, or too long")
    if not line.whole:
        return Unreadable(line.number, "the file ends in the middle of it")
    try:
        return read_entry(line.text)
    except ValueError as error:
        return Unreadable(line.number, str(error))
