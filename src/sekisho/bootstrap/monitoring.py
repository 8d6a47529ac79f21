"""The recording of events from its parts: judge, flows, storage (DESIGN §2). What the writer thread calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.adapters.engines.writer import EventWriter
from sekisho.bootstrap.house import House
from sekisho.domain.monitoring.listing import Lists, Member
from sekisho.flows.act_on_login import act_on_login
from sekisho.flows.ask_customer import ask_customer
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.own_events import own_event
from sekisho.flows.ports.monitoring import Accepted, Draft, Judge, Outcome, Problem
from sekisho.flows.ports.monitoring import Member as KeptMember
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.record_events import Place, record_batch
from sekisho.flows.rules_in_force import keep_shipped_rules, rules_in_force
from sekisho.kernel.errors import unavailable
from sekisho.kernel.times import to_ms

__all__ = ["EventRecording", "event_writer", "lists_of"]

_REPLAY = 5000  # events read at once
_SNAPSHOT_EVERY = 50_000  # events
_SNAPSHOT_PAUSE = timedelta(minutes=1)  # at the least
_SNAPSHOT_AGE = timedelta(hours=1)  # at the most while events come: what is older than the newest may be purged, and nothing else


class EventRecording:
    """See `adapters.engines.writer.Recording`."""

    def __init__(
        self, deps: Callable[[], Dependencies], count: Callable[[Mapping[tuple[str, str], int]], None] = lambda told: None
    ) -> None:
        """count: told behind each commit how many events of which source got which verdict."""
        self._made = deps  # they hold the writer that calls this, so they are made after it
        self._count = count
        self._told: Counter[tuple[str, str]] = Counter()
        self._kept = Place(0, 0)
        self._kept_at: datetime | None = None
        self._to_send = False
        self._log = structlog.get_logger("sekisho.monitoring")

    @property
    def _deps(self) -> Dependencies:
        return self._made()

    def build(self, stopping: Callable[[], bool]) -> tuple[Judge, Place]:
        """Snapshot and replay; without live rules, the shipped ones."""
        deps = self._deps
        with deps.storage.transaction() as tx:
            keep_shipped_rules(deps.clock(), tx)
        with deps.storage.reading() as tx:
            rules, shadow = rules_in_force(deps.clock(), tx), tx.rule_sets.in_state("shadow")
            lists = lists_of(tx.rule_lists.members(deps.clock()))
            shadow_text = shadow.text if shadow else None
            judge = RuleJudge(rules.version, rules.text, shadow_text, lists, deps.policies.monitoring, deps.policies.firm.time_zone)
            found = tx.snapshots.newest(judge.fingerprint)
        after = kept = judge.restore(found) if found else 0
        while True:
            with deps.storage.reading() as tx:
                bodies = tx.events.bodies(after, _REPLAY)
                last = tx.events.last()
            if after == 0 and bodies and bodies[0][0] > 1:
                self._log.warning("the log begins late: features know nothing from before", first=bodies[0][0], kept=judge.sequence)
            for sequence, body in bodies:
                after = sequence
                judge.feed_encoded(body)
            if stopping():
                raise unavailable("the event log is closing")
            if not bodies or after >= last[0]:
                break
        self._kept, self._kept_at = Place(after, last[1]), deps.clock()
        if after - kept >= _SNAPSHOT_EVERY:  # the next one need not replay all that again, however early this one dies
            self._keep(judge, self._kept, deps.clock())
        self._log.info("the event log is open", rules=rules.version, state=rules.state, sequence=after)
        return judge, Place(*last)

    def record(
        self, drafts: Sequence[Draft], intake: Sequence[tuple[int, str]], place: Place, judge: Judge, now: datetime, tx: Transaction
    ) -> tuple[list[Outcome], Place]:
        """Own events first: they have happened."""
        deps = self._deps
        own = [Draft(*own_event(body, deps.geodata)) for _, body in intake]
        policies = deps.policies
        outcomes, place = record_batch([*own, *drafts], place, judge, policies.monitoring, policies.firm.time_zone, now, tx)
        tx.events.taken([number for number, _ in intake])
        for outcome in outcomes[: len(own)]:
            if isinstance(outcome, Problem):
                self._log.error("an own event was not taken", detail=outcome.detail, event=outcome.id)
            elif (session := act_on_login(outcome, now, tx, deps)) is not None:
                deps.memory.forget_session(session)
                self._to_send = True
        told = [ask_customer(one, now, tx, deps) for one in outcomes[len(own) :] if isinstance(one, Accepted)]
        self._to_send = self._to_send or any(told)
        self._told = _told(outcomes, len(own))
        return outcomes[len(own) :], place

    def outdated(self, judge: Judge) -> bool:
        with self._deps.storage.reading() as tx:
            rules, shadow = rules_in_force(self._deps.clock(), tx), tx.rule_sets.in_state("shadow")
            lists = lists_of(tx.rule_lists.members(self._deps.clock()))
        assert isinstance(judge, RuleJudge)  # `build` made it
        judge.lists = lists
        return judge.version != rules.version or judge.shadow_text != (shadow.text if shadow else None)

    def after(self, judge: Judge, place: Place, now: datetime) -> None:
        self._count(self._told)
        if self._to_send:
            self._to_send = False
            self._deps.outbox_ready()
        pause = timedelta(0) if self._kept_at is None else now - self._kept_at
        many = place.sequence - self._kept.sequence >= _SNAPSHOT_EVERY and pause >= _SNAPSHOT_PAUSE
        if not many and (pause < _SNAPSHOT_AGE or place.sequence == self._kept.sequence):
            return
        self._keep(judge, place, now)

    def _keep(self, judge: Judge, place: Place, now: datetime) -> None:
        state = judge.snapshot()  # before anything is locked
        with self._deps.storage.transaction() as tx:
            tx.snapshots.keep(judge.fingerprint, place.sequence, state, now)
        self._kept, self._kept_at = place, now


def _told(outcomes: Sequence[Outcome], own: int) -> Counter[tuple[str, str]]:
    """Source and verdict of what entered the log; the first ones are our own."""
    fresh = ((place, one) for place, one in enumerate(outcomes) if isinstance(one, Accepted) and not one.again)
    return Counter(("own" if place < own else "broker", one.verdict.value if one.judged else "not_judged") for place, one in fresh)


def event_writer(
    house: House,
    deps: Callable[[], Dependencies],
    open_house: Callable[[], bool],
    count: Callable[[Mapping[tuple[str, str], int]], None] = lambda told: None,
) -> EventWriter:
    """The writer of this node; deps: made after it, since they hold it. count: see `EventRecording`."""
    return EventWriter(house.storage, EventRecording(deps, count), house.clock, house.settings.monitoring.queue, open_house)


def lists_of(kept: Sequence[KeptMember]) -> Lists:
    """As rules ask them."""
    ends = [(one, None if one.expires is None else to_ms(one.expires)) for one in kept]
    return Lists(Member(one.list, one.member, to_ms(one.added), end, one.why) for one, end in ends)
