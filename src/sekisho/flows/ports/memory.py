"""Hot answers from memory (R6): sessions that this node has read, trusted only while the node hears of changes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from sekisho.domain.accounts import Trader
from sekisho.domain.ip_restrictions import AddressList
from sekisho.domain.sessions import Session

__all__ = ["LiveSession", "SessionMemory"]


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session with its trader and his list of addresses, as last read from the database. address: where this request comes from."""

    session: Session
    trader: Trader
    addresses: AddressList | None = None
    address: IPv4Address | IPv6Address | None = None


class SessionMemory(Protocol):
    def look(self, token_hash: str) -> LiveSession | None:
        """What is remembered; None when unknown, or when the last confirmed read of changes is 1 s old or more."""

    def mark(self) -> int:
        """Taken before a row is read; `keep` with an older mark than the newest change remembers nothing."""

    def keep(self, live: LiveSession, mark: int) -> None: ...
    def first_seen(self, session: str, address: IPv4Address | IPv6Address) -> bool:
        """Whether this node has not met that session in the network of that address before; once true, then false."""

    def first_device(self, session: str, device: str) -> bool:
        """The same of a device other than the one of its login."""

    def unsee(self, session: str, what: IPv4Address | IPv6Address | str) -> None:
        """That address or device is to be met for the first time again: what was to be written of it could not be."""

    def forget_session(self, session: str) -> None: ...
    def forget_trader(self, trader: str) -> None: ...
