"""The operator's list of breached passwords: SHA-1 hashes, sorted, looked up in a memory-mapped file (R16, N16, V6.2.12).

The list is imported from a file of hexadecimal SHA-1 hashes, one per line, with or without a count behind a colon, as public
collections are published. Nothing leaves the machine.
"""

from __future__ import annotations

import hashlib
import heapq
import mmap
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sekisho.kernel.errors import invalid
from sekisho.kernel.secrets import Secret

__all__ = ["BreachList", "import_breaches"]

_DIGEST = 20
_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::[0-9]{1,18})?")
_RUN = 2_000_000  # hashes sorted in memory at a time: 40 MB


class BreachList:
    """Whether a password stands in the list; a missing list contains nothing and says so in `present`."""

    def __init__(self, path: Path) -> None:
        self._map: mmap.mmap | None = None
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @property
    def present(self) -> bool:
        return self._map is not None

    def __len__(self) -> int:
        return len(self._map) // _DIGEST if self._map else 0

    def __contains__(self, password: Secret) -> bool:
        # SHA-1 is the form that public collections have; it protects nothing here.
        wanted = hashlib.sha1(password.reveal().encode(), usedforsecurity=False).digest()
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._at(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low < len(self) and self._at(low) == wanted

    def _at(self, index: int) -> bytes:
        assert self._map is not None  # the list is not empty
        return self._map[index * _DIGEST : (index + 1) * _DIGEST]


def import_breaches(source: Path, target: Path, progress: Callable[[int], None]) -> int:
    """Read `source` and replace `target` in one step; returns how many different hashes it holds.

    progress: called with the number of bytes read so far. Raises INVALID with the line number for a line that is no hash; then
    `target` is as it was. Memory is bounded, whatever the size of the list.
    """
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".breaches-") as folder:
        runs = [_write_run(Path(folder) / f"{number}", run) for number, run in enumerate(_runs(source, progress))]
        merged = Path(folder) / "merged"
        count = _merge(runs, merged)
        os.chmod(merged, 0o600)
        os.replace(merged, target)
    return count


def _runs(source: Path, progress: Callable[[int], None]) -> Iterator[list[bytes]]:
    run: list[bytes] = []
    read = 0
    with source.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            read += len(line)
            text = line.strip()
            if not text:
                continue
            match = _LINE.fullmatch(text)
            if match is None:
                raise invalid("The list of breached passwords has a line that is no SHA-1 hash.", f"line {number}")
            run.append(bytes.fromhex(match.group(1).decode()))
            if len(run) >= _RUN:
                progress(read)
                yield run
                run = []
    progress(read)
    if run:
        yield run


def _write_run(path: Path, run: list[bytes]) -> Path:
    path.write_bytes(b"".join(sorted(run)))
    return path


def _digests(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_DIGEST * 4096):
            yield from (block[start : start + _DIGEST] for start in range(0, len(block), _DIGEST))


def _merge(runs: Iterable[Path], target: Path) -> int:
    count, last = 0, b""
    with target.open("wb") as merged:
        for digest in heapq.merge(*(_digests(run) for run in runs)):
            if digest != last:
                merged.write(digest)
                count, last = count + 1, digest
        merged.flush()
        os.fsync(merged.fileno())
    return count
