"""Entries, heads and checkpoints as lines of text: the export, and the file of exported heads.

A line is one canonical JSON object with a line feed at its end. Reading is strict: a missing, further or wrongly typed field, or a text
that is not canonical, is a ValueError, so that no changed byte is read past.
An export is one line `{"checkpoint": …, "format": "sekisho-audit-export-1"}`, then the sealed entries by position, then the unsealed ones.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from sekisho.domain.audit.canonical import canonical, parse
from sekisho.domain.audit.chain import ChainPoint, SealedEntry
from sekisho.domain.audit.entry import AuditEntry
from sekisho.domain.audit.head import Head

__all__ = ["entry_line", "head_line", "header_line", "read_entry", "read_head", "read_header"]

_FORMAT = "sekisho-audit-export-1"
_NULLABLE = {"actor", "trader", "account", "reason", "personal", "personal_hash"}
_NUMBERS = {"at_ms", "number", "position", "epoch"}


def header_line(checkpoint: ChainPoint) -> str:
    """First line of an export: where its chain starts (position 0 unless the log was purged)."""
    return canonical({"format": _FORMAT, "checkpoint": asdict(checkpoint)})


def read_header(line: str) -> ChainPoint:
    match parse(line):
        case {"format": form, "checkpoint": dict(point), **more} if form == _FORMAT and not more:
            return ChainPoint(**_typed(point, {"position", "link"}))
    raise ValueError("not the first line of an audit export")


def entry_line(row: SealedEntry | AuditEntry) -> str:
    """One entry; position and link are null while it is unsealed."""
    entry, position, link = (row.entry, row.position, row.link) if isinstance(row, SealedEntry) else (row, None, None)
    return canonical({**asdict(entry), "position": position, "link": link})


def read_entry(line: str) -> SealedEntry | AuditEntry:
    values = _object(line)
    position, link = values.pop("position", None), values.pop("link", None)
    entry = AuditEntry(**_typed(values, {f.name for f in fields(AuditEntry)}))
    match position, link:
        case None, None:
            return entry
        case int(), str() if type(position) is int:
            return SealedEntry(entry, position, link)
    raise ValueError("position and link have wrong types")


def head_line(head: Head) -> str:
    return canonical(asdict(head))


def read_head(line: str) -> Head:
    values = _object(line)
    standing = values.pop("standing", None)
    if not isinstance(standing, list) or not all(isinstance(item, str) for item in standing):
        raise ValueError("standing is a list of ids")
    names = {f.name for f in fields(Head)} - {"standing"}
    return Head(**_typed(values, names), standing=tuple(standing))


def _object(line: str) -> dict[str, Any]:
    value = parse(line)
    if not isinstance(value, dict):
        raise ValueError("a line is one object")
    return value


def _typed(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """`values` with exactly these names and the types that belong to them."""
    if values.keys() != names:
        raise ValueError(f"missing or unknown fields: {', '.join(sorted(values.keys() ^ names))}")
    for name, value in values.items():
        wanted = int if name in _NUMBERS else str
        if type(value) is not wanted and not (value is None and name in _NULLABLE):
            raise ValueError(f"{name} has a wrong type")
    return values
