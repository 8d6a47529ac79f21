"""Reads declarations of features, one a line, and tells everything that is wrong with a text.

feature NAME = AGGREGATE[(FIELD)] of KIND[, KIND …] [where CONDITION] by KEY[, KEY] [over SPAN] [prior] [delay SPAN | habit]
feature NAME = ratio(A, B) | zscore(X, MEAN, SPREAD)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType
from sekisho.domain.monitoring.expression_types import FUNCTIONS
from sekisho.domain.monitoring.expression_where import compile_where
from sekisho.domain.monitoring.expression_words import KEYWORDS
from sekisho.domain.monitoring.feature import Aggregate, Condition, Declared, Feature, FeatureSet, Figure, Function, is_number
from sekisho.domain.monitoring.feature_checks import Clauses, checked
from sekisho.domain.monitoring.feature_words import Stuck, Words, single_blanks
from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean

__all__ = ["declared_name", "read_feature", "read_features"]

MOST: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_DECLARED: Final = re.compile(r"\s*\w+\s+([a-z][a-z0-9_]{0,59})\s*=")
_CLAUSES: Final = ("where", "by", "over", "prior", "delay", "habit")
_WORDS: Final = frozenset({*_CLAUSES, *Aggregate, *Function, *FUNCTIONS, *KEYWORDS, "feature", "of", "rule", "list"})


def read_features(text: str) -> FeatureSet | tuple[Problem, ...]:
    """The features of a text that has nothing else but comments (`#`) and empty lines, or all that is wrong with it."""
    known: dict[str, Declared | None] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.split("#", 1)[0].strip():
            continue
        found = read_feature(line, Place(number), known)
        if isinstance(found, tuple):
            problems.extend(found)
            known.setdefault(declared_name(line), None)
        elif len(known) < MOST:
            known[found.name] = found
        else:
            return (*problems, Problem(Place(number), f"a text has at most {MOST} features"))
    return tuple(problems) or FeatureSet(tuple(each for each in known.values() if each is not None))


def read_feature(line: str, first: Place, known: Mapping[str, Declared | None]) -> Declared | tuple[Problem, ...]:
    """One declaration. known: the features that are declared above it; those that could not be read are None.

    first: where the line begins in its file.
    """
    words = Words(line, first)
    try:
        words.expect("feature")
        name = _name(words, known)
        words.expect("=")
        if words.seen in frozenset(Function):
            return _figure(words, name, known)
        return _feature(words, name)
    except Stuck as stuck:
        return (*words.problems, stuck.problem)


def declared_name(line: str) -> str:
    """What a line, perhaps a wrong one, means to declare; empty when it does not say."""
    found = _DECLARED.match(line)
    return found[1] if found else ""


def _name(words: Words, known: Mapping[str, Declared | None]) -> str:
    name = words.take("name", "a name")
    if _NAME.fullmatch(name) is None:
        words.blame("a feature's name has small letters, digits and _, at most 60, and begins with a letter")
    elif name in known:
        words.blame(f"a feature {name} is declared above", "give it another name")
    elif name in FIELDS or any(name in shape.extra for shape in KINDS.values()):
        words.blame(f"{name} is a field of events", "give the feature another name")
    elif name in _WORDS:
        words.blame(f"{name} is a word of the language", "give the feature another name")
    return name


def _figure(words: Words, name: str, known: Mapping[str, Declared | None]) -> Figure | tuple[Problem, ...]:
    function = Function(words.take("name", "a function"))
    words.expect("(")
    arguments: list[str] = []
    for argument in words.listed("a feature or a number of the event"):
        arguments.append(argument)
        _check_argument(words, argument, known)
    if len(arguments) != function.arguments:
        words.blame(f"{function} has {function.arguments} arguments, not {len(arguments)}")
    words.expect(")")
    words.expect_end()
    return tuple(words.problems) or Figure(name, function, tuple(arguments))


def _check_argument(words: Words, argument: str, known: Mapping[str, Declared | None]) -> None:
    if argument in known:
        feature = known[argument]
        if feature is not None and feature.type not in (FieldType.INTEGER, FieldType.NUMBER):
            words.blame(f"{argument} is {feature.type}, not a number")
    elif not is_number(argument):
        numbers = [each for each in FIELDS if is_number(each)]
        words.blame(f"no feature above and no number of events is called {argument}", did_you_mean(argument, [*known, *numbers]))


def _feature(words: Words, name: str) -> Feature | tuple[Problem, ...]:
    aggregate = words.one_of([*Aggregate, *Function], "an aggregate such as count or sum(amount_jpy)")
    clauses = Clauses(name, Aggregate(aggregate), words.place)
    if words.seen == "(":
        words.expect("(")
        clauses.field, clauses.field_place = words.take("name", "a field"), words.place
        words.expect(")")
    words.expect("of")
    for kind in words.listed("a kind of event"):
        if kind not in KINDS:
            words.blame(f"there is no kind of event {kind}", did_you_mean(kind, KINDS))
        clauses.kinds[kind] = words.place
    said: set[str] = set()
    while words.seen:
        clause = words.one_of(_CLAUSES, "where, by, over, prior, delay or habit")
        if clause in said:
            words.blame(f"{clause} stands twice")
        said.add(clause)
        _clause(words, clause, clauses)
    found = checked(clauses)
    problems = (*words.problems, *(found if isinstance(found, tuple) else ()))
    return found if isinstance(found, Feature) and not problems else tuple(sorted(problems))


def _clause(words: Words, clause: str, clauses: Clauses) -> None:
    clauses.places[clause] = words.place
    match clause:
        case "where":
            text, place = words.until(_CLAUSES)
            known = tuple(kind for kind in clauses.kinds if kind in KINDS)
            if known:
                found = compile_where(text, known, place)
                clauses.where = None if isinstance(found, tuple) else Condition(single_blanks(text), found)
                words.problems.extend(found if isinstance(found, tuple) else ())
        case "by":
            for key in words.listed("a key such as account"):
                clauses.keys[key] = words.place
        case "over":
            clauses.over = words.span()
        case "delay":
            clauses.delay = words.span()
        case _:
            clauses.flags.add(clause)
