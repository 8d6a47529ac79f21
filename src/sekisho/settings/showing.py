"""The settings as they are in force, for people and programs; secrets are never shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import show_duration
from sekisho.settings.fields import sections_of
from sekisho.settings.loading import Loaded
from sekisho.settings.tree import Settings

__all__ = ["HIDDEN", "Shown", "plain", "show_settings"]

HIDDEN = "***"
_PASSWORD_IN_URL = re.compile(r"(?<=://)([^/@\s]*?):[^/@\s]*@")

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    value: Plain
    origin: str


def show_settings(loaded: Loaded) -> list[Shown]:
    """Every key in force, in the tree's order; an optional section that is not set is left out."""
    rows = []
    for section in sections_of(Settings).values():
        policy = getattr(loaded.settings, section.name)
        if policy is not None:
            rows += [Shown(key.path, plain(getattr(policy, key.name)), str(loaded.origin(key.path))) for key in section.keys.values()]
    return rows


def plain(value: Any) -> Plain:
    """A value as TOML and JSON would have it: durations as "15m", secrets hidden, values of tables too (headers carry keys)."""
    match value:
        case None | bool() | int() | float():
            return value
        case Secret():
            return HIDDEN if len(value) else ""
        case timedelta():
            return show_duration(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): HIDDEN for name in value}
        case tuple() | list() | frozenset():
            return [plain(part) for part in value]
        case _:
            return _PASSWORD_IN_URL.sub(rf"\1:{HIDDEN}@", str(value))
