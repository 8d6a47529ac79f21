"""Verdicts of monitoring in words: what a rule says of an event, and why it fired or did not, in the reader's language.

Facts are told as they were ("side is sell, not buy"); the mark beside a line says whether the rule wanted it so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sekisho.domain.monitoring.explanation import Explained, Step, Unit, unit_of
from sekisho.domain.monitoring.expression import Call, Comparison, Defined, Expression, ListOf, Literal, Logic, Name, Not, walk
from sekisho.domain.monitoring.feature import FeatureSet, Value
from sekisho.domain.monitoring.rule import Format, Placeholder, Rule, Wording
from sekisho.kernel.times import from_ms
from sekisho.texts.catalogue import N_, Language, translator
from sekisho.texts.formats import Formats
from sekisho.texts.monitoring_words import FIELDS, HEADS, LISTED, RELATIONS, VALUES, VERDICTS
from sekisho.texts.territories import territory

__all__ = ["Line", "Told", "reason_text", "tell"]

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Line:
    """A fact. holds: whether the rule wanted it so; None where nobody looked. depth: 0 for the parts of the whole condition."""

    depth: int
    holds: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """headline: whether it fired, and what follows. said: the rule's own text of this event; empty where it did not fire."""

    headline: str
    said: str
    lines: tuple[Line, ...]


def tell(explained: Explained, features: FeatureSet, formats: Formats) -> Told:
    """One rule on one event, in words."""
    words, rule = _Words(features, formats), explained.rule
    wording = rule.ja if formats.language is Language.JA else rule.en
    said = reason_text(wording, explained.values, formats) if explained.fired else ""
    whole = explained.condition
    both = isinstance(whole.node, Logic) and whole.node.word == "and"
    lines = [line for part in _told(whole.parts) for line in words.lines(part, 0)] if both else list(words.lines(whole, 0))
    return Told(_headline(explained, rule, formats), said, tuple(lines))


def reason_text(wording: Wording, values: Mapping[str, Value], formats: Formats) -> str:
    """The rule's text with its values; one that is not known is shown as a dash."""
    return "".join(part if isinstance(part, str) else _filled(part, values.get(part.name), formats) for part in wording.parts)


def _told(parts: tuple[Step, ...]) -> list[Step]:
    """Without the guards that held and whose value a later part tells anyhow: nobody needs to read that what is 0.55 is known."""
    return [part for place, part in enumerate(parts) if not _is_told_later(part, parts[place + 1 :])]


def _is_told_later(part: Step, later: tuple[Step, ...]) -> bool:
    match part.node:
        case Call(_, "present", (guarded,)) if part.holds:
            texts = {inner.span.text for step in later if step.asked for inner, _ in walk(step.node)}
            return guarded.span.text in texts
        case _:
            return False


def _headline(explained: Explained, rule: Rule, formats: Formats) -> str:
    words = translator(formats.language)
    if not explained.fired:
        return words.text(N_("The rule %(rule)s did not fire."), rule=rule.name)
    points = words.plural("%(count)d point", "%(count)d points", rule.points)
    follows = points if rule.verdict is None else words.text(VERDICTS[rule.verdict])
    fired = words.text(N_("The rule %(rule)s fired: %(follows)s."), rule=rule.name, follows=follows)
    if explained.counts:
        return fired
    silent = N_("It is in shadow and changed nothing.") if rule.shadow else N_("It is not rolled out here yet and changed nothing.")
    return fired + ("" if formats.language is Language.JA else " ") + words.text(silent)


def _filled(place: Placeholder, value: Value, formats: Formats) -> str:
    match place.format, value:
        case _, None:
            return "—"
        case Format.PERCENT, int() | float():
            return f"{value:.0%}" if value == 0 or abs(value) >= 0.01 else f"{value:.1%}"
        case Format.YEN, int() | float():
            return formats.money(round(value), "JPY")
        case Format.DURATION, int() | float():
            return _span(value, formats)
        case Format.TIME, int():
            return formats.date_and_time(from_ms(value))
        case Format.COUNTRY, str():
            return territory(value, formats.language)
        case _:
            return _plain(value, formats)


