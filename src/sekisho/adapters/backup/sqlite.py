"""Copying SQLite by its online backup API, and putting the copy back (R9).

The copy is read in one snapshot on a connection of its own: the server goes on writing, and no page of it is copied twice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sekisho.adapters.backup.contents import CLOSE, contents_of
from sekisho.adapters.backup.file import BackupWriter, Told, sync_folder
from sekisho.adapters.backup.manifest import Contents
from sekisho.adapters.storage.sqlite import file_uri
from sekisho.kernel.errors import Kind, SekishoError, invalid, unavailable

__all__ = ["check_no_database", "copy_sqlite", "put_back_sqlite"]

_PAGES = 500  # between two words about the progress
_WAIT = 5.0
_CHUNK = 1 << 20
_BESIDE = ("-wal", "-shm", "-journal")


def copy_sqlite(source: Path, beside: Path, writer: BackupWriter, told: Told) -> Contents:
    """beside: where the backup will stand; a passing copy lies there while it is made. SekishoError UNAVAILABLE or INVALID."""
    passing = beside.with_name(f".{beside.name}.{os.getpid()}.copy")
    _remove(passing)
    try:
        os.close(os.open(passing, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        contents = _copy(source, passing, told)
        with passing.open("rb") as file:
            while chunk := file.read(_CHUNK):
                writer.write(chunk)
        return contents
    except sqlite3.Error as error:
        raise unavailable(f"database: {type(error).__name__}: {str(error).splitlines()[0][:200]}") from error
    finally:
        _remove(passing)


def _copy(source: Path, passing: Path, told: Told) -> Contents:
    def pages_left(status: int, remaining: int, total: int) -> None:
        told(total - remaining, total)

    with closing(sqlite3.connect(file_uri(source), uri=True, timeout=_WAIT, isolation_level=None)) as original:
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the snapshot begins here, and every page is of it
        with closing(sqlite3.connect(file_uri(passing), uri=True, isolation_level=None)) as copy:
            original.backup(copy, pages=_PAGES, progress=pages_left)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            sound = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if sound != "ok":
                raise invalid("The database is damaged; the copy is not kept. Put an earlier backup back.", str(sound)[:200])
            return contents_of(lambda statement: copy.execute(statement).fetchone())


def check_no_database(path: Path) -> None:
    """SekishoError CONFLICT, with what to do, when a database or a part of one is there."""
    found = [each for each in (path, *(path.with_name(path.name + end) for end in _BESIDE)) if each.exists()]
    if found and not (found == [path] and path.stat().st_size == 0):
        raise SekishoError(
            Kind.CONFLICT,
            "There is a database already. Stop `sekisho serve` and move it away, with the files beside it, before a backup is put back.",
            f"mv {path}* to another folder",
        )


def put_back_sqlite(content: Iterable[bytes], path: Path, now_ms: int) -> None:
    """The database appears whole, on the disk and closed, or not at all. OSError when the disk is full."""
    check_no_database(path)
    coming = path.with_name(f"{path.name}.restoring")
    _remove(coming)
    try:
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "wb") as file:
            for chunk in content:
                file.write(chunk)
        with closing(sqlite3.connect(file_uri(coming), uri=True, isolation_level=None)) as copy:
            copy.execute("PRAGMA synchronous = FULL")
            copy.execute(CLOSE.format(now=int(now_ms)))
        descriptor = os.open(coming, os.O_RDWR | os.O_CLOEXEC)
        os.fsync(descriptor)
        os.close(descriptor)
        check_no_database(path)
        coming.rename(path)
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise invalid("The backup cannot be put back.", f"{type(error).__name__}: {error}") from error
    finally:
        _remove(coming)


def _remove(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + end) for end in _BESIDE)):
        each.unlink(missing_ok=True)
