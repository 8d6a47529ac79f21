"""Collecting what was given: a TOML file, then environment variables over it, then options of the command line over both."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sekisho.settings.fields import Key, Section
from sekisho.settings.origin import Given, Origin, lines_of_keys
from sekisho.settings.problems import Problem, unknown_key
from sekisho.settings.values import is_secret

__all__ = ["PREFIX", "Sources"]

PREFIX = "SEKISHO__"
_FILE = "_file"
_LARGEST_FILE = 1 << 20


class Sources:
    """What was given so far: key → value with its place; and what cannot be read."""

    def __init__(self, sections: dict[str, Section]) -> None:
        self.sections = sections
        self.given: dict[str, Given] = {}
        self.problems: list[Problem] = []

    def add_file(self, path: Path) -> None:
        """A TOML document: one table a section. A secret may stand in a file of its own: `token_file = "…"`."""
        try:
            text = _read(path)
            document = tomllib.loads(text)
        except (ValueError, OSError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
            self.problems.append(Problem("the file", Origin(str(path)), f"cannot be read: {_why(error)}"))
            return
        lines = lines_of_keys(text)
        for name, value in _pairs(document, self.sections):
            origin = Origin(f"{path}:{lines[name]}" if name in lines else str(path))
            given = Given(value, origin, folder=path.absolute().parent)
            self._add(name, given, pointed=lambda key: is_secret(key.kind))

    def add_environment(self, environment: Mapping[str, str]) -> None:
        """`SEKISHO__SECTION__KEY` holds the value; `SEKISHO__SECTION__KEY_FILE` names a file that does."""
        before, seen = self.given, dict[str, Given]()
        self.given = seen
        for variable in sorted(environment):
            if variable.upper().startswith(PREFIX):
                name = variable[len(PREFIX) :].lower().replace("__", ".")
                self._add(name, Given(environment[variable], Origin(variable), text=True), pointed=lambda key: True)
        self.given = before | seen

    def add_options(self, options: Mapping[str, tuple[str, str]]) -> None:
        """options: key → (option, text), such as `{"database.url": ("--database", "sqlite:///x.db")}`."""
        for name, (option, text) in options.items():
            self.given[name] = Given(text, Origin(option), text=True)

    def _add(self, name: str, given: Given, pointed: Callable[[Key], bool]) -> None:
        """pointed(key): whether `KEY_file` may name a file that holds the value of that key."""
        key = self._key(name)
        if key is None and name.endswith(_FILE):
            key = self._key(name.removesuffix(_FILE))
            if key is not None and pointed(key):
                self._add_pointed(key, name, given)
                return
            key = None
        if name in self.sections:
            self.problems.append(Problem(name, given.origin, f"is a section: write [{name}], and its keys below"))
        elif key is None:
            self.problems.append(unknown_key(name, given.origin, self.sections))
        else:
            self._keep(key, given)

    def _add_pointed(self, key: Key, name: str, given: Given) -> None:
        if not isinstance(given.value, str) or not given.value:
            self.problems.append(Problem(name, given.origin, "must name a file"))
            return
        path = (given.folder or Path()) / given.value
        try:
            text = _read(path).rstrip("\r\n")
        except (OSError, ValueError) as error:
            self.problems.append(Problem(name, given.origin, f"{path} cannot be read: {_why(error)}"))
            return
        self._keep(key, Given(text, Origin(f"{path}, named by {given.origin}"), text=True))

    def _keep(self, key: Key, given: Given) -> None:
        if key.path in self.given:
            self.problems.append(Problem(key.path, given.origin, f"is given twice; the other is {self.given[key.path].origin}"))
        self.given[key.path] = given

    def _key(self, name: str) -> Key | None:
        section, _, rest = name.partition(".")
        return self.sections[section].keys.get(rest) if section in self.sections else None


def _pairs(document: Mapping[str, Any], sections: dict[str, Section]) -> Iterator[tuple[str, Any]]:
    """`section.key` and value; what is no table under a section's name, or under no section, goes by its own name."""
    for name, value in document.items():
        if isinstance(value, dict) and (name in sections or value):
            yield from ((f"{name}.{key}", part) for key, part in value.items())
        else:
            yield name, value


def _read(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        raise ValueError("it is larger than 1 MiB")
    return content.decode("utf-8-sig")


def _why(error: Exception) -> str:
    """The reason without a copy of the content."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1} is not UTF-8"
    return str(error)
