"""What a trader proves himself with, and its dated life (R16; N36, N37). A new phone number is a new authenticator (N27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Authenticator", "AuthenticatorKind", "AuthenticatorState"]


class AuthenticatorKind(StrEnum):
    PASSWORD = "password"
    PHONE = "phone"  # security codes by SMS: restricted by NIST SP 800-63B-4 §3.1.3.3
    ACTIVATION = "activation"  # the code that enrolment or a reset issues: once, 24 h


class AuthenticatorState(StrEnum):
    PENDING = "pending"  # issued or named, not yet proved
    ACTIVE = "active"
    DISABLED = "disabled"  # too many failures in all (N29), or reset
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Authenticator:
    """value: sealed argon2id string (password), sealed E.164 number (phone) or keyed hash (activation); never plain."""

    id: str
    trader: str
    kind: AuthenticatorKind
    state: AuthenticatorState
    value: str
    bound: datetime
    changed: datetime
    expires: datetime | None = None

    @property
    def usable(self) -> bool:
        return self.state is AuthenticatorState.ACTIVE
