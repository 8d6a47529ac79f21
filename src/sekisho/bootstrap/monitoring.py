"""The recording of events from its parts: judge, flows, storage (DESIGN §2). What the writer thread calls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count

import structlog

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.adapters.engines.succession import Rest
from sekisho.adapters.engines.writer import EventWriter
from sekisho.bootstrap.house import House
from sekisho.bootstrap.replaying import empty_judge, keep_snapshot, opening_judge, outdated, replay, restore
from sekisho.flows.act_on_login import act_on_logins, tell_touched
from sekisho.flows.ask_customer import ask_customer
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.dispute_execution import dispute_late_executions
from sekisho.flows.own_events import own_event
from sekisho.flows.ports.monitoring import Accepted, Draft, Judge, Outcome, Problem
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.record_events import Place, record_batch
from sekisho.kernel.errors import SekishoError, unavailable

__all__ = ["EventRecording", "event_writer"]

_REPLAY = 5000  # events read at once
_STEP = 250  # the same beside a writer who has to go on
_STRETCH = 20_000  # events that the writer may feed a successor while others wait for him; half a second
_ASKED = 100  # of those pages one after which is asked whether the rules are still wanted
_SNAPSHOT_EVERY = 50_000  # events
_SNAPSHOT_PAUSE = timedelta(minutes=1)  # at the least
_AT_ONCE = 4_000_000  # bytes of a snapshot that the writer itself puts down
_SNAPSHOT_AGE = timedelta(hours=1)  # at the most while events come: what is older than the newest may be purged, and nothing else


class _DecidedAgain(Exception):
    """Other rules are in force than those whose judge is being built."""


class EventRecording:
    """See `adapters.engines.writer.Recording`."""

    def __init__(
        self,
        deps: Callable[[], Dependencies],
        count: Callable[[Mapping[tuple[str, str], int]], None] = lambda told: None,
        snapshot_failed: Callable[[], None] = lambda: None,
    ) -> None:
        """count: told behind each commit how many events of which source got which verdict. snapshot_failed: told when one was not kept."""
        self._made = deps  # they hold the writer that calls this, so they are made after it
        self._count = count
        self._snapshot_failed = snapshot_failed
        self._told: Counter[tuple[str, str]] = Counter()
        self._kept = Place(0, 0)
        self._kept_at: datetime | None = None
        self._not_before: datetime | None = None  # after a snapshot that could not be kept
        self._keeping: threading.Thread | None = None
        self._to_send = False
        self._log = structlog.get_logger("sekisho.monitoring")

    @property
    def _deps(self) -> Dependencies:
        return self._made()

    def build(self, stopping: Callable[[], bool]) -> tuple[Judge, Place]:
        """Snapshot and replay; without live rules, the shipped ones. What would make everybody wait is left to `build_beside`."""
        deps, judge = self._deps, opening_judge(self._deps, _SNAPSHOT_EVERY)
        kept = judge.sequence or 0

        def go_on() -> None:
            if stopping():
                raise unavailable("the event log is closing")

        place = Place(*replay(judge, deps, _REPLAY, go_on))
        self._kept, self._kept_at = place, deps.clock()
        if place.sequence - kept >= _SNAPSHOT_EVERY:  # the next one need not replay all that again, however early this one dies
            with self._tried(place.sequence):
                keep_snapshot(judge.fingerprint, place.sequence, judge.snapshot(), deps)
        self._log.info("the event log is open", rules=judge.version, sequence=place.sequence)
        return judge, place

    def build_beside(self, live: Judge, rest: Rest) -> Judge:
        """In a thread of its own; `rest` lets the writer go on. A long replay ends with a snapshot: whoever owns the log next needs it.
        When other rules come into force meanwhile it is left half built, and found outdated."""
        deps, judge = self._deps, empty_judge(self._deps)
        assert isinstance(live, RuleJudge)  # `build` made it
        judge.leave_to(live)
        restore(judge, deps)
        begun = judge.sequence
        pages = count(1)

        def go_on() -> None:
            rest()
            if next(pages) % _ASKED == 0 and outdated(judge, deps):
                raise _DecidedAgain

        with suppress(_DecidedAgain):
            replay(judge, deps, _STEP, go_on)
        end = judge.sequence
        if judge.fingerprint in judge.replayed and begun is not None and end is not None and end - begun >= _SNAPSHOT_EVERY:
            with self._tried(end):
                keep_snapshot(judge.fingerprint, end, judge.snapshot(), deps)
        return judge

    def take_over(self, judge: Judge, live: Judge, place: Place) -> None:
        assert isinstance(judge, RuleJudge) and isinstance(live, RuleJudge)
        if judge.sequence is not None and judge.sequence < place.sequence - _STRETCH:
            raise unavailable(f"the judge stands at {judge.sequence}, too far from {place.sequence}: events would wait")
        replay(judge, self._deps, _REPLAY)
        if judge.sequence not in (None, place.sequence):
            raise unavailable(f"the log does not end at {place.sequence}")
        judge.take_over(live)
        with self._deps.storage.reading() as tx:
            found = tx.snapshots.newest_of(judge.fingerprint)
        self._kept, self._kept_at = (Place(0, 0), None) if found is None else (Place(found[0], 0), found[1])

    def record(
        self, drafts: Sequence[Draft], intake: Sequence[tuple[int, str]], place: Place, judge: Judge, now: datetime, tx: Transaction
    ) -> tuple[list[Outcome], Place]:
        """Own events first: they have happened, and what they touch comes before accounts in the order of locks (flows.ports.storage)."""
        deps = self._deps
        drawn = [Draft(*own_event(body, deps.geodata)) for _, body in intake]
        numbers = (deps.policies.monitoring, deps.policies.firm.time_zone)
        own, place = record_batch(drawn, place, judge, *numbers, now, tx)
        tx.events.taken([number for number, _ in intake])
        for outcome in own:
            if isinstance(outcome, Problem):
                self._log.error("an own event was not taken", detail=outcome.detail, event=outcome.id)
        touched = act_on_logins(own, now, tx, deps)
        outcomes, place = record_batch(drafts, place, judge, *numbers, now, tx)
        dispute_late_executions(outcomes, now, tx)
        told = [ask_customer(one, now, tx, deps) for one in outcomes if isinstance(one, Accepted)]
        tell_touched(touched, now, tx)
        for session in touched:
            deps.memory.forget_session(session)
        self._to_send = self._to_send or any(told) or bool(touched)
        self._told = _told([*own, *outcomes], len(own))
        return outcomes, place

    def outdated(self, judge: Judge) -> bool:
        assert isinstance(judge, RuleJudge)  # `build` made it
        return outdated(judge, self._deps)

    def after(self, judge: Judge, place: Place, now: datetime) -> None:
        self._count(self._told)
        if self._to_send:
            self._to_send = False
            self._deps.outbox_ready()
        if self._is_due(place, now) and not self._is_keeping:
            assert isinstance(judge, RuleJudge)  # `build` made it
            self._kept, self._kept_at = place, now
            self._keep(judge, place.sequence)

    def close(self) -> None:
        if self._keeping is not None:
            self._keeping.join(5)

    @property
    def _is_keeping(self) -> bool:
        return self._keeping is not None and self._keeping.is_alive()

    def _is_due(self, place: Place, now: datetime) -> bool:
        if self._not_before is not None:
            return now >= self._not_before
        pause = _SNAPSHOT_AGE if self._kept_at is None else now - self._kept_at
        many = place.sequence - self._kept.sequence >= _SNAPSHOT_EVERY and pause >= _SNAPSHOT_PAUSE
        return many or (pause >= _SNAPSHOT_AGE and place.sequence != self._kept.sequence)

    def _keep(self, judge: RuleJudge, sequence: int) -> None:
        """A large one is written by a thread of its own, since events wait meanwhile, and the lease runs."""
        with self._tried(sequence):
            state, fingerprint, deps = judge.snapshot(), judge.fingerprint, self._deps
            if len(state) <= _AT_ONCE:
                keep_snapshot(fingerprint, sequence, state, deps)
                return

            def write() -> None:
                with self._tried(sequence):
                    keep_snapshot(fingerprint, sequence, state, deps)

            self._keeping = threading.Thread(target=write, name="snapshot-keeper", daemon=True)
            self._keeping.start()

    @contextmanager
    def _tried(self, sequence: int) -> Iterator[None]:
        """One that cannot be kept costs the next owner a longer replay, and this one nothing: the state is right."""
        self._not_before = None
        try:
            yield
        except Exception as fault:
            self._not_before = self._deps.clock() + _SNAPSHOT_PAUSE
            self._snapshot_failed()
            told = fault.detail if isinstance(fault, SekishoError) else repr(fault)
            self._log.error("the snapshot of the engine could not be kept; it is tried again", sequence=sequence, detail=told)


def _told(outcomes: Sequence[Outcome], own: int) -> Counter[tuple[str, str]]:
    """Source and verdict of what entered the log; the first ones are our own."""
    fresh = ((place, one) for place, one in enumerate(outcomes) if isinstance(one, Accepted) and not one.again)
    return Counter(("own" if place < own else "broker", one.verdict.value if one.judged else "not_judged") for place, one in fresh)


def event_writer(
    house: House,
    deps: Callable[[], Dependencies],
    open_house: Callable[[], bool],
    count: Callable[[Mapping[tuple[str, str], int]], None] = lambda told: None,
    snapshot_failed: Callable[[], None] = lambda: None,
) -> EventWriter:
    """The writer of this node; deps: made after it, since they hold it. count, snapshot_failed: see `EventRecording`."""
    recording = EventRecording(deps, count, snapshot_failed)
    return EventWriter(house.storage, recording, house.clock, house.settings.monitoring.queue, open_house)
