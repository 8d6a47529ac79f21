"""Rules that were decided on take the place of those that judge, and no event waits for it (MONITORING.md §Rules).

    the live rules judge ──others are in force──▶ they still judge; a thread builds the judge of the others ──it has caught up──▶ it judges
                         ◀──decided back, or building failed: again in a while──┘

The thread reads the log in small pages and rests as long as it works, so that the writer, who shares the interpreter with it, keeps up.
The last stretch is fed by the writer between two batches: nothing is appended meanwhile, so the successor stands where the log ends, and
a batch is judged by one version alone.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

import structlog

from sekisho.flows.ports.monitoring import Judge
from sekisho.flows.record_events import Place
from sekisho.kernel.errors import unavailable

__all__ = ["Building", "Rest", "Succession"]

_AGAIN = 10.0  # seconds after a failure


class Rest(Protocol):
    def __call__(self) -> None:
        """Called after each page; raises SekishoError when the result is wanted no more."""


class Building(Protocol):
    """What bootstrap brings; part of `writer.Recording`."""

    def outdated(self, judge: Judge) -> bool:
        """Whether other rules are in force by now. Gives the judge the lists as they are."""

    def build_beside(self, live: Judge, rest: Rest) -> Judge:
        """In another thread, while `live` judges: the judge of the rules in force, up to the end of the log as it is then."""

    def take_over(self, judge: Judge, live: Judge, place: Place) -> None:
        """In the writer's thread: the rest of the log, which ends at `place`, and what `live` has that need not be built twice."""


class Succession:
    """All calls come from the writer's thread, but for `waiting`."""

    def __init__(self, building: Building) -> None:
        self._building = building
        self._next: _Successor | None = None
        self._since: float | None = None
        self._not_before = 0.0
        self._log = structlog.get_logger("sekisho.monitoring")

    @property
    def waiting(self) -> float:
        """Seconds for which other rules than those that judge have been in force."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def look(self, live: Judge) -> None:
        """Once a second: whether a successor is needed, or no more."""
        now = time.monotonic()
        if not self._building.outdated(live):
            self.end()
        elif self._next is None and now >= self._not_before:
            self._since = now if self._since is None else self._since
            self._next = _Successor(self._building, live)

    def turn(self, live: Judge, place: Place) -> Judge:
        """Who judges from here on. Whatever goes wrong, the live one does."""
        successor = self._next
        if successor is None or not successor.done:
            return live
        self._next = None
        try:
            judge = successor.result()
            if self._building.outdated(judge):  # it was decided again meanwhile; the next look begins anew
                return live
            self._building.take_over(judge, live, place)
        except Exception:
            self._not_before = time.monotonic() + _AGAIN
            self._log.exception("the rules that are in force could not be taken up; those before them still judge", rules=live.rules)
            return live
        self._since = None
        self._log.info("other rules judge from here on", rules=judge.rules, before=live.rules, sequence=place.sequence)
        return judge

    def end(self, wait: float = 0) -> None:
        """What is being built is wanted no more. wait: seconds until it has noticed, at the most."""
        successor, self._next, self._since = self._next, None, None
        if successor is not None:
            successor.stop(wait)


class _Successor:
    def __init__(self, building: Building, live: Judge) -> None:
        self._building = building
        self._live = live
        self._judge: Judge | None = None
        self._fault: Exception | None = None
        self._stopped = threading.Event()
        self._worked_since = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="rules-successor", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Judge:
        """Raises what the building raised."""
        if self._judge is None:
            raise self._fault or unavailable("the judge of the new rules was not built")
        return self._judge

    def stop(self, wait: float) -> None:
        self._stopped.set()
        self._thread.join(wait)

    def _run(self) -> None:
        try:
            self._judge = self._building.build_beside(self._live, self._rest)
        except Exception as fault:  # told by the writer's thread, which asks for the result
            self._fault = fault

    def _rest(self) -> None:
        if self._stopped.wait(max(0.001, time.monotonic() - self._worked_since)):
            raise unavailable("the new rules are wanted no more")
        self._worked_since = time.monotonic()
