"""Brings a database to the schema of this version; safe when two processes start at once (DESIGN §4)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, TextClause, text

from sekisho.adapters.storage.line import Line
from sekisho.kernel.errors import Kind, SekishoError

__all__ = ["HEAD", "REVISION", "Database", "upgrade"]

REVISION = text("SELECT version_num FROM alembic_version")

HEAD = "0010"  # newest revision in migrations/versions; a test compares


class Database(Protocol):
    """What SQLite and PostgreSQL offer alike: transactions that commit when their block ends well."""

    @property
    def has_revision(self) -> TextClause:
        """Counts the table that names the schema's revision."""

    def writing(self) -> AbstractContextManager[Line]: ...
    def reading(self) -> AbstractContextManager[Line]: ...
    def migrating(self) -> AbstractContextManager[Connection]:
        """A write transaction that waits until no other process migrates."""

    def close(self) -> None: ...


def upgrade(database: Database) -> None:
    """All missing revisions in one transaction. Raises SekishoError when a newer Sekisho made the schema: then nothing is touched."""
    with database.reading() as line:
        if line.value(database.has_revision) and line.value(REVISION) == HEAD:
            return
    with database.migrating() as connection:
        present = connection.execute(database.has_revision).scalar()
        _upgrade(connection, connection.execute(REVISION).scalar() if present else None)


def _upgrade(connection: Connection, current: str | None) -> None:
    # Alembic is loaded only when there is something to do: it costs every start of the command line 0.1 s.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "sekisho.adapters.storage:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise SekishoError(
            Kind.CONFLICT,
            "The database was made by a newer version of Sekisho. Please install that version.",
            f"database revision {current}, this version knows up to {HEAD}",
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
