"""Rules are tried on the event log before anybody meets them: what they would have said, and how many customers it would have cost what.

The whole log is replayed, so that windows and habits are what they would be; the last days alone are judged. The members of lists are
those of today, as if they had stood there all the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec

from sekisho.domain.monitoring.blast_radius import BlastRadius, Reach, RuleEffect
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.listing import Member
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.rule_set import RuleSetState
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import Judge, KeptReasons, LoggedEvent
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import to_ms

__all__ = ["MakeJudge", "rehearse_rules"]

MakeJudge = Callable[[str, Sequence[Member]], Judge]
"""A judge with these rules and members, and nothing behind it."""

Tell = Callable[[int, int | None], None]
_PAGE = 2000
_read_reasons = msgspec.json.Decoder(KeptReasons).decode
_STERN = (Verdict.CHALLENGE, Verdict.HOLD, Verdict.REFUSE)
_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}


def rehearse_rules(text: str, days: int, make_judge: MakeJudge, deps: Dependencies, tell: Tell) -> BlastRadius:
    """tell: events done, of how many. What it says is kept with every version of these rules that waits. Raises INVALID for a text that
    cannot be read."""
    book = read_rules(text)
    if isinstance(book, tuple):
        raise invalid("These rules cannot be read. `sekisho rules check` shows each problem.", str(book[0]))
    now = deps.clock()
    tally = _Tally(book, days, to_ms(now - timedelta(days=days)))
    with deps.storage.reading() as tx:
        judge = make_judge(text, tx.rule_lists.members(now))
        last, _ = tx.events.last()
        rows = tx.events.read(0, _PAGE)
    first = rows[0].event.sequence if rows else 0
    while rows:
        for row in rows:
            tally.take(row, judge)
        after = rows[-1].event.sequence
        tell(after - first + 1, last - first + 1)
        with deps.storage.reading() as tx:
            rows = tx.events.read(after, _PAGE) if after < last else []
    found = tally.summed(to_ms(now))
    _keep(found, deps)
    return found


def _keep(found: BlastRadius, deps: Dependencies) -> None:
    said = msgspec.json.encode(found).decode()
    with deps.storage.transaction() as tx:
        tx.rule_sets.lock()
        for rules in tx.rule_sets.all():
            if rules.fingerprint == found.fingerprint and rules.state in (RuleSetState.PROPOSED, RuleSetState.SHADOW):
                tx.rule_sets.save(replace(rules, tested=said))


@dataclass(slots=True)
class _Customers:
    """Everybody, or those whom something reached."""

    accounts: set[str] = field(default_factory=set)
    traders: set[str] = field(default_factory=set)

    def add(self, event: MonitoredEvent) -> None:
        if event.account is not None:
            self.accounts.add(event.account)
        if event.trader is not None:
            self.traders.add(event.trader)

    def of(self, everybody: _Customers) -> Reach:
        pairs = ((self.accounts, everybody.accounts), (self.traders, everybody.traders))
        return Reach(len(self.accounts), len(self.traders), max(len(some) / max(1, len(every)) for some, every in pairs))


class _Tally:
    """since: what lies before is replayed and not judged (ms)."""

    def __init__(self, book: RuleBook, days: int, since: int) -> None:
        self._book = book
        self._days = days
        self._since = since
        self._everybody = _Customers()
        self._reached = {verdict: _Customers() for verdict in _STERN}
        self._said: Counter[str] = Counter()
        self._lived: Counter[str] = Counter()
        self._sterner = self._milder = 0
        self._fired: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._by_rule = {rule.name: _Customers() for rule in book.rules}

    def take(self, row: LoggedEvent, judge: Judge) -> None:
        """An event that came too late was not judged then, and is not now."""
        event = row.event
        if event.at < self._since or row.rules is None:
            judge.feed(event)
            return
        judged = judge.weigh(event)
        self._everybody.add(event)
        self._said[judged.verdict] += 1
        self._lived[row.verdict] += 1
        said, lived = _ORDER[judged.verdict], _ORDER[row.verdict]
        self._sterner += said > lived
        self._milder += said < lived
        for verdict in _STERN[:said]:
            self._reached[verdict].add(event)
        if judged.reasons != "{}":
            self._take_reasons(event, _read_reasons(judged.reasons))

    def _take_reasons(self, event: MonitoredEvent, kept: KeptReasons) -> None:
        for reason in kept.reasons:
            self._fired[reason.rule] += 1
            self._counted[reason.rule] += reason.counts
            self._by_rule[reason.rule].add(event)

    def summed(self, tested: int) -> BlastRadius:
        everybody = self._everybody
        rules = [RuleEffect(name, self._fired[name], self._counted[name], reached.of(everybody)) for name, reached in self._by_rule.items()]
        return BlastRadius(
            fingerprint=self._book.fingerprint,
            tested=tested,
            since=self._since,
            days=self._days,
            events=self._said.total(),
            accounts=len(everybody.accounts),
            traders=len(everybody.traders),
            said={verdict.value: self._said[verdict] for verdict in Verdict},
            lived={verdict.value: self._lived[verdict] for verdict in Verdict},
            sterner=self._sterner,
            milder=self._milder,
            reached={verdict.value: reached.of(everybody) for verdict, reached in self._reached.items()},
            rules=rules,
        )
