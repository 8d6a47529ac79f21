"""Engine and rules together: what the writer of the log asks about each event (MONITORING.md §Score and verdict)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

import msgspec

from sekisho.adapters.engines.engine import Engine, EngineStats
from sekisho.adapters.engines.snapshot import SnapshotRefused
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.feature import Row
from sekisho.domain.monitoring.judgement import Judgement, Reason, compile_rules
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
    """See `flows.ports.monitoring.Judge`. shadow: a second book that is told what it would have said, and changes nothing.

    Each set of features has one engine: books whose features are the same share it, and a successor takes it over (see `leave_to`).
    """

    def __init__(self, version: int, text: str, shadow_text: str | None, lists: Listed, policy: MonitoringPolicy, zone: ZoneInfo) -> None:
        self.version = version
        self.shadow_text = shadow_text
        self.lists = lists
        self.book = book_of(text)
        self._policy = policy
        self._said = _Said(self.book, zone)
        self._thresholds = [policy.challenge_at, policy.hold_at, policy.refuse_at]
        self._rules = compile_rules(self.book, policy)
        self._fingerprint = self.book.features.fingerprint
        self._shadow = None if shadow_text is None else _Shadow(book_of(shadow_text), policy)
        books = [self.book] if self._shadow is None else [self.book, self._shadow.book]
        self._features = {book.features.fingerprint: book.features for book in books}
        self._engines = {fingerprint: Engine(features, policy) for fingerprint, features in self._features.items()}
        self._engine = self._engines[self._fingerprint]
        self._bind()

    def _bind(self) -> None:
        self._engine = self._engines.get(self._fingerprint, self._engine)
        if self._shadow is not None:
            other = self._engines.get(self._shadow.fingerprint)
            self._shadow.engine = None if other is self._engine else other

    @property
    def rules(self) -> int:
        return self.version

    @property
    def fingerprint(self) -> str:
        """Of what a snapshot is bound to: the features, not the rules on them."""
        return self._fingerprint

    @property
    def replayed(self) -> frozenset[str]:
        """Fingerprints of the features that a replay has to feed."""
        return frozenset(self._engines)

    @property
    def sequence(self) -> int | None:
        """Up to which all its engines know the log, or a snapshot of what the log knows no more; None where nothing has to be replayed."""
        return min((engine.sequence for engine in self._engines.values()), default=None)

    @property
    def stats(self) -> EngineStats:
        return self._engine.stats()

    def restore(self, found: Mapping[str, bytes]) -> None:
        """Engines from snapshots, by the fingerprint of their features; one that does not fit is left out."""
        for fingerprint, data in found.items():
            with suppress(SnapshotRefused):
                self._engines[fingerprint] = Engine.restore(self._features[fingerprint], self._policy, data)
        self._bind()

    def drop_slow_shadow(self) -> None:
        """Of a judge that everybody waits for: live rules that have a snapshot do not wait for the replay of a book in shadow."""
        if any(engine.sequence < self._engine.sequence for engine in self._engines.values()):
            self._shadow = self.shadow_text = None
            self._engines = {self._fingerprint: self._engine}

    def leave_to(self, live: RuleJudge) -> None:
        """Of a successor: what the live judge feeds already is not replayed, and comes with `take_over`."""
        for fingerprint in live.replayed & self.replayed:
            del self._engines[fingerprint]

    def take_over(self, live: RuleJudge) -> None:
        """The live judge is used no more; this one stands at the same event."""
        kept = {fingerprint: engine for fingerprint, engine in live._engines.items() if fingerprint in self._features}
        self._engines = kept | self._engines
        self._bind()

    def feed(self, event: MonitoredEvent) -> None:
        for engine in self._engines.values():
            if event.sequence > engine.sequence:
                engine.feed(event)

    def feed_encoded(self, body: bytes) -> None:
        self.feed(_decode(body))

    def weigh(self, event: MonitoredEvent) -> Judged:
        row = self._engine.feed(event)
        judgement = self._rules.judge(event, row, self.lists)
        would = self._shadow.judge(event, row, self.lists) if self._shadow is not None else None
        codes = tuple(dict.fromkeys(reason.code for reason in judgement.reasons if reason.counts))
        return Judged(judgement.verdict, judgement.points, _kept(judgement, would, self._said, self._thresholds), _row(row), codes)

    def snapshot(self) -> bytes:
        return self._engine.snapshot()


class _Shadow:
    """engine: None where the live book has the same features."""

    def __init__(self, book: RuleBook, policy: MonitoringPolicy) -> None:
        self.book = book
        self.fingerprint = book.features.fingerprint
        self.engine: Engine | None = None
        self._rules = compile_rules(book, policy)

    def judge(self, event: MonitoredEvent, row: Row, lists: Listed) -> Judgement:
        """As if it were live: what it would have said. row: of the live book."""
        return self._rules.judge(event, row if self.engine is None else self.engine.feed(event), lists)


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
