"""Engine and rules together: what the writer of the log asks about each event (MONITORING.md §Score and verdict)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from sekisho.adapters.engines.engine import Engine, EngineStats
from sekisho.adapters.engines.snapshot import SnapshotRefused
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.judgement import CompiledRules, Judgement, Reason, compile_rules
from sekisho.domain.monitoring.listing import Listed
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import Judged, KeptReason, KeptReasons
from sekisho.kernel.errors import invalid
from sekisho.texts.catalogue import Language
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring import reason_text

__all__ = ["RuleJudge", "book_of"]

_decode = msgspec.msgpack.Decoder(MonitoredEvent).decode
_row = msgspec.msgpack.Encoder().encode
_reasons = msgspec.json.Encoder().encode
_NONE = "{}"


def book_of(text: str) -> RuleBook:
    """Raises SekishoError INVALID with all problems of the text: rules in the database have been read before, so this is a fault."""
    book = read_rules(text)
    if isinstance(book, RuleBook):
        return book
    raise invalid("These rules cannot be read.", "; ".join(str(problem) for problem in book[:20]))


class RuleJudge:
    """See `flows.ports.monitoring.Judge`. shadow: a second book that is told what it would have said, and changes nothing."""

    def __init__(self, version: int, text: str, shadow_text: str | None, lists: Listed, policy: MonitoringPolicy, zone: ZoneInfo) -> None:
        self.version = version
        self.shadow_text = shadow_text
        self.lists = lists
        self.book = book_of(text)
        self._policy = policy
        self._said = _Said(self.book, zone)
        self._thresholds = [policy.challenge_at, policy.hold_at, policy.refuse_at]
        self._rules = compile_rules(self.book, policy)
        self._engine = Engine(self.book.features, policy)
        self._shadow = None if shadow_text is None else _Shadow(book_of(shadow_text), policy)

    @property
    def rules(self) -> int:
        return self.version

    @property
    def fingerprint(self) -> str:
        """Of what a snapshot is bound to: the features, not the rules on them."""
        return self.book.features.fingerprint

    @property
    def sequence(self) -> int:
        """Up to which the engine knows the log, or a snapshot of what the log knows no more."""
        return self._engine.sequence

    @property
    def stats(self) -> EngineStats:
        return self._engine.stats()

    def restore(self, found: tuple[int, bytes]) -> int:
        """From a snapshot; the sequence behind which the replay goes on: 0 where it does not fit, or where a book in shadow needs all that
        the log has; the live one then begins behind its snapshot nevertheless, which may know more than the log."""
        try:
            self._engine = Engine.restore(self.book.features, self._policy, found[1])
        except SnapshotRefused:
            return 0
        return found[0] if self._shadow is None else 0

    def feed(self, event: MonitoredEvent) -> None:
        if event.sequence > self._engine.sequence:
            self._engine.feed(event)
        if self._shadow is not None:
            self._shadow.engine.feed(event)

    def feed_encoded(self, body: bytes) -> None:
        self.feed(_decode(body))

    def weigh(self, event: MonitoredEvent) -> Judged:
        row = self._engine.feed(event)
        judgement = self._rules.judge(event, row, self.lists)
        would = self._shadow.judge(event, self.lists) if self._shadow is not None else None
        codes = tuple(dict.fromkeys(reason.code for reason in judgement.reasons if reason.counts))
        return Judged(judgement.verdict, judgement.points, _kept(judgement, would, self._said, self._thresholds), _row(row), codes)

    def snapshot(self) -> bytes:
        return self._engine.snapshot()


class _Shadow:
    def __init__(self, book: RuleBook, policy: MonitoringPolicy) -> None:
        self.engine = Engine(book.features, policy)
        self._live = compile_rules(book, policy)
        self._rules: CompiledRules = self._live

    def judge(self, event: MonitoredEvent, lists: Listed) -> Judgement:
        """As if it were live: what it would have said."""
        return self._rules.judge(event, self.engine.feed(event), lists)


class _Said:
    """What a rule that fired says, in both languages, as it was worded when it fired."""

    def __init__(self, book: RuleBook, zone: ZoneInfo) -> None:
        self._rules = {rule.name: rule for rule in book.rules}
        self._en, self._ja = Formats(Language.EN, zone), Formats(Language.JA, zone)

    def kept(self, one: Reason) -> KeptReason:
        rule, values = self._rules[one.rule], dict(one.values)
        said = (reason_text(rule.en, values, self._en), reason_text(rule.ja, values, self._ja))
        verdict = one.verdict.value if one.verdict else ""
        return KeptReason(one.rule, one.code, one.queue, verdict, one.points, one.counts, values, *said)


def _kept(judgement: Judgement, would: Judgement | None, said: _Said, thresholds: list[int]) -> str:
    """What is stored with the verdict; short for the many events that no rule speaks of."""
    shadow = "" if would is None or would.verdict is Verdict.ALLOW else would.verdict.value
    if not (judgement.reasons or judgement.broken or judgement.hits or shadow):
        return _NONE
    reasons = [said.kept(one) for one in judgement.reasons]
    hits = [list(hit) for hit in judgement.hits]
    return _reasons(KeptReasons(reasons, list(judgement.broken), hits, shadow, thresholds if reasons else [])).decode()
