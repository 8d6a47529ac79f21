"""What a trader keeps of his own gate: lists of addresses, his logins, his contacts. See `ports.storage` for the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from sekisho.domain.accounts import Contact
from sekisho.domain.ip_restrictions import AddressList

__all__ = ["AddressLists", "Contacts", "LoginFilter", "Outcome", "PastLogin", "PastLogins"]


class Outcome(StrEnum):
    """How a login ended."""

    COMPLETED = "completed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PastLogin:
    """One login, or like refusals of one hour: `times` of them, `at` the last.

    reason: a `Reason`, of a refusal. source: the /32 or /64. country, network: guesses from public registers. session: of a completed one.
    """

    trader: str
    at: datetime
    outcome: Outcome
    channel: str
    source: str
    address: IPv4Address | IPv6Address | None
    program: str
    reason: str = ""
    country: str = ""
    network: str = ""
    methods: str = ""
    known_client: bool = False
    session: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class LoginFilter:
    """outcome: None for both."""

    since: datetime
    until: datetime
    outcome: Outcome | None = None


class PastLogins(Protocol):
    """The login history (V7.5, J13): 12 months."""

    def add(self, record: PastLogin) -> None:
        """A refusal joins the row of its hour with the same trader, reason, channel and source."""

    def of(self, traders: Iterable[str], wanted: LoginFilter, limit: int) -> list[PastLogin]:
        """Newest first."""

    def completed_addresses(self, trader: str, since: datetime, apart: timedelta) -> frozenset[IPv4Address | IPv6Address]:
        """Addresses of completed logins with the last at or after `since`, and the first at least `apart` before that (R5)."""

    def purge(self, before: datetime) -> int: ...


class AddressLists(Protocol):
    """Lists by their owner: a trader's or an account's id. Who has none may come from anywhere."""

    def get(self, owner: str) -> AddressList | None: ...
    def of(self, owners: Iterable[str]) -> dict[str, AddressList]: ...
    def lock(self, owner: str) -> AddressList | None: ...
    def save(self, kept: AddressList) -> None:
        """Insert, or replace the version before. SekishoError CONFLICT when another one has come between."""

    def due(self, now: datetime, limit: int) -> list[str]:
        """Owners whose change is to be settled."""


class Contacts(Protocol):
    def add(self, contact: Contact) -> None: ...
    def save(self, contact: Contact) -> None: ...
    def of(self, trader: str) -> list[Contact]:
        """All but ended ones, oldest first."""

    def due(self, now: datetime, limit: int) -> list[Contact]:
        """Unconfirmed and waiting ones whose time has come."""
