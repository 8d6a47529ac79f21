"""The brokerage account and the mandates on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sekisho.kernel.errors import invalid

__all__ = ["Account", "Mandate", "Right", "Role", "checked_number"]


class Right(StrEnum):
    """What a mandate allows on an account."""

    VIEW = "view"
    TRADE = "trade"
    WITHDRAW = "withdraw"
    MANAGE_SECURITY = "manage_security"


class Role(StrEnum):
    """How a trader stands to an account. Each role carries its rights; the holder has them all."""

    HOLDER = "holder"
    VIEWER = "viewer"
    TRADER = "trader"
    TREASURER = "treasurer"
    SECURITY = "security"

    @property
    def rights(self) -> frozenset[Right]:
        return _RIGHTS[self]


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.HOLDER: frozenset(Right),
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.TRADER: frozenset({Right.VIEW, Right.TRADE}),
    Role.TREASURER: frozenset({Right.VIEW, Right.TRADE, Right.WITHDRAW}),
    Role.SECURITY: frozenset({Right.VIEW, Right.MANAGE_SECURITY}),
}


@dataclass(frozen=True, slots=True)
class Account:
    """number: the broker's own number, shown to customers. frozen: the set of reasons; empty means open (R11)."""

    id: str
    number: str
    title: str
    opened: datetime
    frozen: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may act for an account, how, and from when to when."""

    id: str
    account: str
    trader: str
    role: Role
    since: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)

    def allows(self, right: Right, now: datetime) -> bool:
        return self.holds(now) and right in self.role.rights


def checked_number(text: str) -> str:
    """The broker's account number: 3 to 20 of A-Z, 0-9 and hyphen. Raises SekishoError INVALID."""
    number = text.strip().upper()
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{2,19}", number):
        raise invalid("An account number has 3 to 20 letters, digits or hyphens.", "account number")
    return number
