"""What is known of a database that does not answer: found out once, not by every caller for himself (DESIGN §4: 503 within 2 s).

    answers ──a wait for it ended in vain──▶ silent ──a thread of its own asks it, and is answered──▶ answers

Each caller would hold a thread for the whole time-out, and those behind would wait for a thread before they could even ask. While it is
silent every caller is told so at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from sekisho.kernel.errors import unavailable

__all__ = ["Silence"]

_QUICK = 0.3  # seconds; a failure that shows at once holds up nobody
_PAUSE = 0.1


class Silence:
    """fault: what the driver raises when the database does not answer. ask: returns when it answers, raises when it does not."""

    def __init__(self, fault: type[Exception], ask: Callable[[], None]) -> None:
        self._fault = fault
        self._ask = ask
        self._guard = threading.Lock()
        self._silent = False
        self._closing = threading.Event()

    def check(self) -> None:
        """UNAVAILABLE while it is silent; asked before and after every wait."""
        if self._silent:
            raise unavailable("database: it does not answer")

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Around what waits for the database: a wait in vain is noticed for all."""
        self.check()
        started = monotonic()
        try:
            yield
        except self._fault as error:
            # With an SQLSTATE the server has answered: a row that somebody holds is no silent database.
            if monotonic() - started > _QUICK and getattr(error, "sqlstate", None) is None:
                self.begins()
            raise

    def begins(self) -> None:
        with self._guard:
            if self._silent or self._closing.is_set():
                return
            self._silent = True
        threading.Thread(target=self._listen, name="database-silent", daemon=True).start()

    def close(self) -> None:
        self._closing.set()

    def _listen(self) -> None:
        while not self._closing.wait(_PAUSE):
            try:
                self._ask()
            except Exception:  # whatever it was, it was no answer
                continue
            self._silent = False
            return
