"""What a copy holds, asked of the copy itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sekisho.adapters.backup.manifest import Contents
from sekisho.kernel.errors import invalid

__all__ = ["CLOSE", "contents_of"]

# Part of what is put back, so that a copy without it is never there: see `flows.restore_witness`.
CLOSE = "UPDATE meta SET restored = {now}"

_META = "SELECT epoch, canary, (SELECT version_num FROM alembic_version) FROM meta"
_POSITION = "SELECT coalesce((SELECT max(position) FROM audit_entries), (SELECT position FROM audit_checkpoint), 0)"
_HEAD = "SELECT coalesce((SELECT max(number) FROM audit_heads), 0)"


def contents_of(first_row: Callable[[str], Any]) -> Contents:
    """first_row(sql): the first row of a statement, None without any. SekishoError INVALID for a database that Sekisho never served."""
    row = first_row(_META)
    if row is None or row[1] is None:
        raise invalid("There is nothing to back up: this database was never opened by Sekisho.", "meta")
    return Contents(
        revision=str(row[2]), epoch=int(row[0]), canary=str(row[1]), position=int(first_row(_POSITION)[0]), head=int(first_row(_HEAD)[0])
    )
