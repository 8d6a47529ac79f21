"""Why somebody was logged off, as a word in the address of the page that says so (P5, R6)."""

from __future__ import annotations

from enum import StrEnum

from sekisho.domain.sessions import EndReason
from sekisho.kernel.decision import Reason

__all__ = ["NO_SESSION", "Why", "logged_off_path", "why_of", "why_over"]

NO_SESSION = frozenset({Reason.SESSION_UNKNOWN, Reason.WRONG_DOOR})  # the cookie never was a session of this door


class Why(StrEnum):
    IDLE = "idle"
    LIMIT = "limit"
    SELF = "self"
    PASSWORD = "password"
    PROOF = "proof"
    ENDED = "ended"


_BY_END = {
    EndReason.IDLE: Why.IDLE,
    EndReason.TOO_OLD: Why.LIMIT,
    EndReason.LOGGED_OFF: Why.SELF,
    EndReason.PASSWORD_CHANGED: Why.PASSWORD,
    EndReason.STEP_UP_FAILED: Why.PROOF,
}
_BY_REASON = {Reason.SESSION_IDLE: Why.IDLE, Reason.SESSION_TOO_OLD: Why.LIMIT}


def why_of(ended: EndReason | None) -> Why | None:
    return _BY_END.get(ended, Why.ENDED) if ended is not None else None


def why_over(reason: Reason, ended: EndReason | None) -> Why:
    """The row's own reason where it has one; else what the clock said."""
    return why_of(ended) or _BY_REASON.get(reason, Why.ENDED)


def logged_off_path(reason: Reason, ended: EndReason | None) -> str:
    return f"/logged-off?why={why_over(reason, ended)}"
