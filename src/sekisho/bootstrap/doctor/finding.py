"""What a check finds, and how one is run: whatever it meets, there is a finding, and the others go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sekisho.bootstrap.doctor.scene import NotLooked, Scene
from sekisho.kernel.errors import SekishoError

__all__ = ["Check", "Finding", "Mark", "fail", "fine", "found_by", "skip", "warn"]


class Mark(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Finding:
    """seen: what stands there. mend: a command or a setting; empty where there is nothing to do."""

    mark: Mark
    seen: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """name: lasting, for programs and for docs/production.md. title: what is looked at."""

    name: str
    title: str
    look: Callable[[Scene], Finding]


def fine(seen: str) -> Finding:
    return Finding(Mark.OK, seen)


def warn(seen: str, mend: str) -> Finding:
    return Finding(Mark.WARN, seen, mend)


def fail(seen: str, mend: str) -> Finding:
    return Finding(Mark.FAIL, seen, mend)


def skip(seen: str) -> Finding:
    return Finding(Mark.SKIP, seen)


def found_by(check: Check, scene: Scene) -> Finding:
    """An unexpected fault is named by its type alone: its text may hold what nobody should read."""
    try:
        return check.look(scene)
    except NotLooked as missing:
        return skip(str(missing))
    except SekishoError as error:
        return fail(error.public_message, error.detail)
    except Exception as error:
        return fail(f"This could not be looked at: {type(error).__name__}.", "SEKISHO_DEBUG=1 sekisho config validate")
