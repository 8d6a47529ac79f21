"""What backups and restores need of storage (R9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Ended", "Upkeep"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How much of an older copy was ended when it was accepted.

    ceremonies: logins, step-ups and activations in progress. codes: activation codes, and codes on their way. changes: of lists of
    addresses and of contacts, which waited: whether their owner cancelled them since, nobody can tell.
    """

    sessions: int
    ceremonies: int
    codes: int
    known_clients: int
    changes: int
    broker_keys: int = 0


class Upkeep(Protocol):
    """The database as a whole: its copies, and its epoch."""

    def backed_up(self) -> datetime | None:
        """When the last backup was made."""

    def note_backup(self, now: datetime) -> None: ...

    def restored(self) -> datetime | None:
        """When this copy was put back; None once that was accepted, and for a database that was never put back."""

    def note_restored(self, now: datetime) -> None:
        """This is an older copy, to be accepted before anybody may be let in, by whatever node."""

    def begin_epoch(self, epoch: int) -> None:
        """The copy is accepted: it is the database of this epoch."""

    def end_everything(self, now: datetime) -> Ended:
        """Whatever would let somebody in, or change something, by the word of an older copy."""

    def trader_of(self, authenticator: str) -> str | None: ...
