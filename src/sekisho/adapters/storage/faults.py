"""Turns what a database driver raises into the house's one error: fail closed, never a trace of SQL outside (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from sekisho.kernel.errors import Kind, SekishoError, unavailable

__all__ = ["Faults"]

Raised = tuple[type[Exception], ...]


class Faults:
    """The errors of one driver, so that the other driver need not be loaded.

    faults: locked, full, read-only, damaged, gone, too slow, or no connection free. refused: a row that exists already, or lacks the
    row that it belongs to. mistakes: wrong SQL or a wrong type, a programming error, which stays what it is.
    """

    def __init__(self, faults: Raised, refused: Raised, mistakes: Raised) -> None:
        self.faults: Raised = (*faults, exc.DBAPIError, exc.TimeoutError)
        self.refused: Raised = (*refused, exc.IntegrityError)
        self._mistakes: Raised = (*mistakes, exc.ProgrammingError, exc.DataError)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """A database that cannot serve: UNAVAILABLE. A row that it refuses: CONFLICT."""
        try:
            yield
        except self._mistakes:
            raise
        except self.refused as error:
            raise SekishoError(Kind.CONFLICT, "This has changed in the meantime. Please try again.", _cause(error)) from error
        except self.faults as error:
            raise unavailable(_cause(error)) from error


def _cause(error: Exception) -> str:
    """The driver's first line for the log. Later lines may quote values of rows."""
    origin = getattr(error, "orig", None) or error
    return f"database: {type(origin).__name__}: {(str(origin).splitlines() or [''])[0][:200]}"
