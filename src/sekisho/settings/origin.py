"""Where a value comes from, so that an error says where to mend it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEFAULT", "Given", "Origin", "lines_of_keys"]

_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z0-9_.\"' -]+?)\s*=")


@dataclass(frozen=True, slots=True)
class Origin:
    """place: `sekisho.toml:12`, `SEKISHO__SERVER__HTTPS_PORT`, `--database` or `default`."""

    place: str

    def __str__(self) -> str:
        return self.place


DEFAULT = Origin("default")


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was given. text: it came as text (environment, file, option), so numbers are read from it.

    folder: relative paths are meant from there; None for the working folder.
    """

    value: object
    origin: Origin
    text: bool = False
    folder: Path | None = None


def lines_of_keys(document: str) -> dict[str, int]:
    """Line numbers of the dotted keys of a TOML document that parses; keys in inline tables are not found."""
    found: dict[str, int] = {}
    table, quoted = "", False
    for number, line in enumerate(document.splitlines(), start=1):
        inside = quoted
        quoted ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if inside:
            continue
        if header := _TABLE.match(line):
            table = _bare(header[1])
            found.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            key = _bare(assignment[1])
            found.setdefault(f"{table}.{key}" if table else key, number)
    return found


def _bare(key: str) -> str:
    """`a . "b"` as `a.b`."""
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
