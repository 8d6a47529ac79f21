"""The keyed work that rows need on their way in and out; the keys stay in `adapters.cryptography` (R8, R9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Sealing"]


@dataclass(frozen=True, slots=True)
class Sealing:
    """mac: keyed hash of an audit entry, with the audit key.
    seal, open: authenticated encryption of a text for a context, with a fresh random nonce; `open` raises SekishoError or ValueError for
    a text that was changed, moved to another context, or made with a key we do not hold.
    """

    mac: Callable[[bytes], bytes]
    seal: Callable[[str, str], str]
    open: Callable[[str, str], str]
