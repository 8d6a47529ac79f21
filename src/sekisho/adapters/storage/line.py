"""A line to the database within one transaction: runs statements that SQLAlchemy built, straight on the driver.

Statements are compiled once for each kind of database and then sent as they are, with named parameters; rows come back as plain tuples.
SQLAlchemy's own execution costs five times the driver's (measured: 100 µs against 20), and a login runs a dozen statements (DESIGN §7).
Every column is a text or an integer, so nothing needs converting on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Dialect

from sekisho.kernel.errors import missing

__all__ = ["SQLITE", "Compiled", "Driver", "Line", "Parameters", "SqlRow"]

SqlRow: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Mapping[str, Any]
_NONE: Parameters = {}


class _Cursor(Protocol):
    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[SqlRow]: ...
    def executemany(self, statement: Any, parameters: Any, /) -> Any: ...


class Driver(Protocol):
    """What sqlite3 and psycopg connections have alike."""

    def execute(self, statement: Any, parameters: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...


class Compiled:
    """Statements in the words of one kind of database. The statements are module constants, so this grows to their number."""

    def __init__(self, dialect: Dialect) -> None:
        self.is_postgresql = dialect.name == "postgresql"
        self._dialect = dialect
        self._known: dict[ClauseElement, tuple[str, dict[str, Any]]] = {}

    def of(self, statement: ClauseElement, parameters: Parameters) -> tuple[str, dict[str, Any]]:
        """The text, and the values that stand in the statement itself. A statement is always called with the same names."""
        found = self._known.get(statement)
        if found is None:
            compiled = statement.compile(dialect=self._dialect, column_keys=list(parameters))
            fixed = {name: value for name, value in compiled.params.items() if name not in parameters}
            found = self._known[statement] = (str(compiled), fixed)
        return found


SQLITE = Compiled(SQLiteDialect_pysqlite(paramstyle="named"))


class Line:
    """Every method takes a statement and its parameters; the driver's own exceptions pass through."""

    __slots__ = ("_compiled", "_driver")

    def __init__(self, driver: Driver, compiled: Compiled) -> None:
        self._driver = driver
        self._compiled = compiled

    @property
    def is_postgresql(self) -> bool:
        return self._compiled.is_postgresql

    def all(self, statement: ClauseElement, parameters: Parameters = _NONE) -> list[SqlRow]:
        rows: list[SqlRow] = self._execute(statement, parameters).fetchall()
        return rows

    def first(self, statement: ClauseElement, parameters: Parameters = _NONE) -> SqlRow | None:
        # All rows are fetched: SQLite holds a RETURNING statement open until the last one is.
        rows = self._execute(statement, parameters).fetchall()
        return rows[0] if rows else None

    def value(self, statement: ClauseElement, parameters: Parameters = _NONE) -> Any:
        """First column of the first row; None where there is no row."""
        rows = self._execute(statement, parameters).fetchall()
        return rows[0][0] if rows else None

    def run(self, statement: ClauseElement, parameters: Parameters = _NONE) -> int:
        """How many rows it reached."""
        return self._execute(statement, parameters).rowcount

    def save(self, statement: ClauseElement, parameters: Parameters) -> None:
        """An UPDATE of one row that has to be there; else SekishoError MISSING."""
        if self._execute(statement, parameters).rowcount != 1:
            raise missing("the row to save does not exist")

    def run_each(self, statement: ClauseElement, rows: Sequence[Parameters]) -> int:
        """The statement for each of the rows; how many rows it reached in all."""
        sql, fixed = self._compiled.of(statement, rows[0])
        cursor = self._driver.cursor()
        cursor.executemany(sql, [{**fixed, **row} for row in rows])
        return int(cursor.rowcount)

    def _execute(self, statement: ClauseElement, parameters: Parameters) -> _Cursor:
        sql, fixed = self._compiled.of(statement, parameters)
        cursor: _Cursor = self._driver.execute(sql, {**fixed, **parameters} if fixed else parameters)
        return cursor
