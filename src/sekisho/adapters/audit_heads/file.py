"""The file of signed heads: JSON lines, only ever appended to, each on the disk before the call returns (R8).

Put it on another disk, or ship its lines to another machine (ASVS V16.4.3): whoever can rewrite both the database and this file, and has
the audit key, can rewrite the log. It may be rotated by renaming: the next head opens a new file.
A power cut may leave half a line; the same head is then written again on a line of its own, and reading knows that the half belongs to it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sekisho.adapters.audit_heads.line_files import Line, lines_of
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.lines import head_line, read_head
from sekisho.flows.verify_audit import Unreadable

__all__ = ["FileSink", "read_heads"]


class FileSink:
    """A `flows.ports.audit.HeadSink`."""

    def __init__(self, path: Path, name: str = "file") -> None:
        self._path = path
        self.name = name

    def publish(self, head: Head) -> None:
        """Append and fsync. The file is made with mode 0600; a symbolic link is refused. OSError when the disk is full or gone."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            _write_all(descriptor, (b"\n" if torn else b"") + head_line(head).encode("ascii") + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if size == 0:
            _sync_folder(self._path.parent)


def read_heads(path: Path) -> Iterator[Head | Unreadable]:
    """The heads that stand in the file at this call, for `flows.verify_audit`. OSError when it cannot be opened."""
    return _heads(lines_of(path))


def _heads(lines: Iterator[Line]) -> Iterator[Head | Unreadable]:
    line = next(lines, None)
    while line is not None:
        following = next(lines, None)
        head = _head(line)
        if isinstance(head, Head) or not _torn(line, following):
            yield head
        line = following


def _torn(line: Line, following: Line | None) -> bool:
    """An unreadable line that is half of a head: the file ends within it, or the next line repeats and completes it."""
    if following is None:
        return not line.whole
    half, full = line.text, following.text
    return half is not None and full is not None and len(half) < len(full) and full.startswith(half)


def _head(line: Line) -> Head | Unreadable:
    try:
        if line.text is not None:
            return read_head(line.text)
    except ValueError as error:
        return Unreadable(line.number, str(error))
    return Unreadable(line.number, "not a text, or too long")


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _sync_folder(folder: Path) -> None:
    """So that a new file's name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
