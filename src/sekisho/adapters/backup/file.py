"""The file of a backup: 8,192 bytes with the manifest, then the copy of the database as its own tools know it.

    sekisho-backup-1 ⏎ { manifest } ⏎ spaces … | an SQLite database, or an archive of pg_dump

A backup appears under its name at once, whole and on the disk, or not at all; nothing is ever overwritten. Mode 0600.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sekisho.adapters.backup.manifest import Manifest, read_manifest
from sekisho.kernel.errors import Kind, SekishoError, invalid

__all__ = ["BackupWriter", "Told", "check_content", "chunks", "new_backup", "open_backup", "sync_folder"]

Told = Callable[[int, int | None], None]  # how many bytes are done, of how many
HEADER = 8192
_MAGIC = b"sekisho-backup-1\n"
_CHUNK = 1 << 20


class BackupWriter:
    """Takes the content, then the manifest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0
        file.write(b" " * HEADER)

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """On the disk when this returns."""
        head = _MAGIC + manifest.text().encode("ascii") + b"\n"
        if len(head) > HEADER:
            raise ValueError("the manifest is too long")
        self._file.seek(0)
        self._file.write(head)
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def new_backup(path: Path) -> Iterator[BackupWriter]:
    """The file gets its name when the block ends well. SekishoError CONFLICT when there is one; OSError when the disk is full."""
    _refuse_existing(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)  # of a process of the same number that was killed
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield BackupWriter(file)
        _name(part, path)
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, path: Path) -> None:
    """A hard link never overwrites; where the file system knows none, a look must do."""
    try:
        os.link(part, path)
    except FileExistsError:
        _refuse_existing(path)
    except OSError:
        _refuse_existing(path)
        part.rename(path)
    sync_folder(path.parent)


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise SekishoError(Kind.CONFLICT, "There is such a file already, and it is not overwritten.", str(path))


@contextmanager
def open_backup(path: Path) -> Iterator[tuple[Manifest, BinaryIO]]:
    """The manifest, not yet verified, and the file. SekishoError INVALID when it is no backup."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise invalid("The backup cannot be opened.", f"{path}: {error.strerror}") from None
    with file:
        head = file.read(HEADER)
        if len(head) < HEADER or not head.startswith(_MAGIC):
            raise invalid("This file is no backup, or its beginning is damaged.", str(path))
        line, newline, rest = head[len(_MAGIC) :].partition(b"\n")
        if not newline or rest.strip(b" ") or not line.isascii():
            raise invalid("This file is no backup, or its beginning is damaged.", str(path))
        yield read_manifest(line.decode("ascii")), file


def check_content(manifest: Manifest, file: BinaryIO, told: Told) -> None:
    """SekishoError INVALID unless every byte is what the manifest says."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(file):
        digest.update(chunk)
        size += len(chunk)
        told(size, manifest.size)
    if (size, digest.hexdigest()) != (manifest.size, manifest.sha256):
        raise invalid("The backup is damaged; take another one.", f"{size} bytes of {manifest.size}, or another SHA-256")


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content from its beginning."""
    file.seek(HEADER)
    while chunk := file.read(_CHUNK):
        yield chunk


def sync_folder(folder: Path) -> None:
    """So that a new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
