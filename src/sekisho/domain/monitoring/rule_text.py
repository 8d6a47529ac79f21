"""Reads a text of features, lists and rules, and tells everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from sekisho.domain.monitoring.condition_text import declared_condition, put_in, read_condition
from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType
from sekisho.domain.monitoring.expression import Expression, Name, walk
from sekisho.domain.monitoring.expression_types import FUNCTIONS
from sekisho.domain.monitoring.expression_words import KEYWORDS
from sekisho.domain.monitoring.feature import Declared, FeatureSet, Figure
from sekisho.domain.monitoring.feature_text import MOST as MOST_FEATURES
from sekisho.domain.monitoring.feature_text import declared_name, read_feature
from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean
from sekisho.domain.monitoring.rule import Condition, DeclaredList, Rule, RuleBook
from sekisho.domain.monitoring.rule_blocks import CONDITION, Block, cut_blocks
from sekisho.domain.monitoring.rule_checks import checked_rule, rule_names
from sekisho.domain.monitoring.rule_clauses import NAME, Draft, read_clause

__all__ = ["LONGEST", "MOST_RULES", "read_rules"]

LONGEST: Final = 400_000
MOST_RULES: Final = 500
_DECLARING: Final = (CONDITION, "feature", "list", "rule")
_MOST_PROBLEMS: Final = 200
_TAKEN: Final = KEYWORDS | frozenset(FUNCTIONS) | frozenset(FIELDS) | {name for shape in KINDS.values() for name in shape.extra}


@dataclass(slots=True)
class _Reading:
    features: dict[str, Declared | None] = field(default_factory=dict)
    lists: dict[str, DeclaredList] = field(default_factory=dict)
    conditions: dict[str, Expression | None] = field(default_factory=dict)
    rules: dict[str, Rule | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_rules(text: str) -> RuleBook | tuple[Problem, ...]:
    """The book, or all problems in the order of their places. A name can be used in rules wherever in the text it is declared."""
    if len(text) > LONGEST:
        return (Problem(Place(), f"a text of rules has at most {LONGEST:,} characters, not {len(text):,}"),)
    blocks, problems = cut_blocks(text)
    reading = _Reading(problems=problems)
    for block in blocks:
        _look_at(block, reading)
    for block in (each for each in blocks if each.word == "list"):
        _list(block, reading)
    named = {declared_condition(block) for block in blocks if block.word == CONDITION}
    for block in (each for each in blocks if each.word == CONDITION):
        _condition(block, reading, named)
    features = FeatureSet(tuple(each for each in reading.features.values() if each is not None))
    for block in (each for each in blocks if each.word == "rule"):
        _rule(block, reading, features)
    problems.extend(_too_many(reading, blocks))
    problems.extend(_unknown(reading, {problem.place for problem in problems}))
    if problems:
        return tuple(sorted(set(problems))[:_MOST_PROBLEMS])
    rules = tuple(rule for rule in reading.rules.values() if rule is not None)
    conditions = tuple(Condition(name, meaning) for name, meaning in reading.conditions.items() if meaning is not None)
    return RuleBook(features, rules, tuple(reading.lists.values()), conditions)


def _look_at(block: Block, reading: _Reading) -> None:
    """Takes features; lists follow when all features are known, and rules when all lists are."""
    if block.word not in _DECLARING:
        advice = did_you_mean(block.word, _DECLARING) or "a line at the margin begins with feature, list, condition or rule"
        reading.problems.append(Problem(block.place, f"{block.word[:40]} declares nothing", advice, len(block.word)))
        return
    if block.clauses and block.word != "rule":
        clause = block.clauses[0]
        reading.problems.append(clause.problem(f"a {block.word} has no clauses", f"write it on one line; {clause.word[:40]} is indented"))
    if block.word == "feature":
        _feature(block, reading)


def _feature(block: Block, reading: _Reading) -> None:
    """A figure of features that could not be read is not read either, and not blamed."""
    found = read_feature(block.line, Place(block.place.line), reading.features)
    if isinstance(found, tuple):
        reading.problems.extend(found)
        reading.features.setdefault(declared_name(block.line), None)
        return
    unread = isinstance(found, Figure) and any(reading.features.get(each, found) is None for each in found.arguments)
    reading.features[found.name] = None if unread else found


def _list(block: Block, reading: _Reading) -> None:
    words = block.line.split("#", 1)[0].split()
    if len(words) != 4 or words[2] != "of":
        reading.problems.append(Problem(block.place, "a list is declared as list NAME of FIELD", "write list bad_networks of network", 4))
        return
    name, listed = words[1], words[3]
    reading.problems.extend(_misnamed(block, name, "list", reading))
    if FIELDS.get(listed) is not FieldType.TEXT or listed in ("id", "kind"):
        texts = [each for each, type in FIELDS.items() if type is FieldType.TEXT and each not in ("id", "kind")]
        advice = did_you_mean(listed, texts) or "it lists " + ", ".join(texts)
        reading.problems.append(Problem(_place(block, listed), f"{listed[:40]} cannot be listed", advice, len(listed)))
    reading.lists[name] = DeclaredList(name, listed)


def _condition(block: Block, reading: _Reading, named: set[str]) -> None:
    """Its types are checked where a rule uses it, with the names of that rule's kinds."""
    name, found = declared_condition(block), read_condition(block, reading.conditions)
    if name:
        reading.problems.extend(_misnamed(block, name, CONDITION, reading))
    if isinstance(found, tuple):
        reading.problems.extend(found)
        reading.conditions.setdefault(name, None)
        return
    for part, _ in walk(found):
        if isinstance(part, Name) and part.name in named and part.name not in reading.conditions:
            advice = "a condition names those above it; put it below"
            reading.problems.append(Problem(part.span.place, f"{part.name} is not declared above", advice, part.span.length))
    reading.conditions.setdefault(name, found)


