"""Texts of rules on the command line: read from files, shown with what is wrong in them, compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from sekisho.cli.output import printable, write_json

if TYPE_CHECKING:
    from sekisho.domain.monitoring.feature import FeatureSet
    from sekisho.domain.monitoring.policy import MonitoringPolicy
    from sekisho.domain.monitoring.problem import Problem
    from sekisho.domain.monitoring.rule import RuleBook
    from sekisho.domain.monitoring.rule_set import RuleSet
    from sekisho.flows.ports.storage import Transaction

__all__ = ["changed_lines", "changed_names", "complain_of", "read_or_complain", "rule_text", "short_memories", "text_of"]

_REFUSED = 2
_LARGEST = 2_000_000  # bytes; the reader of rules says what is too long


def rule_text(path: Path) -> str:
    """Raises SekishoError INVALID when it cannot be read."""
    from sekisho.kernel.errors import invalid
    from sekisho.texts.catalogue import N_

    try:
        data = sys.stdin.buffer.read(_LARGEST) if str(path) == "-" else path.read_bytes()[:_LARGEST]
        return data.decode("utf-8-sig")
    except OSError as error:
        raise invalid(N_("The file cannot be read."), f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise invalid(N_("A file of rules is UTF-8 text."), f"{path}, byte {error.start}") from None


def read_or_complain(text: str, name: str, json: bool) -> RuleBook:
    """The book; or all problems, and the end with exit status 2."""
    from sekisho.domain.monitoring.rule_text import read_rules

    book = read_rules(text)
    if isinstance(book, tuple):
        complain_of(book, text, name, json)
    return book


def complain_of(problems: tuple[Problem, ...], text: str, name: str, json: bool) -> NoReturn:
    """Each with its line and a caret below; as a document for programs."""
    from sekisho.domain.monitoring.problem import points_at

    if json:
        write_json({"problems": [_document(one) for one in problems]})
        raise typer.Exit(_REFUSED)
    for one in problems:
        advice = f" — {one.suggestion}" if one.suggestion else ""
        typer.echo(printable(f"{name}:{one.place.line}:{one.place.column}: {one.message}{advice}"), err=True)
        for line in points_at(one, text):
            typer.echo(f"    {line}", err=True)
    typer.echo(f"sekisho: {len(problems)} problems; nothing was stored.", err=True)
    raise typer.Exit(_REFUSED)


def _document(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {"line": place.line, "column": place.column, "message": problem.message, "suggestion": problem.suggestion}


def short_memories(features: FeatureSet, policy: MonitoringPolicy) -> list[str]:
    """A warning for each feature that looks further back than events are kept."""
    from sekisho.domain.monitoring.reach import outlasting
    from sekisho.kernel.times import show_duration

    kept = show_duration(policy.keep_events)
    return [
        f"{name} looks back {show_duration(reach)}, but events are kept for {kept} (monitoring.keep_events): new, it knows no more."
        for name, reach in outlasting(features, policy).items()
    ]


def text_of(version: int | None, tx: Transaction) -> RuleSet:
    """None: what is in force. Raises MISSING."""
    from sekisho.flows.publish_rules import version_of
    from sekisho.flows.rules_in_force import rules_in_force
    from sekisho.kernel.times import utc_now

    return rules_in_force(utc_now(), tx) if version is None else version_of(version, tx)


def changed_names(before: str, after: str) -> dict[str, list[str]]:
    """Rules and features that are new, gone, or mean something else."""
    old, new = _meanings(before), _meanings(after)
    return {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
    }


def _meanings(text: str) -> dict[str, str]:
    from sekisho.domain.monitoring.rule_text import read_rules

    book = read_rules(text)
    if isinstance(book, tuple):
        return {}
    features = {f"feature {each.name}": str(each) for each in book.features.features}
    rules = {f"rule {each.name}": str(each) for each in book.rules}
    return features | {str(each): "" for each in book.lists} | {f"condition {each.name}": str(each) for each in book.conditions} | rules


def changed_lines(before: RuleSet, after: RuleSet) -> list[str]:
    """The usual notation of differences."""
    from difflib import unified_diff

    names = (f"version {before.version} ({before.state})", f"version {after.version} ({after.state})")
    return list(unified_diff(before.text.splitlines(), after.text.splitlines(), *names, lineterm=""))
