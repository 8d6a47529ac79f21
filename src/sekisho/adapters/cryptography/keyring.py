"""The keyring: master keys in a file, and derived keys of each for every purpose (R9, ASVS 11.2.2, 13.3.1).

One of them is in use: it seals and hashes. The others open what they sealed, and find what they hashed. Which one is in use stands in
the database, as the key that sealed its canary, so that all nodes change over together; a file with a key more changes nothing yet.
A file that was replaced is read again when a text of an unknown key turns up, and every second by a node that serves.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sekisho.adapters.cryptography.key_lines import create_master_key, derive, id_of, read_keys
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import SekishoError, invalid

__all__ = ["FileKeyring", "create_master_key", "load_keyring"]

_NONCE = 12


class _MasterKey:
    """One master key and what is derived from it; holds no way back to the master key."""

    def __init__(self, key: bytes) -> None:
        self.id = id_of(key)
        self.hashing = {purpose: hmac.new(derive(key, f"hash {purpose}"), digestmod="sha256") for purpose in Purpose}
        self.sealing = {purpose: AESGCM(derive(key, f"seal {purpose}")) for purpose in Purpose}


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys at one moment, replaced as a whole. used: the one that seals and hashes; it stands first among `all`."""

    used: _MasterKey
    all: dict[str, _MasterKey]

    @classmethod
    def of(cls, masters: Sequence[_MasterKey], used: str) -> _Held:
        """used: an id; the newest where that one is not among them."""
        known = {master.id: master for master in masters}
        first = known.get(used, masters[0])
        return cls(first, {first.id: first} | known)


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    data_folder: Path | None

    def state(self) -> tuple[int, ...]:
        """Differs when the file was replaced."""
        with suppress(OSError):
            found = os.stat(self.path)
            return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
        return ()

    def read(self) -> list[bytes]:
        return [line.key for line in read_keys(self.path, self.data_folder)]


class FileKeyring:
    """A `flows.ports.security.Keyring`. Prints no key."""

    def __init__(self, keys: Sequence[bytes], source: _Source | None = None, state: tuple[int, ...] = ()) -> None:
        """keys: 32 bytes each, newest first, at least one; the newest is in use. source: read again when it differs from `state`."""
        self._held = _Held.of([_MasterKey(key) for key in keys], "")
        self._source, self._state = source, state
        self._changing = threading.RLock()

    @property
    def key_id(self) -> str:
        """The id of the key in use, for logs and `doctor`."""
        return self._held.used.id

    @property
    def key_ids(self) -> frozenset[str]:
        """Of all keys that are held."""
        return frozenset(self._held.all)

    def use(self, key_id: str) -> bool:
        """Seal and hash with this key from now on; False, and nothing changed, when it is not in the file."""
        if key_id == self.key_id:
            return True
        with self._changing:
            self.refresh()
            if key_id not in self._held.all:
                return False
            self._held = _Held.of(list(self._held.all.values()), key_id)
        return True

    def refresh(self) -> None:
        """Read the file again if it was replaced; one that cannot be read, or lacks the key in use, changes nothing here."""
        if self._source is None or (state := self._source.state()) == self._state:
            return
        with self._changing, suppress(SekishoError):
            masters = [_MasterKey(key) for key in self._source.read()]
            used = self._held.used
            kept = [] if used.id in {master.id for master in masters} else [used]
            self._held, self._state = _Held.of([*kept, *masters], used.id), state

    def keyed_hash(self, purpose: Purpose, value: str) -> str:
        return _hashed(self._held.used, purpose, value)

    def keyed_hashes(self, purpose: Purpose, value: str) -> list[str]:
        return [_hashed(master, purpose, value) for master in self._held.all.values()]

    def seal(self, purpose: Purpose, plain: str, context: str) -> str:
        # Random nonces bear 2^32 texts per key and purpose (NIST SP 800-38D §8.3): more than any firm's passwords and fields.
        nonce = secrets.token_bytes(_NONCE)
        used = self._held.used
        sealed = used.sealing[purpose].encrypt(nonce, plain.encode(), _bound(used.id, purpose, context))
        return f"v1.{used.id}.{base64.urlsafe_b64encode(nonce + sealed).rstrip(b'=').decode()}"

    def open(self, purpose: Purpose, sealed: str, context: str) -> str:
        try:
            version, key_id, text = sealed.split(".")
            if key_id not in self._held.all:
                self.refresh()
            master = self._held.all[key_id]
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if version != "v1" or len(raw) < _NONCE:
                raise ValueError("no sealed text")
            return master.sealing[purpose].decrypt(raw[:_NONCE], raw[_NONCE:], _bound(key_id, purpose, context)).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            raise _unreadable(purpose, error) from None

    def is_current(self, sealed: str) -> bool:
        return self.key_of(sealed) == self.key_id

    def key_of(self, sealed: str) -> str:
        version, _, rest = sealed.partition(".")
        return rest.partition(".")[0] if version == "v1" else ""


def _hashed(master: _MasterKey, purpose: Purpose, value: str) -> str:
    hashing = master.hashing[purpose].copy()  # a third of the time of keying anew; every session check needs one
    hashing.update(value.encode())
    return base64.urlsafe_b64encode(hashing.digest()).rstrip(b"=").decode()


def _bound(key_id: str, purpose: Purpose, context: str) -> bytes:
    return f"v1.{key_id}.{purpose}.{context}".encode()


def _unreadable(purpose: Purpose, error: Exception) -> SekishoError:
    why = "its key is not in the keyring" if isinstance(error, KeyError) else "it was changed, or stands in another place"
    return invalid("This value cannot be read.", f"a sealed text ({purpose}) cannot be opened: {why}")


def load_keyring(path: Path, data_folder: Path | None) -> FileKeyring:
    """The keyring of that file (see `read_keys`); its newest key is in use until the database says otherwise."""
    source = _Source(path, data_folder)
    state = source.state()
    return FileKeyring(source.read(), source, state)
