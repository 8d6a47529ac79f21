"""Stands in for argon2id where a test looks at the gate and not at the cost of a hash: quick, counted, and held back on demand."""

from __future__ import annotations

import threading
from hashlib import sha256

from sekisho.flows.ports.security import Keyring, PasswordProof, Purpose, StoredPassword
from sekisho.kernel.secrets import Secret


class QuickHashing:
    """A `Hashing` of the pool, with SHA-256. verified and hashed count the calls; `gate` holds every verification while it is closed."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._counting = threading.Lock()
        self.verified = 0
        self.hashed = 0
        self.gate = threading.Event()
        self.gate.set()

    def verify(self, stored: StoredPassword, password: Secret) -> PasswordProof:
        with self._counting:
            self.verified += 1
        assert self.gate.wait(20)
        kept = self._keyring.open(Purpose.PEPPER, stored.sealed, stored.authenticator)
        return PasswordProof(kept == _digest(password))

    def hash(self, password: Secret, authenticator: str) -> str:
        with self._counting:
            self.hashed += 1
        return self._keyring.seal(Purpose.PEPPER, _digest(password), authenticator)

    def decoy(self, index: int) -> StoredPassword:
        return StoredPassword(self._keyring.seal(Purpose.PEPPER, "nothing", f"decoy {index}"), f"decoy {index}")


def _digest(password: Secret) -> str:
    return sha256(password.reveal().encode("utf-8", "surrogatepass")).hexdigest()
