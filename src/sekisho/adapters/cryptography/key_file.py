"""Files that hold secret keys: made 0600, never overwritten, refused when others could read them (R9)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sekisho.kernel.errors import Kind, SekishoError

__all__ = ["create_private", "decode_key", "encode_key", "read_private", "refused"]

_MOST = 64 * 1024


def refused(path: Path, why: str) -> SekishoError:
    """The error of a key file that must not be used; the detail tells the operator what to do."""
    return SekishoError(Kind.INVALID, "A key file cannot be used.", f"{path}: {why}")


def create_private(path: Path, text: str) -> None:
    """Write a new file, readable by its owner alone, and see it on disk; one that exists is never touched."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise refused(path, "exists already and is not overwritten; name another file") from None
    except OSError as error:
        raise refused(path, f"cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def read_private(path: Path, command: str, outside: Path | None) -> str:
    """The text of a key file that nobody else can read.

    command: what makes such a file, for the message. outside: the folder it must not lie in, so that a copy of
    the data is worth nothing without it; None only for the demo, whose throw-away key lies in its marked folder.
    """
    try:
        real = path.resolve(strict=True)
        if outside is not None and real.is_relative_to(outside.resolve()):
            raise refused(path, f"lies inside the data folder {outside}; a copy of the data must not carry its key. Move it out")
        with real.open("rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            return file.read(_MOST).decode("ascii")
    except FileNotFoundError:
        raise refused(path, f"does not exist; make it with: {command} {path}") from None
    except UnicodeDecodeError:
        raise refused(path, "is no key file") from None
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror}") from None


def _check_owner(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise refused(path, "is no regular file")
    if status.st_mode & 0o077:
        raise refused(path, f"can be reached by others (mode {status.st_mode & 0o777:04o}). Run: chmod 600 {path}")
    if status.st_uid not in {0, os.geteuid()}:
        raise refused(path, "belongs to another OS account. Run: chown it to the account that runs sekisho, or to root")


def encode_key(key: bytes) -> str:
    return key.hex()


def decode_key(text: str) -> bytes:
    """32 bytes of hexadecimal digits, else ValueError."""
    key = bytes.fromhex(text)
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key
