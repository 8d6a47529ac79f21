"""From given values to the frozen tree. A policy that refuses its numbers becomes a problem with key and place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sekisho.settings.fields import MISSING, Key, Section
from sekisho.settings.origin import DEFAULT, Given, Origin
from sekisho.settings.problems import Problem
from sekisho.settings.values import read_value

__all__ = ["build_section"]

_NAMED = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


def build_section(section: Section, given: Mapping[str, Given]) -> tuple[Any, list[Problem]]:
    """The section's policy (None when it is optional and nothing of it was given), or all its problems."""
    here = {key.name: given[key.path] for key in section.keys.values() if key.path in given}
    if section.optional and not here:
        return None, []
    values, problems = _read_all(section, here)
    problems += _missing(section, here)
    filled = values | {key.name: MISSING for key in section.keys.values() if key.default is MISSING and key.name not in values}
    if MISSING in filled.values():
        return None, problems
    policy, refused = _construct(section, values, here)
    return policy, problems + refused


def _read_all(section: Section, here: Mapping[str, Given]) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems = []
    for name, given in here.items():
        key = section.keys[name]
        try:
            values[name] = read_value(key.kind, given)
        except ValueError as error:
            problems.append(Problem(key.path, given.origin, str(error)))
    return values, problems


def _missing(section: Section, here: Mapping[str, Given]) -> list[Problem]:
    needed = [key for key in section.keys.values() if key.default is MISSING and key.name not in here]
    return [Problem(key.path, Origin("not set"), f"is needed: {_first_sentence(key)}") for key in needed]


def _first_sentence(key: Key) -> str:
    return re.split(r"[;(]", key.meaning)[0].strip() or "it has no default"


def _construct(section: Section, values: dict[str, Any], here: Mapping[str, Given]) -> tuple[Any, list[Problem]]:
    """The policy. It tells one refused value at a time, so the others are found by going on without it."""
    problems: list[Problem] = []
    values = dict(values)
    while True:
        try:
            policy = section.policy(**values)
        except ValueError as error:
            text = str(error)
            name = _blamed(section, text)
            if name in here and name not in values:
                return None, problems  # a consequence of a value that was refused before
            problems.append(_problem(section, name, here, text))
            if name not in values or section.keys[name].default is MISSING:
                return None, problems
            del values[name]
        else:
            return policy, problems


def _blamed(section: Section, text: str) -> str:
    """The field that a policy's complaint begins with (`idle must …`, `delivery.steps must …`), else the empty name."""
    named = _NAMED.match(text)
    name = named.group().split(".")[-1] if named else ""
    return name if name in section.keys else ""


def _problem(section: Section, name: str, here: Mapping[str, Given], text: str) -> Problem:
    if not name:
        places = dict.fromkeys(str(given.origin) for given in here.values())
        return Problem(section.name, Origin(", ".join(places) or str(DEFAULT)), text)
    origin = here[name].origin if name in here else DEFAULT
    named = _NAMED.match(text)
    rest = text[named.end() :].lstrip(" :") if named else text
    return Problem(f"{section.name}.{name}", origin, rest)
