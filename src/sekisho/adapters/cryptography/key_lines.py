"""The lines of a master key file; `adapters.cryptography.keyring` says what they mean (R9).

    sekisho-keyring 1
    key <id> <date> <64 hex digits>      the newest first

The id is derived from the key, so a damaged line is noticed. A file is replaced as a whole: whoever reads it sees the old or the new one.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sekisho.adapters.cryptography.key_file import create_private, decode_key, encode_key, read_private, refused

__all__ = ["KeyLine", "changing_keys", "create_master_key", "derive", "id_of", "new_key", "read_keys", "replace_keys"]

_COMMAND = "sekisho keyring init"
_HEAD = "sekisho-keyring 1"
_NOTE = "# The master key of Sekisho. Keep it secret, and a copy of it apart from the backups of the data.\n"
_DATE = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, repr=False)
class KeyLine:
    """One master key of 32 bytes, and when it was made. Prints no key."""

    key: bytes
    made: datetime

    @property
    def id(self) -> str:
        return id_of(self.key)

    def __repr__(self) -> str:
        return f"KeyLine({self.id}, {self.made:{_DATE}})"


def derive(key: bytes, name: str) -> bytes:
    """A key of its own for every purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), 32, salt=b"sekisho keyring 1", info=name.encode()).derive(key)


def id_of(key: bytes) -> str:
    """Ten hexadecimal digits."""
    return derive(key, "id")[:5].hex()


def new_key(now: datetime) -> KeyLine:
    return KeyLine(secrets.token_bytes(32), now.astimezone(UTC).replace(microsecond=0))


def create_master_key(path: Path) -> None:
    """Make a key file with one fresh key, mode 0600; a file that exists is refused."""
    create_private(path, _text([new_key(datetime.now(UTC))]))


def read_keys(path: Path, data_folder: Path | None) -> list[KeyLine]:
    """The keys of that file, newest first; SekishoError says what to do when it is missing, open to others, damaged or in the data folder.

    data_folder: None for the demo alone, whose throw-away key lies in its marked folder.
    """
    text = read_private(path, _COMMAND, data_folder)
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line and not line.startswith("#")]
    if not lines or lines[0] != _HEAD:
        raise refused(path, f"does not begin with {_HEAD!r}; it is no master key, or of a newer Sekisho")
    keys = [_read_line(path, line) for line in lines[1:]]
    if not keys or len(keys) != len({line.key for line in keys}):
        raise refused(path, "holds no key, or one key twice; restore it from its copy")
    return keys


@contextmanager
def changing_keys(path: Path) -> Iterator[None]:
    """Nobody else on this machine changes the file meanwhile; the lock ends with the process. SekishoError when somebody does already."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refused(path, f"its folder cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise refused(path, "another command is changing the keys; let it end, then run this again") from None
    finally:
        os.close(folder)


def replace_keys(path: Path, keys: Sequence[KeyLine]) -> None:
    """The file holds these keys from now on, on the disk; mode 0600 and owner stay."""
    real = path.resolve()
    part = real.with_name(f".{real.name}.new")
    part.unlink(missing_ok=True)  # left by a run that was killed
    create_private(part, _text(keys))
    try:
        owner = real.stat()
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(part, owner.st_uid, owner.st_gid)
        part.replace(real)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise refused(path, f"cannot be replaced: {error.strerror}") from None
    folder = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _text(keys: Sequence[KeyLine]) -> str:
    lines = [f"key {line.id} {line.made:{_DATE}} {encode_key(line.key)}\n" for line in keys]
    return f"{_NOTE}{_HEAD}\n{''.join(lines)}"


def _read_line(path: Path, line: str) -> KeyLine:
    try:
        word, key_id, date, digits = line.split()
        found = KeyLine(decode_key(digits), datetime.strptime(date, "%Y-%m-%dT%H:%M:%S%z"))
        if word != "key" or found.id != key_id:
            raise ValueError("the id is not that of the key")
    except ValueError:
        raise refused(path, "a line of it is damaged; restore it from its copy") from None
    return found
