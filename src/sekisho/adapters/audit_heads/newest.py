"""The newest head of the file of heads, by its end alone: a year's file has half a million lines (R9)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sekisho.domain.audit.head import Head
from sekisho.domain.audit.lines import read_head
from sekisho.kernel.errors import invalid

__all__ = ["newest_head"]

_END = 2 << 20  # twice the longest line


def newest_head(path: Path, authentic: Callable[[Head], bool]) -> Head | None:
    """None where there is no file, or no whole line in it.

    SekishoError INVALID when the file cannot be read, or none of its last lines is a head of our key: then nothing is known of the
    database's age, and nobody may be let in.
    """
    try:
        lines = _last_lines(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise invalid("The exported heads cannot be read.", f"{path}: {error.strerror}") from None
    heads = [head for head in map(_head, lines) if head is not None and authentic(head)]
    if lines and not heads:
        raise invalid("The exported heads cannot be relied on.", f"{path}: no head at its end is signed by audit.key_file")
    return max(heads, key=lambda head: (head.epoch, head.number), default=None)


def _last_lines(path: Path) -> list[bytes]:
    """Whole ones; the first may lack its beginning where the file is longer."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _END))
        return [line for line in file.read(_END).split(b"\n")[:-1] if line]


def _head(line: bytes) -> Head | None:
    try:
        return read_head(line.decode("ascii"))
    except ValueError:
        return None
