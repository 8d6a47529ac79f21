"""A person who can log in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.errors import invalid

__all__ = ["Trader", "checked_name"]


@dataclass(frozen=True, slots=True)
class Trader:
    """gate_version grows with suspension, freeze, unlock, reset and password change: what began before it dies (R1).

    frozen: the set of reasons (R11). logoff_after: the trader's own choice, None means the firm's. email, phrase: sealed; the address
    of his notices, and the words by which he knows a mail of ours (R10). notify_known_logins: a notice also of logins from known
    clients. relay_acknowledged: when he confirmed that codes can be relayed (R4, J06).
    """

    id: str
    username: str
    name: str
    language: str
    added: datetime
    activated: datetime | None = None
    suspended: datetime | None = None
    frozen: frozenset[str] = field(default_factory=frozenset)
    gate_version: int = 0
    password_change_needed: bool = False
    logoff_after: timedelta | None = None
    quarantined_until: datetime | None = None
    email: str | None = None
    phrase: str | None = None
    notify_known_logins: bool = False
    relay_acknowledged: datetime | None = None

    def admits(self) -> Decision:
        """Whether this person may stand at the gate at all."""
        if self.frozen:
            return Refused(Reason.TRADER_FROZEN)
        if self.suspended is not None:
            return Refused(Reason.TRADER_SUSPENDED)
        if self.activated is None:
            return Refused(Reason.NOT_ACTIVATED)
        return Allowed()


def checked_name(text: str) -> str:
    """A person's or account's name: 1 to 100 printable characters, NFC, no control or direction characters. Raises INVALID."""
    name = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(name) <= 100 or any(unicodedata.category(letter)[0] == "C" for letter in name):
        raise invalid("A name has 1 to 100 printable characters.", "name")
    return name
