"""Turns what a database driver raises into the house's one error: fail closed, never a trace of SQL outside (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from sekisho.kernel.errors import Kind, SekishoError, unavailable

__all__ = ["translated"]


@contextmanager
def translated() -> Iterator[None]:
    """A database that is locked, full, read-only, damaged, gone or too slow: UNAVAILABLE. A row that exists already or lacks the row
    it belongs to: CONFLICT. Wrong SQL stays what it is, a programming error."""
    try:
        yield
    except (exc.ProgrammingError, exc.DataError, exc.NotSupportedError):
        raise
    except exc.IntegrityError as error:
        raise SekishoError(Kind.CONFLICT, "This has changed in the meantime. Please try again.", _cause(error)) from error
    except (exc.DBAPIError, exc.TimeoutError, exc.PendingRollbackError, exc.ResourceClosedError) as error:
        raise unavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    """The driver's first line for the log. Later lines may quote values of rows."""
    origin = getattr(error, "orig", None) or error
    return f"database: {type(origin).__name__}: {(str(origin).splitlines() or [''])[0][:200]}"
