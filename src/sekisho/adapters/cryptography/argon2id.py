"""Passwords at rest: argon2id's own text, sealed under the pepper key (R9, N16, ASVS 11.4.2).

The pepper is a seal over the hash, not an ingredient of it: a new pepper key seals the same hash again, without the password.
"""

from __future__ import annotations

import logging
import secrets

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret, verify_secret

from sekisho.domain.authentication.hashing import HashPolicy
from sekisho.flows.ports.security import Keyring, PasswordProof, Purpose, StoredPassword
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret, new_token

__all__ = ["Argon2id"]

_log = logging.getLogger(__name__)
_SALT = 16  # bytes, RFC 9106 §3.1
_LENGTH = 32


class Argon2id:
    """Hashes and verifies in the calling thread; argon2's C code runs without Python's lock."""

    def __init__(self, policy: HashPolicy, keyring: Keyring) -> None:
        self._policy = policy
        self._keyring = keyring
        self._decoy = self._digest(new_token())

    def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof:
        """Whether it is the password; with `rehashed` when it is and cost or pepper key have changed since.

        A row that was tampered with is checked against the decoy, so that it costs the same, and never matches.
        """
        try:
            encoded = self._keyring.open(Purpose.PEPPER, stored.sealed, stored.authenticator)
        except SekishoError as error:
            _log.error("password hash of %s refused: %s", stored.authenticator, error.detail)
            self._matches(self._decoy, password)
            return PasswordProof(False)
        if not self._matches(encoded, password):
            return PasswordProof(False)
        return PasswordProof(True, self._renewed(encoded, stored, password))

    def hash(self, password: Secret, authenticator: str) -> str:
        return self._seal(self._digest(password), authenticator)

    def decoy(self, index: int) -> StoredPassword:
        """A hash of a password that nobody knows, at today's cost; sealed as every row is, so that it opens alike."""
        row = f"decoy {index}"
        return StoredPassword(self._seal(self._decoy, row), row)

    def _renewed(self, encoded: str, stored: StoredPassword, password: Secret) -> str | None:
        cost = extract_parameters(encoded)
        if (cost.memory_cost, cost.time_cost, cost.parallelism) != (
            self._policy.memory_kib,
            self._policy.iterations,
            self._policy.parallelism,
        ):
            return self.hash(password, stored.authenticator)
        return None if self._keyring.is_current(stored.sealed) else self._seal(encoded, stored.authenticator)

    def _matches(self, encoded: str, password: Secret) -> bool:
        try:
            return verify_secret(encoded.encode(), _bytes(password), Type.ID)
        except (VerificationError, InvalidHashError):
            return False

    def _digest(self, password: Secret) -> str:
        cost = self._policy
        salt = secrets.token_bytes(_SALT)
        return hash_secret(_bytes(password), salt, cost.iterations, cost.memory_kib, cost.parallelism, _LENGTH, Type.ID).decode()

    def _seal(self, encoded: str, authenticator: str) -> str:
        return self._keyring.seal(Purpose.PEPPER, encoded, authenticator)


def _bytes(password: Secret) -> bytes:
    # A lone surrogate, which JSON can carry, must cost a hash like any wrong password and not raise.
    return password.reveal().encode("utf-8", "surrogatepass")