def _rule(block: Block, reading: _Reading, features: FeatureSet) -> None:
    words = block.line.split("#", 1)[0].split()
    if len(words) != 2:
        reading.problems.append(Problem(block.place, "a rule has one name", "write rule NAME, and its clauses indented below", 4))
    name = words[1] if len(words) > 1 else ""
    draft = Draft(name, block.place, len(block.word))
    if name:
        draft.problems.extend(_misnamed(block, name, "rule", reading))
    for clause in block.clauses:
        read_clause(clause, draft)
    if draft.when is not None:
        found = put_in(draft.when, reading.conditions)
        draft.problems.extend(found if isinstance(found, tuple) else ())
        draft.when = None if isinstance(found, tuple) else found
    unread = [*(each for each, feature in reading.features.items() if feature is None), *reading.conditions]
    rule = checked_rule(draft, rule_names(draft.kinds, features, reading.lists, unread))
    reading.problems.extend(draft.problems)
    reading.rules.setdefault(name, rule)


def _misnamed(block: Block, name: str, what: str, reading: _Reading) -> Iterator[Problem]:
    place = _place(block, name)
    declared: dict[str, Iterable[str]] = {"rule": reading.rules, "list": reading.lists, CONDITION: reading.conditions}
    if not NAME.fullmatch(name):
        advice = "write small letters, digits and _, at most 60, beginning with a letter"
        yield Problem(place, f"{name[:60]} cannot be the name of a {what}", advice, len(name))
    elif name in declared[what]:
        yield Problem(place, f"a {what} {name} is declared above", "give it another name", len(name))
    elif what != "rule" and (name in _TAKEN or name in reading.features or name in reading.lists):
        yield Problem(place, f"{name} has another meaning already", f"give the {what} another name", len(name))


def _place(block: Block, word: str) -> Place:
    return Place(block.place.line, block.line.index(word, len(block.word)) + 1)


def _unknown(reading: _Reading, told: set[Place]) -> Iterator[Problem]:
    """Names in conditions that no rule uses; elsewhere they were told."""
    known = {*_TAKEN, *reading.features, *reading.lists, *reading.conditions}
    for meaning in (each for each in reading.conditions.values() if each is not None):
        for part, _ in walk(meaning):
            if isinstance(part, Name) and part.name not in known and part.span.place not in told:
                yield Problem(part.span.place, f"{part.name} is not known", did_you_mean(part.name, known), part.span.length)


def _too_many(reading: _Reading, blocks: list[Block]) -> Iterator[Problem]:
    last = blocks[-1].place if blocks else Place()
    if len(reading.rules) > MOST_RULES:
        yield Problem(last, f"a text has at most {MOST_RULES} rules")
    if len(reading.features) > MOST_FEATURES:
        yield Problem(last, f"a text has at most {MOST_FEATURES} features")
    if not blocks and not reading.problems:
        yield Problem(last, "the text declares nothing", "begin with rule NAME at the margin")
