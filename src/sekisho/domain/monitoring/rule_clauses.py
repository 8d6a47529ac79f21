"""Reads the clauses of a rule, each for itself; what they name is checked in `rule_checks`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from sekisho.domain.monitoring.event import KINDS
from sekisho.domain.monitoring.expression import Expression
from sekisho.domain.monitoring.expression_text import read_expression
from sekisho.domain.monitoring.problem import Place, Problem, did_you_mean
from sekisho.domain.monitoring.rule import Wording
from sekisho.domain.monitoring.rule_blocks import CLAUSES, Clause
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.domain.monitoring.wording_text import Named, read_quoted, read_wording

__all__ = ["NAME", "Draft", "read_clause"]

NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_MARGIN: Final = "a declaration begins at the margin"
MOST_POINTS: Final = 1_000
_VERDICTS: Final = tuple(verdict.value for verdict in Verdict if verdict is not Verdict.ALLOW)


@dataclass(slots=True)
class Draft:
    """What has been read of a rule so far. said: the clauses that stand there, readable or not."""

    name: str
    place: Place
    length: int
    said: dict[str, Clause] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    kinds: tuple[str, ...] = ()
    when: Expression | None = None
    verdict: Verdict | None = None
    points: int = 0
    reason: str = ""
    queue: str = ""
    wordings: dict[str, Wording] = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    shadow: bool = False
    rollout: int = 10_000


def read_clause(clause: Clause, draft: Draft) -> None:
    word = clause.word
    if word not in CLAUSES:
        advice = _MARGIN if word in ("feature", "list", "rule") else did_you_mean(word, CLAUSES) or "it has " + ", ".join(CLAUSES)
        draft.problems.append(clause.problem(f"a rule has no clause {word[:40]}", advice))
        return
    if word == "about":
        _about(clause, draft)
        return
    if word in draft.said:
        draft.problems.append(clause.problem(f"{word} stands twice in the rule", f"it stands in line {draft.said[word].place.line} too"))
        return
    draft.said[word] = clause
    match word:
        case "on":
            _on(clause, draft)
        case "when":
            found = read_expression(clause.text, clause.first)
            draft.when = None if isinstance(found, tuple) else found
            draft.problems.extend(found if isinstance(found, tuple) else ())
        case "then":
            _then(clause, draft)
        case "reason":
            draft.reason = _name(clause, draft)
        case "queue":
            draft.queue = _name(clause, draft)
        case "en" | "ja":
            _wording(clause, draft)
        case "mode":
            _mode(clause, draft)
        case _:
            _rollout(clause, draft)


def _on(clause: Clause, draft: Draft) -> None:
    named = [kind.strip() for kind in clause.plain.split(",")]
    for kind in named:
        if kind not in KINDS:
            message = f"there is no kind of event {kind[:60]}" if kind else "a kind of event is expected"
            draft.problems.append(clause.problem(message, did_you_mean(kind, KINDS), kind))
        elif named.count(kind) > 1:
            draft.problems.append(clause.problem(f"{kind} stands twice", "", kind))
    draft.kinds = tuple(dict.fromkeys(kind for kind in named if kind in KINDS))


def _then(clause: Clause, draft: Draft) -> None:
    words = clause.plain.split()
    if len(words) == 1 and words[0] in _VERDICTS:
        draft.verdict = Verdict(words[0])
    elif len(words) == 2 and words[0] == "points" and re.fullmatch("[0-9]{1,5}", words[1]) and 0 < int(words[1]) <= MOST_POINTS:
        draft.points = int(words[1])
    elif words[:1] == ["points"]:
        draft.problems.append(clause.problem(f"points are a whole number from 1 to {MOST_POINTS}", "write points 40"))
    else:
        first = words[0] if words else ""
        advice = did_you_mean(first, [*_VERDICTS, "points"]) or "write challenge, hold, refuse or points 40"
        said = f"{clause.plain[:40]} is no verdict" if words else "a verdict or points are expected"
        draft.problems.append(clause.problem(said, advice, first))


def _name(clause: Clause, draft: Draft) -> str:
    if NAME.fullmatch(clause.plain):
        return clause.plain
    advice = "write small letters, digits and _, at most 60, beginning with a letter"
    draft.problems.append(clause.problem(f"{clause.word} takes one name", advice, clause.plain))
    return ""


def _wording(clause: Clause, draft: Draft) -> None:
    found = read_wording(clause.text, clause.first)
    if isinstance(found, list):
        draft.problems.extend(found)
        return
    draft.wordings[clause.word] = found[0]
    draft.named.extend(found[1])


def _about(clause: Clause, draft: Draft) -> None:
    language = clause.text[:2]
    if language not in ("en", "ja") or clause.text[2:3].strip(" \"'"):
        draft.problems.append(clause.problem("about needs its language", 'write about en "…" and about ja "…"'))
        return
    if language in draft.about:
        draft.problems.append(clause.problem(f"about {language} stands twice in the rule"))
    place = Place(clause.first.line, clause.first.column + 2)
    found = read_quoted(clause.text[2:], place)
    if isinstance(found, Problem):
        draft.problems.append(found)
        return
    draft.about[language] = "".join(piece for piece, _ in found)


def _mode(clause: Clause, draft: Draft) -> None:
    draft.shadow = clause.plain == "shadow"
    if clause.plain not in ("shadow", "live"):
        draft.problems.append(clause.problem("the mode is live or shadow", did_you_mean(clause.plain, ["live", "shadow"]), clause.plain))


def _rollout(clause: Clause, draft: Draft) -> None:
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%", clause.plain)
    share = round(float(found[1]) * 100) if found else 0
    if not 1 <= share <= 10_000:
        draft.problems.append(clause.problem("rollout is a share from 0.01 % to 100 %", "write rollout 10 %", clause.plain))
        return
    draft.rollout = share
