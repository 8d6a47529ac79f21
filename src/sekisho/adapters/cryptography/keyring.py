"""The keyring: one master key in a file, and a derived key for every purpose (R9, ASVS 11.2.2, 13.3.1).

    sekisho-keyring 1
    key <id> <date> <64 hex digits>      the newest first; it seals and hashes
    key <id> <date> <64 hex digits>      older ones still open what they sealed

Derived keys: HKDF-SHA256 (RFC 5869). The id is derived from the key, so a damaged line is noticed.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sekisho.adapters.cryptography.key_file import create_private, decode_key, encode_key, read_private, refused
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import SekishoError, invalid

__all__ = ["FileKeyring", "create_master_key", "load_keyring"]

_COMMAND = "sekisho keyring init"
_HEAD = "sekisho-keyring 1"
_NOTE = "# The master key of Sekisho. Keep it secret, and a copy of it apart from the backups of the data.\n"
_NONCE = 12


class _MasterKey:
    """One master key and what is derived from it; holds no way back to the master key."""

    def __init__(self, key: bytes) -> None:
        self.id = _derive(key, "id")[:5].hex()
        self.hashing = {purpose: _derive(key, f"hash {purpose}") for purpose in Purpose}
        self.sealing = {purpose: AESGCM(_derive(key, f"seal {purpose}")) for purpose in Purpose}


def _derive(key: bytes, name: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"sekisho keyring 1", info=name.encode()).derive(key)


class FileKeyring:
    """A `flows.ports.security.Keyring`. Prints no key."""

    def __init__(self, keys: list[bytes]) -> None:
        """keys: 32 bytes each, newest first, at least one."""
        masters = [_MasterKey(key) for key in keys]
        self._newest = masters[0]
        self._masters = {master.id: master for master in masters}

    @property
    def key_id(self) -> str:
        """The newest key's id, for logs and `doctor`."""
        return self._newest.id

    def keyed_hash(self, purpose: Purpose, value: str) -> str:
        digest = hmac.digest(self._newest.hashing[purpose], value.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def seal(self, purpose: Purpose, plain: str, context: str) -> str:
        # Random nonces bear 2^32 texts per key and purpose (NIST SP 800-38D §8.3): more than any firm's passwords and fields.
        nonce = secrets.token_bytes(_NONCE)
        key_id = self._newest.id
        sealed = self._newest.sealing[purpose].encrypt(nonce, plain.encode(), _bound(key_id, purpose, context))
        return f"v1.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).rstrip(b'=').decode()}"

    def open(self, purpose: Purpose, sealed: str, context: str) -> str:
        try:
            version, key_id, text = sealed.split(".")
            master = self._masters[key_id]
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if version != "v1" or len(raw) < _NONCE:
                raise ValueError("no sealed text")
            return master.sealing[purpose].decrypt(raw[:_NONCE], raw[_NONCE:], _bound(key_id, purpose, context)).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            raise _unreadable(purpose, error) from None

    def is_current(self, sealed: str) -> bool:
        return sealed.startswith(f"v1.{self._newest.id}.")


def _bound(key_id: str, purpose: Purpose, context: str) -> bytes:
    return f"v1.{key_id}.{purpose}.{context}".encode()


def _unreadable(purpose: Purpose, error: Exception) -> SekishoError:
    why = "its key is not in the keyring" if isinstance(error, KeyError) else "it was changed, or stands in another place"
    return invalid("This value cannot be read.", f"a sealed text ({purpose}) cannot be opened: {why}")


def create_master_key(path: Path) -> None:
    """Make a key file with one fresh key, mode 0600; a file that exists is refused."""
    create_private(path, f"{_NOTE}{_HEAD}\n{_line(secrets.token_bytes(32), datetime.now(UTC))}")


def _line(key: bytes, made: datetime) -> str:
    return f"key {_MasterKey(key).id} {made:%Y-%m-%dT%H:%M:%SZ} {encode_key(key)}\n"


def load_keyring(path: Path, data_folder: Path | None) -> FileKeyring:
    """The keyring of that file; SekishoError says what to do when it is missing, open to others, damaged or in the data folder.

    data_folder: None for the demo alone, whose throw-away key lies in its marked folder.
    """
    text = read_private(path, _COMMAND, data_folder)
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line and not line.startswith("#")]
    if not lines or lines[0] != _HEAD:
        raise refused(path, f"does not begin with {_HEAD!r}; it is no master key, or of a newer Sekisho")
    keys = [_read_line(path, line) for line in lines[1:]]
    if not keys or len(keys) != len(set(keys)):
        raise refused(path, "holds no key, or one key twice; restore it from its copy")
    return FileKeyring(keys)


def _read_line(path: Path, line: str) -> bytes:
    try:
        word, key_id, date, digits = line.split()
        datetime.strptime(date, "%Y-%m-%dT%H:%M:%S%z")
        key = decode_key(digits)
        if word != "key" or _MasterKey(key).id != key_id:
            raise ValueError("the id is not that of the key")
    except ValueError:
        raise refused(path, "a line of it is damaged; restore it from its copy") from None
    return key
