"""The keys of a tree of dataclasses: name, type, default and meaning of each, read from the classes themselves."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

__all__ = ["MISSING", "Key", "Section", "keys_of", "meanings", "section_class", "sections_of"]

MISSING = dataclasses.MISSING
_MEANING = re.compile(r"^(?:(.*\.) )?([a-z_]+(?:, [a-z_]+)*): (.+)$")  # a meaning may begin after a sentence of the one before


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. default: MISSING when it must be given. kind: its type as declared."""

    section: str
    name: str
    kind: Any
    default: Any
    meaning: str

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """One policy of the tree. optional: it may be missing as a whole."""

    name: str
    policy: type[Any]
    optional: bool
    keys: Mapping[str, Key]


def sections_of(tree: type[Any]) -> dict[str, Section]:
    """The sections of a tree in its own order."""
    hints = get_type_hints(tree)
    found = {}
    for part in dataclasses.fields(tree):
        policy, optional = section_class(hints[part.name])
        found[part.name] = Section(part.name, policy, optional, keys_of(part.name, policy))
    return found


def section_class(kind: Any) -> tuple[type[Any], bool]:
    """The policy class behind `Policy` or `Policy | None`, and whether it may be None."""
    if get_origin(kind) in (Union, UnionType):
        (policy,) = (arm for arm in get_args(kind) if arm is not type(None))
        return policy, True
    return kind, False


def keys_of(section: str, policy: type[Any]) -> dict[str, Key]:
    """The settings of one policy in its own order."""
    hints, told = get_type_hints(policy), meanings(policy)
    return {
        part.name: Key(section, part.name, hints[part.name], _default(part), told.get(part.name, "")) for part in dataclasses.fields(policy)
    }


def _default(part: dataclasses.Field[Any]) -> Any:
    return part.default_factory() if part.default_factory is not MISSING else part.default


def meanings(policy: type[Any]) -> dict[str, str]:
    """What each field means: the `name: meaning` lines of the class's docstring and of its bases'."""
    told: dict[str, str] = {}
    for owner in reversed(policy.__mro__):
        if dataclasses.is_dataclass(owner):
            names = {part.name for part in dataclasses.fields(owner)}
            told |= _meanings_in(owner.__doc__ or "", names)
    return told


def _meanings_in(docstring: str, names: set[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    current: tuple[str, ...] = ()
    for line in _lines(docstring):
        match = _MEANING.match(line)
        named = tuple(match[2].split(", ")) if match else ()
        if match and names.issuperset(named):
            told |= {name: f"{told[name]} {match[1]}" for name in current if match[1]}
            current = named
            told |= dict.fromkeys(named, match[3])
        elif not line:
            current = ()
        else:
            told |= {name: f"{told[name]} {line}" for name in current}
    return told


def _lines(docstring: str) -> Iterator[str]:
    return (line.strip() for line in docstring.splitlines())
