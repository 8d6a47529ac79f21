"""The one exception of the house: a rule of use was broken, or the house cannot serve.

It knows nothing of HTTP; `web/http/errors.py` alone turns it into a page or a problem document.
A check that merely fails is no exception but a value, `kernel.decision.Refused`.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

__all__ = ["Kind", "SekishoError", "invalid", "missing", "unavailable"]


class Kind(StrEnum):
    """What sort of thing went wrong."""

    INVALID = "invalid"  # the input breaks a rule of use
    UNAUTHENTICATED = "unauthenticated"  # no valid session, code or ceremony
    FORBIDDEN = "forbidden"  # known caller, act not open to him
    MISSING = "missing"  # no such object, or not his to see
    CONFLICT = "conflict"  # the state has moved on, or the name is taken
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # a media type or encoding we do not read
    BUSY = "busy"  # more than can be taken just now: the same again a little later (DESIGN: back-pressure instead of loss)
    UNAVAILABLE = "unavailable"  # queue full, database lost, clock wrong: try again later


class SekishoError(Exception):
    """public_message: an English catalogue string, shown to the caller in his language; no secrets, no personal data.

    detail: for the log and the command line only; field names and ids, never values of secrets.
    fields: names of refused fields → English catalogue string saying why.
    """

    def __init__(
        self,
        kind: Kind,
        public_message: str,
        detail: str = "",
        *,
        retry_after: timedelta | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{kind}: {public_message}" + (f" ({detail})" if detail else ""))
        self.kind = kind
        self.public_message = public_message
        self.detail = detail
        self.retry_after = retry_after
        self.fields = fields or {}


def invalid(public_message: str, detail: str = "", **fields: str) -> SekishoError:
    """The input breaks a rule of use; nothing was changed."""
    return SekishoError(Kind.INVALID, public_message, detail, fields=fields)


def missing(detail: str = "") -> SekishoError:
    """No such object, or not the caller's to see: the two answer alike (R7)."""
    return SekishoError(Kind.MISSING, "There is nothing here.", detail)


def unavailable(detail: str, retry_after: timedelta = timedelta(seconds=2)) -> SekishoError:
    """The house cannot serve now; nobody was let in (DESIGN: fail closed)."""
    return SekishoError(Kind.UNAVAILABLE, "The service is busy. Please try again in a moment.", detail, retry_after=retry_after)
