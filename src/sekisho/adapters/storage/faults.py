"""Turns what a database driver raises into the house's one error: fail closed, never a trace of SQL outside (DESIGN §4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from sekisho.kernel.errors import Kind, SekishoError, unavailable

__all__ = ["FAULTS", "REFUSED_ROWS", "translated"]

# A row that exists already, or lacks the row that it belongs to.
REFUSED_ROWS = (sqlite3.IntegrityError, psycopg.IntegrityError, exc.IntegrityError)
# Wrong SQL or a wrong type: a programming error, which stays what it is.
_MISTAKES = (
    sqlite3.ProgrammingError, psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError, exc.ProgrammingError, exc.DataError,
)  # fmt: skip
# Locked, full, read-only, damaged, gone, too slow, or no connection free.
FAULTS = (sqlite3.DatabaseError, psycopg.Error, exc.DBAPIError, exc.TimeoutError)


@contextmanager
def translated() -> Iterator[None]:
    """A database that cannot serve: UNAVAILABLE. A row that it refuses: CONFLICT."""
    try:
        yield
    except _MISTAKES:
        raise
    except REFUSED_ROWS as error:
        raise SekishoError(Kind.CONFLICT, "This has changed in the meantime. Please try again.", _cause(error)) from error
    except FAULTS as error:
        raise unavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    """The driver's first line for the log. Later lines may quote values of rows."""
    origin = getattr(error, "orig", None) or error
    return f"database: {type(origin).__name__}: {(str(origin).splitlines() or [''])[0][:200]}"
