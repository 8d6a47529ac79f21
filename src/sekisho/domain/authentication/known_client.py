"""A known client: a browser or program that completed a login of one trader before (R3). It never replaces a factor (N49)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

__all__ = ["KNOWN_CLIENTS_PER_TRADER", "KNOWN_CLIENT_LIFE", "KnownClient"]

KNOWN_CLIENT_LIFE = timedelta(days=90)
KNOWN_CLIENTS_PER_TRADER = 10


@dataclass(frozen=True, slots=True)
class KnownClient:
    """token_hash: keyed hash of the random id that it holds, rotated at each complete login; `id` stays, and names its lane.

    name_hash: keyed hash of the username it belongs to, so that the hash queue can tell a known client without reading a trader.
    """

    id: str
    trader: str
    token_hash: str
    name_hash: str
    added: datetime
    last_used: datetime
    expires: datetime
    program: str = ""

    def alive(self, now: datetime) -> bool:
        return now < self.expires

    def rotated(self, token_hash: str, program: str, now: datetime) -> KnownClient:
        return replace(self, token_hash=token_hash, program=program, last_used=now, expires=now + KNOWN_CLIENT_LIFE)
