"""The one writer of the event log: takes what waits, judges it, commits it together, then answers (MONITORING.md, DESIGN §4).

follower ──lease──▶ rebuilding (snapshot and replay) ──▶ owner ──lease lost, commit failed──▶ follower, or rebuilding

What other nodes forward is taken in the same round as own events, and answered in the same commit. Nothing is lost, and nothing is allowed
while there is no owner. State that a failed commit may have moved is thrown away and rebuilt from the log.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from sekisho.adapters.engines.forwarded import NO_EVENTS, ForwardedBatch
from sekisho.adapters.engines.refusals import busy, refusal
from sekisho.adapters.engines.succession import Building, Succession
from sekisho.flows.ports.monitoring import Draft, Judge, Outcome
from sekisho.flows.ports.storage import Lease, Storage, Transaction
from sekisho.flows.record_events import Place
from sekisho.kernel.errors import SekishoError, unavailable

__all__ = ["LEASE", "EventWriter", "Recording"]

LEASE = "monitoring"
LEASE_LIFE = timedelta(seconds=5)
_RENEW = 1.5
_ROUND = 0.05  # how long own events wait at the most in a quiet house
_SOON = 0.01  # and forwarded ones, while others come
_LARGEST_BATCH = 2000
_INTAKE = 500


class Recording(Building, Protocol):
    """What the writer does with a batch; made by bootstrap from the flows."""

    def build(self, stopping: Callable[[], bool]) -> tuple[Judge, Place]:
        """The judge of the live rules, with its state up to the end of the log. stopping: asked now and then, gives it up."""

    def record(
        self, drafts: Sequence[Draft], intake: Sequence[tuple[int, str]], place: Place, judge: Judge, now: datetime, tx: Transaction
    ) -> tuple[list[Outcome], Place]: ...

    def after(self, judge: Judge, place: Place, now: datetime) -> None:
        """Behind a commit: snapshots, now and then."""

    def close(self) -> None:
        """Nothing comes any more; a snapshot that is being written is waited for, for some seconds."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    drafts: Sequence[Draft]
    answer: Future[list[Outcome]]


