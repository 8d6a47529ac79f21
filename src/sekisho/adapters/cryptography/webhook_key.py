"""The Ed25519 key that signs webhooks, in the form of Standard Webhooks: public `whpk_…`, signature `v1a,…`."""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from sekisho.adapters.cryptography.key_file import create_private, read_private, refused

__all__ = ["WebhookKey", "create_webhook_key", "load_webhook_key"]

_COMMAND = "sekisho webhook key"


class WebhookKey:
    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> str:
        """What the broker verifies with."""
        return "whpk_" + base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, webhook: str, at: datetime, body: bytes) -> str:
        """at: of this try; its whole seconds are signed."""
        content = f"{webhook}.{int(at.timestamp())}.".encode() + body
        return "v1a," + base64.b64encode(self._key.sign(content)).decode()


def create_webhook_key(path: Path) -> WebhookKey:
    """Raises SekishoError INVALID when the file is there already or cannot be made."""
    key = Ed25519PrivateKey.generate()
    create_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"))
    return WebhookKey(key)


def load_webhook_key(path: Path, outside: Path | None) -> WebhookKey:
    """Raises SekishoError INVALID when it cannot be read, when others can, or when it is no Ed25519 key. outside: the data folder."""
    try:
        key = load_pem_private_key(read_private(path, _COMMAND, outside).encode("ascii"), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise refused(path, f"is no key in PEM form without a pass phrase; make one with: {_COMMAND} FILE") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise refused(path, f"is no Ed25519 key; make one with: {_COMMAND} FILE")
    return WebhookKey(key)
