"""The key of the audit log: Ed25519 for heads and a MAC for entries, in a file apart from the keyring (R8).

    sekisho-audit-key 1
    signing <64 hex digits>
    mac <64 hex digits>

`<file>.pub` beside it carries the public key: all that `sekisho audit verify` needs, on whatever machine.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from sekisho.adapters.cryptography.key_file import create_private, decode_key, encode_key, read_private, refused
from sekisho.kernel.errors import invalid

__all__ = ["AuditKey", "AuditPublicKey", "create_audit_key", "load_audit_key", "load_audit_public_key", "public_path"]

_COMMAND = "sekisho keyring init-audit"
_HEAD = "sekisho-audit-key 1"


class AuditPublicKey:
    """Checks signatures of heads."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @property
    def key_id(self) -> str:
        """The first 16 hex digits of the SHA-256 of the raw public key; stands in every head."""
        return hashlib.sha256(self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]

    def verifies(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> str:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class AuditKey:
    """A `flows.ports.security.AuditSigner`. Prints no key."""

    def __init__(self, signing: bytes, mac: bytes) -> None:
        self._signing = Ed25519PrivateKey.from_private_bytes(signing)
        self._mac = mac
        self.public = AuditPublicKey(self._signing.public_key())

    @property
    def key_id(self) -> str:
        return self.public.key_id

    def mac(self, data: bytes) -> bytes:
        return hmac.digest(self._mac, data, "sha256")

    def sign(self, data: bytes) -> bytes:
        return self._signing.sign(data)


def public_path(path: Path) -> Path:
    """Where the public key of that audit key stands."""
    return path.with_name(f"{path.name}.pub")


def create_audit_key(path: Path) -> None:
    """Make the audit key, mode 0600, and its public key beside it; files that exist are refused."""
    signing, mac = secrets.token_bytes(32), secrets.token_bytes(32)
    if public_path(path).exists():
        raise refused(public_path(path), "exists already and is not overwritten; name another file")
    note = "# The audit key of Sekisho. Whoever holds it can forge the log; keep it apart from the master key.\n"
    create_private(path, f"{note}{_HEAD}\nsigning {encode_key(signing)}\nmac {encode_key(mac)}\n")
    create_private(public_path(path), AuditKey(signing, mac).public.pem())
    os.chmod(public_path(path), 0o644)


def load_audit_key(path: Path, data_folder: Path | None) -> AuditKey:
    """The audit key of that file, refused as a master key is. data_folder: None for the demo alone."""
    text = read_private(path, _COMMAND, data_folder)
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line and not line.startswith("#")]
    try:
        head, signing, mac = lines
        if head != _HEAD or not signing.startswith("signing ") or not mac.startswith("mac "):
            raise ValueError("no audit key")
        return AuditKey(decode_key(signing.removeprefix("signing ")), decode_key(mac.removeprefix("mac ")))
    except ValueError:
        raise refused(path, f"is no audit key, or damaged; restore it, or make one with: {_COMMAND} FILE") from None


def load_audit_public_key(pem: str) -> AuditPublicKey:
    """The key of a PEM text; SekishoError (invalid) for anything but an Ed25519 public key."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise invalid("This is no public key of an audit log.", "an Ed25519 public key in PEM is needed: the file AUDIT_KEY.pub")
    return AuditPublicKey(key)
