"""What the rotation of keys needs of storage (R9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sekisho.flows.ports.security import Purpose

__all__ = ["KeyedRows", "Lasting", "SealedText"]


@dataclass(frozen=True, slots=True)
class SealedText:
    """One sealed text where it stands: place (table and column), row, and what `Keyring.open` needs for it.

    fixed: its very characters are hashed elsewhere (the audit chain), so that it is wrapped instead of sealed anew.
    """

    place: str
    row: str
    purpose: Purpose
    context: str
    text: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Lasting:
    """How much lives that was hashed before a moment: secrets that others hold, so that nothing but their end frees the key.

    logins: logins, step-ups and activations in progress. activations: activation codes. broker_keys: not used since.
    """

    sessions: int
    known_clients: int
    logins: int
    activations: int
    broker_keys: int = 0

    @property
    def any(self) -> bool:
        return bool(self.sessions or self.known_clients or self.logins or self.activations or self.broker_keys)


class KeyedRows(Protocol):
    """Everything that is sealed or hashed under a master key."""

    @property
    def places(self) -> Sequence[str]:
        """Where sealed texts stand."""

    def canary(self) -> str | None:
        """The text that the key in use sealed; None for a database that has not been opened yet."""

    def used_since(self) -> datetime | None:
        """When the key in use came into use; None for the first."""

    def change_key(self, canary: str, before: str, now: datetime) -> bool:
        """From now on the key of this canary is in use. False when another one than `before` is, and then nothing is changed."""

    def count(self) -> Mapping[str, int]:
        """How many texts each key sealed, by its id."""

    def older(self, place: str, key_id: str, after: str) -> tuple[Sequence[SealedText], str]:
        """Texts that other keys than that one sealed, of the next few hundred rows behind the row `after`; and the last of those rows,
        "" behind the end. A page, since one statement over a large table would outlast the time that it has.
        """

    def replace(self, fresh: Sequence[tuple[SealedText, str]]) -> int:
        """How many were replaced; where something else stands by now, nothing is changed."""

    def hashed_before(self, moment: datetime, now: datetime) -> Lasting: ...

    def end_hashed_before(self, moment: datetime, now: datetime) -> Lasting:
        """A thousand of each at most; other nodes hear of the sessions. Call it until it ends nothing more."""
