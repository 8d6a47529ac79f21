"""Identifiers: UUIDv7 (RFC 9562 §5.7) in base 32 with a kind prefix. Never a right by themselves (R7)."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

__all__ = ["ID_PATTERN", "is_id", "new_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
ID_PATTERN = r"^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$"


def new_id(prefix: str, now: datetime) -> str:
    """A fresh id such as `trd_06bq…`: 48 bits of milliseconds, then 74 random bits; sorts by time."""
    milliseconds = int(now.timestamp() * 1000) & (1 << 48) - 1
    random = secrets.randbits(74)
    value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    digits = [_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of that kind."""
    return text.startswith(f"{prefix}_") and re.fullmatch(ID_PATTERN, text) is not None