def _span(seconds: float, formats: Formats) -> str:
    """The two largest units, as people say it: 3 days 4 hours."""
    whole = max(0, round(seconds))
    step = 3600 if whole >= 86_400 else 60 if whole >= 3600 else 1
    return formats.duration(timedelta(seconds=whole // step * step))


def _plain(value: Value, formats: Formats) -> str:
    if isinstance(value, bool):
        return translator(formats.language).text(N_("yes") if value else N_("no"))
    if isinstance(value, int):
        return formats.number(value)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if value == 0 or abs(value) >= 0.01 else f"{value:.2g}"
    text = str(value)
    known = VALUES.get(text)
    return f"“{text}”" if not text else text if known is None else translator(formats.language).text(known)


class _Words:
    """The parts of one condition."""

    def __init__(self, features: FeatureSet, formats: Formats) -> None:
        self._features = features
        self._formats = formats
        self._words = translator(formats.language)
        self._japanese = formats.language is Language.JA

    def lines(self, step: Step, depth: int, wanted: bool = True) -> Iterator[Line]:
        """wanted: False below an odd number of negations."""
        if not step.asked:
            text = self._words.text(N_("%(text)s: not looked at, as the rest had decided"), text=step.node.span.text)
            yield Line(depth, None, text)
        elif isinstance(step.node, Not):
            yield from self.lines(step.parts[0], depth, not wanted)
        elif isinstance(step.node, Defined):
            (meaning,) = step.parts
            yield Line(depth, step.holds is wanted, self._valued(step.node.name, _plain(step.value, self._formats)))
            plain = isinstance(meaning.node, Logic) and meaning.node.word == "and"
            for part in _told(meaning.parts) if plain else [meaning]:
                yield from self.lines(part, depth + 1)
        elif isinstance(step.node, Logic):
            yield Line(depth, step.holds is wanted, self._words.text(HEADS[step.node.word, step.holds]))
            for part in _told(step.parts):
                yield from self.lines(part, depth + 1)
        else:
            yield Line(depth, step.holds is wanted, self._fact(step))

    def _fact(self, step: Step) -> str:
        match step.node:
            case Comparison(_, "in" | "not in", _, _):
                return self._membership(step)
            case Comparison():
                return self._comparison(step)
            case Call(_, "present" | "missing", (inner,)):
                known = step.parts[0].value
                if known is None:
                    return self._words.text(N_("%(left)s is not known"), left=self._label(inner))
                return self._words.text(N_("%(left)s is known: %(value)s"), left=self._label(inner), value=self._shown(step.parts[0]))
            case _:
                return self._valued(self._side(step), self._shown(step))

    def _comparison(self, step: Step) -> str:
        left, right = step.parts
        sign = step.node.sign if isinstance(step.node, Comparison) else ""
        if isinstance(left.node, Literal) and not isinstance(right.node, Literal):
            left, right, sign = right, left, _MIRRORED.get(sign, sign)
        true = sign if step.holds else _OPPOSITE[sign]
        unit = self._unit(left, right)
        limit = self._shown(right, unit)
        if not isinstance(right.node, Literal):
            limit = self._beside(self._side(right), limit)
        elif true == "==":
            return self._words.text(N_("%(left)s is %(value)s"), left=self._side(left), value=limit)
        return self._words.text(RELATIONS[true], left=self._side(left), value=self._shown(left, unit), right=limit)

    def _membership(self, step: Step) -> str:
        left, right = step.parts
        inside = step.holds is (isinstance(step.node, Comparison) and step.node.sign == "in")
        names = {"left": self._side(left), "value": self._shown(left)}
        if isinstance(right.node, ListOf):
            listed = ("、" if self._japanese else ", ").join(self._shown(Step(part, True, part.value)) for part in right.node.parts)
            text = N_("%(left)s is %(value)s, one of %(right)s") if inside else N_("%(left)s is %(value)s, none of %(right)s")
            return self._words.text(text, right=listed, **names)
        if right.value is None:
            text = LISTED[inside]
            return self._words.text(text, right=right.node.span.text, **names)
        text = N_("%(left)s is %(value)s and has %(right)s in it") if inside else N_("%(left)s is %(value)s and has no %(right)s in it")
        return self._words.text(text, left=self._side(right), value=self._shown(right), right=self._shown(left))

    def _unit(self, left: Step, right: Step) -> Unit:
        units = [unit_of(left.node, self._features), unit_of(right.node, self._features)]
        return next((unit for unit in units if unit is not Unit.PLAIN), Unit.PLAIN)

    def _shown(self, step: Step, unit: Unit | None = None) -> str:
        value, formats = step.value, self._formats
        unit = unit_of(step.node, self._features) if unit is None else unit
        if isinstance(value, bool) or not isinstance(value, int | float) or unit is Unit.PLAIN:
            plain = _plain(value, formats)
            return f"「{plain}」" if self._japanese and value in VALUES else plain
        if unit is Unit.YEN:
            return formats.money(round(value), "JPY")
        return _span(value, formats) if unit is Unit.SECONDS else formats.exact(from_ms(int(value)))

    def _side(self, step: Step) -> str:
        """What the value is of; with a remark where another stands in for one that is missing."""
        label = self._label(step.node)
        if isinstance(step.node, Call) and step.node.function == "coalesce" and step.parts and step.parts[0].value is None:
            return self._beside(label, self._words.text(N_("not known")))
        return label

    def _valued(self, label: str, value: str) -> str:
        return f"{label}：{value}" if self._japanese else f"{label}: {value}"

    def _beside(self, label: str, remark: str) -> str:
        return f"{label}（{remark}）" if self._japanese else f"{label} ({remark})"

    def _label(self, node: Expression) -> str:
        match node:
            case Name(_, name) if name in FIELDS:
                return self._words.text(FIELDS[name])
            case Call(_, "coalesce", (first, *_)):
                return self._label(first)
            case Call(_, "seconds_since", (moment,)):
                return self._words.text(N_("time since %(what)s"), what=self._label(moment))
            case _:
                return node.span.text
