"""A request that is sent twice acts once (Idempotency-Key). The answer is kept a day and given again.

key never seen ──────────────────▶ act, keep the answer in the same commit
key seen, same request ──────────▶ the kept answer
key seen, another request ───────▶ refused, and audited: two requests of one key are a fault of the caller, or worse
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sekisho.kernel.errors import invalid

__all__ = ["AnswerOnce", "Repeat", "checked_repeat_key", "repeat_of"]

_KEY = re.compile(r"[!-~]{8,64}")


class Repeat(StrEnum):
    """What a request is against the one that is kept under its key."""

    SAME = "same"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AnswerOnce:
    """client: whose key it is. request_hash: keyed, of method, path and body. body: sealed, since an answer may hold a secret."""

    id: str
    client: str
    key: str
    request_hash: str
    status: int
    body: str
    at: datetime


def checked_repeat_key(text: str | None) -> str:
    """Raises INVALID unless it is 8 to 64 printable characters without blanks; a UUID will do."""
    if text is None or not _KEY.fullmatch(text):
        raise invalid("Send a header Idempotency-Key of 8 to 64 characters, a new one for each request, such as a UUID.", "idempotency key")
    return text


def repeat_of(kept: AnswerOnce, hashes: tuple[str, ...]) -> Repeat:
    """hashes: of the request at hand, under every key that is held."""
    return Repeat.SAME if kept.request_hash in hashes else Repeat.OTHER
