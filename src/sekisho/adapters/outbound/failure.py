"""Why an outgoing call came to nothing. Never carries the URL's path or query, headers, bodies, or what a library said."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["OutboundFailure", "Why"]


class Why(StrEnum):
    BAD_URL = "bad_url"
    NOT_HTTPS = "not_https"
    UNKNOWN_HOST = "unknown_host"
    ADDRESS_REFUSED = "address_refused"
    NO_CONNECTION = "no_connection"
    BAD_CERTIFICATE = "bad_certificate"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    ANSWER_TOO_LARGE = "answer_too_large"
    BAD_REQUEST = "bad_request"  # a header or method that HTTP does not allow


class OutboundFailure(Exception):
    def __init__(self, why: Why, host: str = "") -> None:
        super().__init__(f"{why} ({host})" if host else str(why))
        self.why = why
        self.host = host
