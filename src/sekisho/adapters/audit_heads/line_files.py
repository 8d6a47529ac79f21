"""Reading a file of lines that may have been tampered with, torn by a crash, or may still grow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["Line", "lines_of"]

_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """text: without its line feed; None when it is not ASCII or longer than 1 MiB. whole: it ended with a line feed."""

    number: int
    text: str | None
    whole: bool


def lines_of(path: Path) -> Iterator[Line]:
    """The lines that stand in the file at this call; what is appended later is left out. OSError when it cannot be opened."""
    file = path.open("rb")
    return _lines(file, os.fstat(file.fileno()).st_size)


def _lines(file: BinaryIO, left: int) -> Iterator[Line]:
    with file:
        number = 0
        while left > 0 and (raw := file.readline(min(left, _LONGEST))):
            number += 1
            left -= len(raw)
            whole = raw.endswith(b"\n")
            too_long = len(raw) == _LONGEST and not whole
            while too_long and left > 0 and (rest := file.readline(min(left, _LONGEST))):
                left -= len(rest)
                if whole := rest.endswith(b"\n"):
                    break
            yield Line(number, None if too_long or not raw.isascii() else raw.decode("ascii").removesuffix("\n"), whole)
