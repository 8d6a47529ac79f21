"""The replay path: the engine and the rules that judge a real firm's events, fed from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter

from sekisho.adapters.engines.engine import Engine
from sekisho.demo.detection.figures import Detection
from sekisho.demo.detection.summing import sum_up
from sekisho.demo.detection.tally import Tally
from sekisho.demo.simulation.calendar import DAY
from sekisho.demo.simulation.desk import Label
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.judgement import compile_rules
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.kernel.errors import invalid

__all__ = ["detect"]

_TELL_EVERY = 20_000


def detect(
    events: Iterable[MonitoredEvent],
    labels: Mapping[str, Label],
    book: RuleBook,
    policy: MonitoringPolicy,
    warm_up: int,
    tell: Callable[[int, int | None], None],
) -> Detection:
    """warm_up: days from the first event that are replayed and not counted. tell: how many events are done.

    The lists of the rules are empty: nobody has put anything on them. SekishoError INVALID when events are not in their order.
    """
    engine, rules, lists, tally = Engine(book.features, policy), compile_rules(book, policy), Lists(), Tally()
    began, count = perf_counter(), 0
    for event in events:
        if not count:
            tally.begin = event.at + warm_up * DAY
        count += 1
        try:
            row = engine.feed(event)
        except ValueError as error:
            raise invalid("The events are not in the order of their acceptance.", str(error)) from None
        judgement = rules.judge(event, row, lists)
        tally.take(event, labels.get(event.id), judgement.verdict, [reason.rule for reason in judgement.reasons if reason.counts])
        if count % _TELL_EVERY == 0:
            tell(count, None)
    return sum_up(tally, count, perf_counter() - began, book.fingerprint)
