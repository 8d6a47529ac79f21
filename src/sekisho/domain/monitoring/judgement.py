"""Rules at work: what they say of one event, and the verdict that follows (MONITORING.md §Score and verdict).

The verdict is the sternest of the live rules' own verdicts and of what the sum of the live rules' points reaches. A rule in shadow, and
one that is not rolled out to this trader, is told and changes nothing. A live rule that cannot be computed holds: nothing is let through
because something is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.expression import Name
from sekisho.domain.monitoring.expression_code import Closure, Scope, compile_expression
from sekisho.domain.monitoring.feature import Value
from sekisho.domain.monitoring.listing import Hit, Hits, Listed
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import Rule, RuleBook
from sekisho.domain.monitoring.verdict import Verdict, sternest

__all__ = ["CompiledRules", "Judgement", "Reason", "compile_rules", "rolled_out", "scope_of"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired. values: of all names in its condition and texts that have one. counts: not in shadow, and rolled out here."""

    rule: str
    code: str
    queue: str
    verdict: Verdict | None
    points: int
    counts: bool
    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """points: of the rules that count. reasons: in the order of the rules. broken: rules that could not be computed.

    hits: what was found in lists, so that the verdict can be computed again when the lists have changed.
    """

    verdict: Verdict
    points: int = 0
    reasons: tuple[Reason, ...] = ()
    broken: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()


_NOTHING = Judgement(Verdict.ALLOW)


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    when: Closure
    values: tuple[tuple[str, Closure], ...]


class CompiledRules:
    """The rules of a book as closures, by kind of event. Holds no state: one for all threads."""

    def __init__(self, book: RuleBook, policy: MonitoringPolicy) -> None:
        self.book = book
        self._policy = policy
        self._by_kind: dict[str, list[_Compiled]] = {}
        scope = scope_of(book)
        for rule in book.rules:
            names = [name for name in rule.names if name not in scope.lists]
            values = tuple((name, compile_expression(Name(rule.when.span, name), scope)) for name in names)
            compiled = _Compiled(rule, compile_expression(rule.when, scope), values)
            for kind in rule.kinds:
                self._by_kind.setdefault(kind, []).append(compiled)

    def judge(self, event: MonitoredEvent, row: Sequence[Value], lists: Listed) -> Judgement:
        """What the rules say of an accepted event, with the feature values of that event."""
        noting = Hits(lists)
        fired: list[Reason] = []
        broken: list[_Compiled] = []
        for each in self._by_kind.get(event.kind, ()):
            try:
                if each.when(event, row, noting):
                    fired.append(self._reason(each, event, row, noting))
            except (TypeError, ValueError, ArithmeticError):
                broken.append(each)
        return self._settle(fired, broken, tuple(noting.found), event) if fired or broken or noting.found else _NOTHING

    def _reason(self, each: _Compiled, event: MonitoredEvent, row: Sequence[Value], lists: Listed) -> Reason:
        rule = each.rule
        found = ((name, value(event, row, lists)) for name, value in each.values)
        values = tuple((name, value) for name, value in found if value is not None)
        return Reason(rule.name, rule.reason, rule.queue, rule.verdict, rule.points, self._counts(rule, event), values)

    def _counts(self, rule: Rule, event: MonitoredEvent) -> bool:
        return not rule.shadow and rolled_out(rule, event)

    def _settle(self, fired: list[Reason], broken: list[_Compiled], hits: tuple[Hit, ...], event: MonitoredEvent) -> Judgement:
        points = sum(reason.points for reason in fired if reason.counts)
        verdicts = [reason.verdict for reason in fired if reason.counts and reason.verdict is not None]
        if any(self._counts(each.rule, event) for each in broken):
            verdicts.append(Verdict.HOLD)
        verdict = sternest([*verdicts, self._reached(points)])
        return Judgement(verdict, points, tuple(fired), tuple(each.rule.name for each in broken), hits)

    def _reached(self, points: int) -> Verdict:
        policy = self._policy
        if points >= policy.refuse_at:
            return Verdict.REFUSE
        if points >= policy.hold_at:
            return Verdict.HOLD
        return Verdict.CHALLENGE if points >= policy.challenge_at else Verdict.ALLOW


def compile_rules(book: RuleBook, policy: MonitoringPolicy) -> CompiledRules:
    return CompiledRules(book, policy)


def scope_of(book: RuleBook) -> Scope:
    return Scope(dict(book.features.places), frozenset(each.name for each in book.lists))


def rolled_out(rule: Rule, event: MonitoredEvent) -> bool:
    """Whether the rule counts for this account, else trader, else source: always the same answer for the same one."""
    if rule.rollout >= 10_000:
        return True
    whom = event.account or event.trader or event.network or event.id
    return int.from_bytes(sha256(f"{rule.name}\0{whom}".encode()).digest()[:8], "big") % 10_000 < rule.rollout
