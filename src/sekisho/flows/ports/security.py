"""What flows ask of keys and password hashes (R1, R2, R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from sekisho.kernel.secrets import Secret

__all__ = ["AuditSigner", "HashPool", "HashSlot", "Keyring", "PasswordProof", "Purpose", "StoredPassword"]


class Purpose(StrEnum):
    """What a derived key is for. Every purpose has keys of its own (R9, ASVS 11.2.2)."""

    CODES = "codes"
    TOKENS = "tokens"
    NAMES = "names"
    CSRF = "csrf"
    FIELDS = "fields"
    PEPPER = "pepper"
    DECOYS = "decoys"


class Keyring(Protocol):
    """Keyed hashes and sealed texts by keys that never leave it."""

    @property
    def key_id(self) -> str:
        """The id of the key in use: it seals and hashes."""

    @property
    def key_ids(self) -> frozenset[str]:
        """Of all keys that are held."""

    def use(self, key_id: str) -> bool:
        """Seal and hash with this key from now on; False, and nothing changed, when we do not hold it."""
        ...

    def keyed_hash(self, purpose: Purpose, value: str) -> str:
        """HMAC-SHA256 under the key in use, base64url without padding: 43 characters. For what is stored."""
        ...

    def keyed_hashes(self, purpose: Purpose, value: str) -> Sequence[str]:
        """The same under every key that is held, the one in use first. For finding and comparing what was stored."""
        ...

    def seal(self, purpose: Purpose, plain: str, context: str) -> str:
        """AES-256-GCM as `v1.<key id>.<base64url>`; `open` needs the same purpose and context (an id of the row)."""
        ...

    def open(self, purpose: Purpose, sealed: str, context: str) -> str:
        """The plain text; SekishoError (invalid) when changed, moved to another context, or of a key we do not hold."""
        ...

    def key_of(self, sealed: str) -> str:
        """The id of the key that made a sealed text; "" for any other text."""
        ...

    def is_current(self, sealed: str) -> bool:
        """Whether it was sealed by the key in use; if not, seal it again at the next occasion."""
        ...


class AuditSigner(Protocol):
    """The key of the audit log, a file apart from the keyring (R8)."""

    @property
    def key_id(self) -> str: ...

    def mac(self, data: bytes) -> bytes:
        """HMAC-SHA256 of an entry, in the flow's own commit: 32 bytes."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Ed25519 signature of a head: 64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class StoredPassword:
    """A password's hash as it stands in its row: argon2id's own text, sealed for that authenticator."""

    sealed: str
    authenticator: str


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """matches: the password is right. rehashed: a new sealed hash to store, when cost or pepper key changed."""

    matches: bool
    rehashed: str | None = None


class HashSlot(Protocol):
    """A place in the queue. Use it with `async with`; leaving gives the place back. One call at a time.

    Passwords come NFC-normalised. A pool that is closed while one waits raises SekishoError (unavailable).
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    async def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof:
        """A stored hash that cannot be read costs the same and does not match; the log says so."""
        ...

    async def hash(self, password: Secret, authenticator: str) -> str:
        """The sealed hash of a new password of that authenticator."""
        ...

    async def pass_time(self) -> None:
        """Wait as long as `verify` would, in the same order, without thread or CPU: for logins refused without hashing (R1)."""
        ...


class HashPool(Protocol):
    """The queue before the hash threads (R2). Memory only; asks no row of anybody."""

    def admit(self, source: str, *, known: bool) -> HashSlot:
        """A place in the queue, or SekishoError (unavailable) when full.

        source: the address cut to /32 or /64; for a known client (known=True) the trader it belongs to, so
        that clients behind one carrier address do not share the few places of a source, and many clients of one trader do.
        """
        ...

    def decoy(self, index: int) -> StoredPassword:
        """What an unknown name is verified against; it never matches and costs what a real one costs."""
        ...
