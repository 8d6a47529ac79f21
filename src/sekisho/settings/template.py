"""The settings explained: a commented TOML file to start from, and the reference of the documentation."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

from sekisho.kernel.secrets import Secret
from sekisho.settings.fields import MISSING, Key, Section, sections_of
from sekisho.settings.showing import plain
from sekisho.settings.tree import Settings
from sekisho.settings.values import is_secret

__all__ = ["bounds", "reference", "template"]

_BETWEEN = re.compile(r"must be (between .+?) \((.+)\), not ")
_HEAD = """\
# Settings of Sekisho. Every key is listed with its default; take the "#" off a line to change it.
# An environment variable SEKISHO__SECTION__KEY wins over this file; SEKISHO__SECTION__KEY_FILE names a file that holds the value.
# Durations: "90s", "15m", "12h", "30d", a number of seconds, or ISO 8601 such as "PT15M". Relative paths are meant from this file.
"""


def template() -> str:
    """A complete TOML document with every key: those without a default stand open, all others commented."""
    return _HEAD + "".join(_section_lines(section) for section in sections_of(Settings).values())


def _section_lines(section: Section) -> str:
    purpose = (section.policy.__doc__ or "").strip().splitlines()[0]
    lines = [f"# {purpose}"] if purpose.endswith(".") and ": " not in purpose else []
    head = f"# [{section.name}]" if section.optional else f"[{section.name}]"
    body = [line for key in section.keys.values() for line in _key_lines(section, key)]
    return "\n".join(["", *lines, head, *body, ""])


def _key_lines(section: Section, key: Key) -> Iterator[str]:
    told = ". ".join(part.rstrip(".") for part in (key.meaning, _bounds_text(section, key)) if part)
    yield from textwrap.wrap(told, width=130, initial_indent="# ", subsequent_indent="# ")
    if key.default is MISSING:
        yield f'{"# " if section.optional else ""}{key.name} = ""  # needed'
    elif key.default is None or (is_secret(key.kind) and not len(key.default)):
        yield f"# {_example(key)}  # not set"
    else:
        yield f"# {key.name} = {_toml(key.default)}"


def _example(key: Key) -> str:
    kinds = (key.kind, *get_args(key.kind))
    if Secret in kinds:
        return f'{key.name}_file = "/run/secrets/{key.section}_{key.name}"'
    if date in kinds:
        return f"{key.name} = 2027-04-01"
    return f'{key.name} = "/etc/sekisho/{key.section}-{key.name}"' if Path in kinds or "file" in key.name else f'{key.name} = ""'


def _toml(value: Any) -> str:
    """A TOML literal; JSON's texts, numbers, booleans and lists are TOML's too."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items()) + " }"
    return json.dumps(plain(value), ensure_ascii=False)


def bounds(section: Section) -> dict[str, tuple[str, str]]:
    """Key → (bounds, source), asked of the policy itself: it names them when it refuses a number far outside."""
    told = {}
    required = {key.name: "x" for key in section.keys.values() if key.default is MISSING}
    for key in section.keys.values():
        value = key.default[0] if isinstance(key.default, tuple) and key.default else key.default
        if isinstance(value, bool) or not isinstance(value, int | float | timedelta):
            continue
        extreme: Any = timedelta(days=10**6) if isinstance(value, timedelta) else type(value)(10**12)
        try:
            section.policy(**required, **{key.name: (extreme,) if isinstance(key.default, tuple) else extreme})
        except ValueError as error:
            match = _BETWEEN.search(str(error))
            if match and str(error).split(" ")[0].split(".")[-1] == key.name:
                told[key.name] = (match[1], match[2])
    return told


def _bounds_text(section: Section, key: Key) -> str:
    found = bounds(section).get(key.name)
    return f"Must be {found[0]} ({found[1]})" if found else ""


def reference() -> str:
    """Every key as Markdown tables, for docs/settings.md."""
    parts = []
    for section in sections_of(Settings).values():
        limits = bounds(section)
        rows = [f"### `[{section.name}]`", "", "| key | default | meaning |", "|---|---|---|"]
        for key in section.keys.values():
            limit = f" Must be {limits[key.name][0]} ({limits[key.name][1]})." if key.name in limits else ""
            meaning = f"{key.meaning.rstrip('.')}.{limit}".replace("|", "\\|")
            rows.append(f"| `{key.name}` | {_default_cell(key)} | {meaning} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _default_cell(key: Key) -> str:
    if key.default is MISSING:
        return "needed"
    if key.default is None or (is_secret(key.kind) and not len(key.default)):
        return "not set"
    return f"`{_toml(key.default)}`"