class EventWriter:
    """A thread, and a `Monitor` for this process. clock: aware UTC. largest: drafts that may wait. open_house: whether the database is the
    newest copy; an older one is written by nobody (R9)."""

    def __init__(
        self, storage: Storage, recording: Recording, clock: Callable[[], datetime], largest: int, open_house: Callable[[], bool]
    ) -> None:
        self._storage = storage
        self._recording = recording
        self._clock = clock
        self._largest = largest
        self._open_house = open_house
        self._holder = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lease: Lease | None = None
        self._state: tuple[Judge, Place] | None = None
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._turn = threading.Condition()
        self._stopping = threading.Event()
        self._due: dict[str, float] = {}
        self._succession = Succession(recording)
        self._woken = False
        self.committed: Callable[[], None] = lambda: None  # told behind each commit
        self._forwarding = 0.0  # until then, by the monotonic clock
        self._log = structlog.get_logger("sekisho.monitoring")
        self._thread = threading.Thread(target=self._run, name="event-writer", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether this process owns the log and has its state."""
        return self._lease is not None and self._state is not None

    @property
    def judge(self) -> Judge | None:
        """None where this process does not own the log."""
        state = self._state
        return None if state is None else state[0]

    @property
    def waiting(self) -> int:
        return self._queued

    @property
    def rules_wait(self) -> float:
        """Seconds for which other rules than those that judge here have been in force."""
        return self._succession.waiting

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What waits is told to try again, and the lease is let go, before anything else is waited for: the next owner begins at once."""
        self._stopping.set()
        with self._turn:
            self._turn.notify()
        self._thread.join(timeout=10)
        self._turn_away()
        if self._lease is not None:
            with suppress(SekishoError), self._storage.transaction() as tx:
                tx.leases.release(self._lease)
        self._lease = self._state = None
        self._succession.end(wait=5)
        self._recording.close()

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        """See `flows.ports.monitoring.Monitor`."""
        answer: Future[list[Outcome]] = Future()
        with self._turn:
            if not self.ready or self._stopping.is_set():
                raise unavailable("this node does not own the event log", timedelta(seconds=1))
            if self._queued + len(drafts) > self._largest:
                raise busy()
            self._queue.append(_Waiting(drafts, answer))
            self._queued += len(drafts)
            self._turn.notify()
        return answer

    def wake(self) -> None:
        """An own event waits for which somebody waits."""
        with self._turn:
            self._woken = True
            self._turn.notify()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round()
            except SekishoError as error:
                self._lose(error.detail or error.public_message)
            except Exception:
                self._log.exception("the event writer failed; its state is rebuilt")
                self._lose("")

    def _round(self) -> None:
        if not self._open_house():
            self._lease = self._state = None
        elif self._is_due("lease", _RENEW):
            self._renew()
        if self._lease is None:
            self._succession.end()
            self._turn_away()
            self._stopping.wait(_ROUND)
            return
        if self._state is None:
            self._build()
            return
        self._change_rules(*self._state)
        pause = _SOON if time.monotonic() < self._forwarding else _ROUND
        woken = self._is_woken(pause)
        own, forwarded = self._waits() if self._is_due("intake", pause) or woken else (False, False)
        batch = self._take()  # last: who was taken out of the queue is answered by `_write` alone
        if batch or own or forwarded:
            self._write(batch, forwarded)

    def _build(self) -> None:
        """Keeps the lease meanwhile: two nodes whose replay outlasts it would take it from each other for ever."""
        held = self._lease
        self._succession.end()
        self._state = self._recording.build(lambda: self._gives_up(held))
        self._renew()  # the last stretch may have cost it

    def _change_rules(self, judge: Judge, place: Place) -> None:
        if self._is_due("rules", 1.0):
            self._succession.look(judge)
        self._state = (self._succession.turn(judge, place), place)

    def _gives_up(self, held: Lease | None) -> bool:
        if self._is_due("lease", _RENEW):
            self._renew()
        return self._stopping.is_set() or self._lease is None or held is None or self._lease.token != held.token

    def _renew(self) -> None:
        now = self._clock()
        with self._storage.transaction() as tx:
            lease = tx.leases.acquire(LEASE, self._holder, now, now + LEASE_LIFE)
        if lease is None or (self._lease is not None and lease.token != self._lease.token):
            self._state = None  # somebody else may have written meanwhile
        self._lease = lease

    def _is_woken(self, pause: float) -> bool:
        """Whether somebody woke the writer, for whose own event he has to look. Waits as long as nothing waits in the queue."""
        with self._turn:
            if not self._queue and not self._woken:
                self._turn.wait(pause)
            woken, self._woken = self._woken, False
            return woken

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        count = 0
        with self._turn:
            while self._queue and (not batch or count + len(self._queue[0].drafts) <= _LARGEST_BATCH):
                waiting = self._queue.popleft()
                self._queued -= len(waiting.drafts)
                if waiting.answer.set_running_or_notify_cancel():  # else nobody waits for it any more, and it was answered 503
                    batch.append(waiting)
                    count += len(waiting.drafts)
        return batch

    def _waits(self) -> tuple[bool, bool]:
        """Own events, and forwarded ones."""
        with self._storage.reading() as tx:
            own, forwarded = tx.forwarded.waits()
        if forwarded:
            self._forwarding = time.monotonic() + 1
        return own, forwarded

    def _write(self, batch: list[_Waiting], take_forwarded: bool) -> None:
        assert self._state is not None and self._lease is not None  # `_round` has seen them
        judge, place = self._state
        now = self._clock()
        drafts = [draft for waiting in batch for draft in waiting.drafts]
        forwarded = NO_EVENTS
        try:
            with self._storage.transaction() as tx:
                if not tx.leases.holds(self._lease, now):
                    raise unavailable("the lease of the event log is lost", timedelta(seconds=1))
                if take_forwarded:
                    forwarded = ForwardedBatch.of(tx.forwarded.waiting(_LARGEST_BATCH - len(drafts)), now)
                drafts += forwarded.drafts
                outcomes, place = self._recording.record(drafts, tx.events.intake(_INTAKE), place, judge, now, tx)
                if take_forwarded:
                    forwarded.answer(outcomes[len(drafts) - len(forwarded.drafts) :], tx)
        except BaseException as fault:
            self._state = None
            for waiting in batch:
                waiting.answer.set_exception(refusal(fault))
            forwarded.turn_away(self._storage)
            raise
        self._state = (judge, place)
        at = 0
        for waiting in batch:
            waiting.answer.set_result(outcomes[at : at + len(waiting.drafts)])
            at += len(waiting.drafts)
        try:
            self.committed()
            self._recording.after(judge, place, now)
        except Exception:
            self._log.exception("what follows a commit failed; the state is as the log is, and goes on")

    def _lose(self, why: str) -> None:
        self._state = None
        self._log.warning("the event writer begins anew", detail=why)
        self._turn_away()
        self._stopping.wait(0.2)

    def _turn_away(self) -> None:
        with self._turn:
            waiting, self._queued = list(self._queue), 0
            self._queue.clear()
        for one in waiting:
            if one.answer.set_running_or_notify_cancel():
                one.answer.set_exception(unavailable("this node does not own the event log", timedelta(seconds=1)))

    def _is_due(self, job: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(job, 0):
            return False
        self._due[job] = now + every
        return True
