"""Where sealed texts stand in a database, whatever the program knows of them."""

from __future__ import annotations

from sqlalchemy import Text, text

from sekisho.adapters.storage import SqlStorage, tables
from sekisho.adapters.storage.keyed_rows import _PLACES

__all__ = ["unlisted_places"]

_KNOWN = {f"{place.table}.{place.column}" for place in _PLACES.values()} | {"meta.canary"}
_FIND = [
    (f"{table.name}.{column.name}", text(f"SELECT count(*) FROM {table.name} WHERE substr({column.name}, 1, 3) IN ('v1.', 'w1.')"))
    for table in tables.metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Text) and f"{table.name}.{column.name}" not in _KNOWN
]


def unlisted_places(storage: SqlStorage) -> list[str]:
    """Columns with sealed texts that a rotation of keys would pass over: each has to stand in `adapters.storage.keyed_rows`."""
    with storage.database.reading() as line:
        return [name for name, statement in _FIND if line.value(statement)]
