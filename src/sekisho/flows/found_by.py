"""Rows that keep the keyed hash of a token, found whichever of the held keys made it: keys change, tokens stay out there (R9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sekisho.flows.ports.security import Keyring, Purpose
from sekisho.kernel.secrets import Secret

__all__ = ["found_by"]

Found = TypeVar("Found")


def found_by(token: Secret, look: Callable[[str], Found | None], keyring: Keyring) -> Found | None:
    """look: takes a keyed hash."""
    for hashed in keyring.keyed_hashes(Purpose.TOKENS, token.reveal()):
        if (found := look(hashed)) is not None:
            return found
    return None
