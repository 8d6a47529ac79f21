"""One verdict in words, for the staff who answer for it: what was said, whether it is so when computed again, and each rule's reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.kernel.times import from_ms
from sekisho.texts.catalogue import N_, translator
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring import Told
from sekisho.texts.monitoring_words import VERDICTS

__all__ = ["told_event", "told_again", "told_rule"]

_MARKS: Final = {True: "✓", False: "✗", None: "·"}
_PARTS: Final[Mapping[str, str]] = {
    "verdict": N_("the verdict"),
    "points": N_("the points"),
    "reasons": N_("the reasons"),
    "broken": N_("the rules that could not be computed"),
    "hits": N_("what was found in lists"),
}


def told_event(event: MonitoredEvent, verdict: Verdict, points: int, rules: int | None, formats: Formats) -> Iterator[str]:
    """rules: the version that judged it; None for an event that came too late."""
    words = translator(formats.language)
    yield words.text(
        N_("Event %(number)s, %(kind)s, of %(time)s."), number=event.sequence, kind=event.kind, time=formats.exact(from_ms(event.at))
    )
    if rules is None:
        yield words.text(N_("It came too late and was not judged; it moved no window (R14)."))
        return
    counted = words.plural("%(count)d point", "%(count)d points", points)
    text = N_("Verdict: %(verdict)s, with %(points)s, by version %(version)s of the rules.")
    if not points:
        text = N_("Verdict: %(verdict)s, by version %(version)s of the rules.")
    yield words.text(text, verdict=words.text(VERDICTS[verdict]), points=counted, version=rules)


def told_again(differs: tuple[str, ...], formats: Formats) -> str:
    """differs: words of `flows.explain_verdict`."""
    words = translator(formats.language)
    if not differs:
        return words.text(N_("Computed again from what was kept: the same."))
    gap = "、" if formats.language == "ja" else ", "
    parts = gap.join(words.text(_PARTS[part]) for part in differs)
    return words.text(N_("Computed again from what was kept: NOT the same. These differ: %(parts)s."), parts=parts)


def told_rule(told: Told) -> Iterator[str]:
    """Headline, the rule's own text, and a marked line for each part of its condition."""
    yield told.headline
    if told.said:
        yield f"  {told.said}"
    for line in told.lines:
        yield f"  {'  ' * line.depth}{_MARKS[line.holds]} {line.text}"
