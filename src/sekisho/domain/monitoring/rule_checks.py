"""Checks what a rule names: fields of its kinds, features, lists; and that its texts say only what is known when it fires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sekisho.domain.monitoring.expression import ValueType
from sekisho.domain.monitoring.expression_types import Known, check_condition, known_when_true
from sekisho.domain.monitoring.expression_where import event_names
from sekisho.domain.monitoring.feature import FeatureSet
from sekisho.domain.monitoring.problem import Problem, did_you_mean
from sekisho.domain.monitoring.rule import DeclaredList, Format, Rule
from sekisho.domain.monitoring.rule_clauses import Draft
from sekisho.domain.monitoring.wording_text import Named

__all__ = ["checked_rule", "rule_names"]

_NUMBERS: Final = frozenset({ValueType.INTEGER, ValueType.NUMBER})
_TAKES: Final[dict[Format, frozenset[ValueType]]] = {
    Format.PLAIN: frozenset(ValueType) - {ValueType.LIST, ValueType.MOMENT},
    Format.PERCENT: _NUMBERS,
    Format.YEN: _NUMBERS,
    Format.DURATION: _NUMBERS,
    Format.TIME: frozenset({ValueType.MOMENT}),
    Format.COUNTRY: frozenset({ValueType.TEXT}),
}
_NEEDED: Final = ("on", "when", "then", "reason", "queue", "en", "ja")


def rule_names(
    kinds: tuple[str, ...], features: FeatureSet, lists: Mapping[str, DeclaredList], unread: Iterable[str] = ()
) -> dict[str, Known]:
    """Everything that a rule on these kinds can name. unread: features that could not be read, of which nothing is known."""
    names = event_names(kinds)
    for feature in features.names:
        shapes = [shape for kind in kinds if (shape := features.shape_on(kind, feature)) is not None]
        if shapes:
            type = ValueType.MOMENT if shapes[0].moment else ValueType(shapes[0].type)
            names[feature] = Known(type, all(shape.always for shape in shapes))
    names |= {name: Known(ValueType.LIST, of=each.field) for name, each in lists.items()}
    return names | {name: Known(None) for name in unread}


def checked_rule(draft: Draft, names: Mapping[str, Known]) -> Rule | None:
    """The rule; None when it has problems, which stand in the draft then."""
    draft.problems.extend(_missing(draft))
    if draft.kinds and draft.when is not None:
        draft.problems.extend(check_condition(draft.when, names))
        there = known_when_true(draft.when, names)
        draft.problems.extend(problem for named in draft.named for problem in _misnamed(named, names, there))
    if draft.problems or draft.when is None:
        return None
    return Rule(
        name=draft.name,
        kinds=draft.kinds,
        when=draft.when,
        verdict=draft.verdict,
        points=draft.points,
        reason=draft.reason,
        queue=draft.queue,
        en=draft.wordings["en"],
        ja=draft.wordings["ja"],
        about_en=draft.about.get("en", ""),
        about_ja=draft.about.get("ja", ""),
        shadow=draft.shadow,
        rollout=draft.rollout,
    )


def _missing(draft: Draft) -> Iterator[Problem]:
    """Clauses that a rule must have."""
    lacking = [word for word in _NEEDED if word not in draft.said]
    if lacking:
        yield Problem(draft.place, f"the rule lacks {', '.join(lacking)}", "a rule has " + ", ".join(_NEEDED), draft.length)
    if len(draft.about) == 1:
        yield Problem(draft.place, "about stands in one language only", "write about en and about ja", draft.length)


def _misnamed(named: Named, names: Mapping[str, Known], there: frozenset[str]) -> Iterator[Problem]:
    """What a text names must be known for certain when the rule fires."""
    placeholder, place, length = named
    known = names.get(placeholder.name)
    if known is None or known.type is ValueType.LIST:
        yield Problem(place, f"{placeholder.name} is not known", did_you_mean(placeholder.name, names), length)
    elif known.type is None:
        return
    elif known.type not in _TAKES[placeholder.format]:
        ways = ", ".join(way for way, types in _TAKES.items() if known.type in types)
        yield Problem(
            place, f"{placeholder.name} is {known.type}: it cannot be written as {placeholder.format}", f"it can be {ways}", length
        )
    elif not known.always and placeholder.name not in there:
        advice = f"write present({placeholder.name}) and … in the condition"
        yield Problem(place, f"{placeholder.name} may be missing when the rule fires", advice, length)
