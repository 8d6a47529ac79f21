"""Identifiers: UUIDv7 (RFC 9562 §5.7) in base 32 with a kind prefix. Never a right by themselves (R7)."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

__all__ = ["ID_PATTERN", "first_id", "is_id", "new_id"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
ID_PATTERN = r"^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$"


def new_id(prefix: str, now: datetime) -> str:
    """A fresh id such as `trd_06bq…`: 48 bits of milliseconds, then 74 random bits; sorts by time."""
    random = secrets.randbits(74)
    return _id_of(prefix, _milliseconds(now) << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1)


def first_id(prefix: str, moment: datetime) -> str:
    """Ids made before that moment sort before it, all others behind it; to the millisecond."""
    return _id_of(prefix, _milliseconds(moment) << 80)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) & (1 << 48) - 1


def _id_of(prefix: str, value: int) -> str:
    digits = [_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(digits)}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of that kind."""
    return text.startswith(f"{prefix}_") and re.fullmatch(ID_PATTERN, text) is not None
