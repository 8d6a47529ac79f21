"""A node's way into the event log: its own writer where it owns the log, else through the database to whoever does (DESIGN §4).

                    ┌─ this node owns the log ──▶ the writer's queue
    submit(drafts) ─┤
                    └─ else ──▶ a row of `forwarded_events` ──▶ the owner's next commit ──▶ the answer in that row

One thread writes and reads for all that wait at this node, and does nothing while nothing waits. Without an owner everybody waits for as
long as a request may, and is then told to try again; nothing is ever allowed meanwhile.

The same thread looks for the verdicts on own events, for which logins wait. Where this node owns the log, the writer is woken and tells of
its commits; where nobody owns it, nobody waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from sekisho.adapters.engines.forwarded import decode_answer, encode_drafts
from sekisho.adapters.engines.refusals import busy
from sekisho.adapters.engines.writer import LEASE, EventWriter
from sekisho.flows.ports.forwarding import Forwarded
from sekisho.flows.ports.monitoring import Draft, Outcome
from sekisho.flows.ports.storage import Storage
from sekisho.kernel.errors import Kind, SekishoError, unavailable
from sekisho.kernel.ids import new_id

__all__ = ["NodeMonitor"]

_LOOK = 0.02  # seconds between two looks for answers
_BREATH = 0.3  # after a failure
_MOST_GONE = 10_000  # that are remembered to be cleared away; what is forgotten goes by its age
_PATIENCE = 5.0  # as long as the broker's door waits
_MOST_LOGINS = 8  # that wait at once, of the 40 threads that answer requests; more go on unjudged, for a slow owner must not stop the node
_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: str
    drafts: Sequence[Draft]
    until: float
    answer: Future[list[Outcome]] = field(default_factory=Future)

    def told(self, outcome: list[Outcome] | SekishoError) -> None:
        if not self.answer.set_running_or_notify_cancel():
            return
        if isinstance(outcome, SekishoError):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class NodeMonitor:
    """See `flows.ports.monitoring.Monitor`. clock: aware UTC. largest: events that may wait, here and on their way from all nodes."""

    def __init__(self, writer: EventWriter, storage: Storage, clock: Callable[[], datetime], largest: int) -> None:
        self.writer = writer
        self._storage = storage
        self._clock = clock
        self._largest = largest
        self._turn = threading.Condition()
        self._new: list[_Waiting] = []
        self._sent: dict[str, _Waiting] = {}
        self._gone: list[str] = []  # rows that nobody needs any more
        self._events = 0
        self._logins: dict[str, Future[bool]] = {}
        writer.committed = self._nudge
        self._stopping = False
        self._log = structlog.get_logger("sekisho.monitoring")
        self._thread = threading.Thread(target=self._run, name="event-forwarder", daemon=True)

    @property
    def waiting(self) -> int:
        """Events that wait at this node for a commit, here or elsewhere."""
        return self.writer.waiting + self._events

    def start(self) -> None:
        self.writer.start()
        self._thread.start()

    def stop(self) -> None:
        """What waits is told to try again."""
        with self._turn:
            self._stopping = True
            self._turn.notify()
        self._thread.join(timeout=10)
        self.writer.stop()

    def submit(self, drafts: Sequence[Draft]) -> Future[list[Outcome]]:
        """Touches memory alone, so that the event loop may call it."""
        if self.writer.ready:
            try:
                return self.writer.submit(drafts)
            except SekishoError as error:
                if error.kind is not Kind.UNAVAILABLE:
                    raise  # else it has just lost the log
        waiting = _Waiting(new_id("fwd", self._clock()), drafts, time.monotonic() + _PATIENCE)
        with self._turn:
            if self._stopping:
                raise unavailable("this node is stopping", _AGAIN)
            if self._events + len(drafts) > self._largest:
                raise busy()
            self._new.append(waiting)
            self._events += len(drafts)
            self._turn.notify()
        return waiting.answer

    def judged(self, event: str, patience: timedelta) -> bool:
        verdict: Future[bool] = Future()
        with self._turn:
            if self._stopping or len(self._logins) >= _MOST_LOGINS:
                return False
            self._logins[event] = verdict
            self._turn.notify()
        self.writer.wake()
        try:
            return verdict.result(patience.total_seconds())
        except TimeoutError:
            return False
        finally:
            with self._turn:
                self._logins.pop(event, None)

    def _nudge(self) -> None:
        if self._logins:
            with self._turn:
                self._turn.notify()

    def _look_for_verdicts(self) -> None:
        with self._turn:
            waiting = dict(self._logins)
        if not waiting:
            return
        with self._storage.reading() as tx:
            there = tx.events.logged(list(waiting))
            alive = len(there) == len(waiting) or tx.leases.held(LEASE, self._clock())
        for event, verdict in waiting.items():
            if (event in there or not alive) and not verdict.done():
                verdict.set_result(event in there)

    def _run(self) -> None:
        while self._wait():
            try:
                self._round()
            except SekishoError as error:
                self._log.warning("events cannot be forwarded", detail=error.detail)
                time.sleep(_BREATH)
            except Exception:
                self._log.exception("events cannot be forwarded")
                time.sleep(_BREATH)
        for waiting in (*self._new, *self._sent.values()):
            waiting.told(unavailable("this node is stopping", _AGAIN))
        for verdict in self._logins.copy().values():
            if not verdict.done():
                verdict.set_result(False)

    def _wait(self) -> bool:
        """Until something is to be done; False once this node stops."""
        with self._turn:
            while not (self._stopping or self._new or self._sent or self._gone or self._logins):
                self._turn.wait()
            if not (self._stopping or self._new):
                self._turn.wait(_LOOK)
            return not self._stopping

    def _round(self) -> None:
        with self._turn:
            new, self._new = self._new, []
        self._waiting_still(list(self._sent.values()))
        self._send(self._waiting_still(new))
        self._look_for_verdicts()
        if self._sent:
            with self._storage.reading() as tx:
                answers = tx.forwarded.answers(list(self._sent))
            for id_, answer in answers.items():
                told = decode_answer(answer)
                self._settle(self._sent[id_], unavailable("the events could not be written", _AGAIN) if told is None else told)

    def _waiting_still(self, waiting: Sequence[_Waiting]) -> list[_Waiting]:
        """Without those who were withdrawn, and those whose time is over: they are told 503, and their rows are taken back. Asked once of
        each: who withdraws a moment later is sent, and settled in the next round."""
        still: list[_Waiting] = []
        for one in waiting:
            if one.answer.cancelled() or time.monotonic() >= one.until:
                self._settle(one, unavailable("nobody who owns the event log has answered", _AGAIN))
            else:
                still.append(one)
        return still

    def _settle(self, one: _Waiting, outcome: list[Outcome] | SekishoError) -> None:
        if self._sent.pop(one.id, None) is not None:
            self._gone.append(one.id)
        with self._turn:
            self._events -= len(one.drafts)
        one.told(outcome)

    def _send(self, new: Sequence[_Waiting]) -> None:
        """All in one commit, with what is to be cleared away. A commit of which nobody knows whether it stands is cleared away, too."""
        if not new and not self._gone:
            return
        gone, self._gone = self._gone, []
        now, rows, full = self._clock(), [], []
        try:
            with self._storage.transaction() as tx:
                tx.forwarded.drop(gone)
                room = self._largest - tx.forwarded.waiting_events() if new else 0
                for one in new:
                    room -= len(one.drafts)
                    if room < 0:
                        full.append(one)
                    else:
                        rows.append(Forwarded(one.id, now, len(one.drafts), encode_drafts(one.drafts)))
                tx.forwarded.add(rows)
        except BaseException:
            self._gone = [*gone, *(one.id for one in new)][-_MOST_GONE:]
            for one in new:
                self._settle(one, unavailable("the events could not be forwarded"))
            raise
        for one in full:
            self._settle(one, busy())
        self._sent.update({one.id: one for one in new if one not in full})
