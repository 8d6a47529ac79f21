"""Faults of the HTTP message itself, which the kernel's errors have no words for."""

from __future__ import annotations

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.texts.catalogue import N_

__all__ = [
    "HttpFault",
    "header_too_large",
    "malformed",
    "method_not_allowed",
    "misdirected",
    "refused_fields",
    "timed_out",
    "too_large",
    "too_many",
    "unsupported",
    "uri_too_long",
]


class HttpFault(SekishoError):
    """A SekishoError that fixes its own status: only `web/http` raises it, only `web/http/errors.py` reads the status."""

    def __init__(self, status: int, kind: Kind, public_message: str, detail: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(kind, public_message, detail)
        self.status = status
        self.headers = headers or {}


def malformed(detail: str) -> HttpFault:
    """400: the message cannot be read at all (RFC 9110 §15.5.1)."""
    return HttpFault(400, Kind.INVALID, N_("The request could not be read."), detail)


def misdirected(detail: str) -> HttpFault:
    """421: addressed to a host that this installation does not serve (R5, RFC 9110 §15.5.20)."""
    return HttpFault(421, Kind.INVALID, N_("This address is not served here."), detail)


def timed_out(detail: str) -> HttpFault:
    """408: the client did not finish sending (RFC 9110 §15.5.9)."""
    return HttpFault(408, Kind.INVALID, N_("The request took too long to arrive."), detail)


def header_too_large(detail: str) -> HttpFault:
    """431 (RFC 6585 §5)."""
    return HttpFault(431, Kind.TOO_LARGE, N_("The request is too large."), detail)


def uri_too_long(detail: str) -> HttpFault:
    """414 (RFC 9110 §15.5.15)."""
    return HttpFault(414, Kind.TOO_LARGE, N_("The request is too large."), detail)


def method_not_allowed(allow: str) -> HttpFault:
    """405, with the methods that would do (RFC 9110 §15.5.6)."""
    return HttpFault(405, Kind.INVALID, N_("This page does not do that."), "method not allowed", {"allow": allow} if allow else {})


def too_many(detail: str, seconds: int) -> HttpFault:
    """429: come back after so many seconds (RFC 6585 §4)."""
    return HttpFault(
        429, Kind.FORBIDDEN, N_("There were too many requests. Please try again later."), detail, {"retry-after": str(seconds)}
    )


def too_large(detail: str) -> SekishoError:
    """413."""
    return SekishoError(Kind.TOO_LARGE, N_("The request is too large."), detail)


def unsupported(detail: str) -> SekishoError:
    """415."""
    return SekishoError(Kind.UNSUPPORTED, N_("The request has a form that is not read here."), detail)


def refused_fields(fields: dict[str, str], detail: str) -> SekishoError:
    """422, with every field and why. Names are a stranger's, so they come as a dict and never as keywords."""
    return SekishoError(Kind.INVALID, N_("Please check your entries."), detail, fields=fields)
