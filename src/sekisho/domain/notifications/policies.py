"""The numbers and addresses of delivery that a firm sets, with their bounds."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from sekisho.kernel.bounds import within
from sekisho.kernel.secrets import Secret

__all__ = ["DeliveryPolicy", "OutboundPolicy", "SmsGatewayPolicy", "placeholders"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_IN_HEADERS = {"token", "idempotency_key"}
_IN_BODY = _IN_HEADERS | {"to", "to_digits", "text"}
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


def placeholders(template: str) -> set[str]:
    """Names in braces, such as `to` of `{to}`."""
    return set(_PLACEHOLDER.findall(template))


@dataclass(frozen=True, slots=True)
class DeliveryPolicy:
    """How long and how often a message is tried.

    steps: waits after the first, second … failed try; the last one repeats. No wait exceeds a fifth of the message's life, so that a
    code is tried while it is worth something.
    jitter: a wait is drawn from wait × (1 ± jitter), so that a crowd does not come back at once.
    notice_life: a notice undelivered after this time is a dead letter; a code's life is the code's own.
    code_tries: a code is tried at most so often.
    notice_tries: a notice is tried at most so often.
    """

    steps: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 600))
    jitter: float = 0.2
    notice_life: timedelta = timedelta(hours=24)
    code_tries: int = 8
    notice_tries: int = 150

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("delivery.steps needs at least one wait")
        for step in self.steps:
            within("delivery.steps", step, timedelta(seconds=1), timedelta(minutes=10), source="R10")
        within("delivery.jitter", self.jitter, 0.0, 0.5, source="R10")
        within("delivery.notice_life", self.notice_life, timedelta(minutes=10), timedelta(days=7), source="J13: promptly")
        within("delivery.code_tries", self.code_tries, 1, 20, source="N24")
        within("delivery.notice_tries", self.notice_tries, 1, 1000, source="R10")

    def wait(self, failed_tries: int, life: timedelta, chance: float) -> timedelta:
        """The wait after so many failed tries; chance in [0, 1) draws the jitter."""
        step = self.steps[min(failed_tries, len(self.steps)) - 1]
        return min(step, life / 5) * (1 + self.jitter * (2 * chance - 1))


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What outgoing calls may reach (R15, ASVS V1.3.6, V13.2.4).

    private_networks: networks that are not public and yet allowed, such as "10.1.2.0/24"; loopback ones allow plain http there too.
    ca_file: trusted instead of the system's certificate authorities.
    total_time: an outgoing call ends after this time, whatever has come by then.
    largest_answer: bytes of an answer that are read at most.
    """

    private_networks: tuple[str, ...] = ()
    ca_file: str | None = None
    total_time: timedelta = timedelta(seconds=5)
    largest_answer: int = 64 * 1024

    def __post_init__(self) -> None:
        within("outbound.total_time", self.total_time, timedelta(milliseconds=100), timedelta(seconds=10), source="R15")
        within("outbound.largest_answer", self.largest_answer, 1024, 1024 * 1024, source="R15")
        if any(network.prefixlen < 7 for network in self.networks()):
            raise ValueError("outbound.private_networks names networks, not the whole internet (R15)")

    def networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        return [ipaddress.ip_network(network) for network in self.private_networks]


@dataclass(frozen=True, slots=True)
class SmsGatewayPolicy:
    """A provider's HTTP interface, as a template. Number, text and token travel in body and headers, never in the URL (ASVS V14.2.1).

    url: the provider's address for one message; https.
    method: "POST" or "PUT".
    format: "json" or "form", the form of `body`.
    success: the statuses by which the provider says that it took the message.
    token: the provider's key for us; better from a file (`token_file`).
    idempotency_header: header that carries the same key at every try of one message.
    body: JSON or form text with `{to}` (E.164), `{to_digits}` (the same without plus), `{text}`, `{token}` and
    `{idempotency_key}` inside its strings.
    headers may hold `{token}` and `{idempotency_key}`. reference: name of the JSON field of the answer that names the message.
    """

    url: str
    method: Literal["POST", "PUT"] = "POST"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": "Bearer {token}"})
    format: Literal["json", "form"] = "json"
    body: str = '{"to": "{to}", "text": "{text}"}'
    success: tuple[int, ...] = (200, 201, 202)
    token: Secret = field(default_factory=lambda: Secret(""))
    idempotency_header: str = "Idempotency-Key"
    reference: str = "id"

    def __post_init__(self) -> None:
        self._check_url()
        if self.method not in ("POST", "PUT") or self.format not in ("json", "form"):
            raise ValueError("sms_gateway: method is POST or PUT, format is json or form")
        for name, value in (*self.headers.items(), (self.idempotency_header, "")):
            if not _HEADER_NAME.fullmatch(name) or not value.isprintable() or not value.isascii():
                raise ValueError("sms_gateway.headers: a name or value is not plain ASCII")
            _only("sms_gateway.headers", value, _IN_HEADERS)
        _only("sms_gateway.body", self.body, _IN_BODY)
        if not placeholders(self.body) & {"to", "to_digits"} or "text" not in placeholders(self.body):
            raise ValueError("sms_gateway.body needs {text} and {to} or {to_digits}")
        if not all(200 <= status <= 299 for status in self.success):
            raise ValueError("sms_gateway.success lists statuses from 200 to 299")
        self._check_body()

    @property
    def lacks_token(self) -> bool:
        """Whether the template needs a token that is not set: no call could be answered well."""
        return not self.token and any("token" in placeholders(template) for template in (self.body, *self.headers.values()))

    def _check_url(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or "{" in self.url or "}" in self.url:
            raise ValueError("sms_gateway.url is an https URL without name, password or placeholders")

    def _check_body(self) -> None:
        if self.format == "form":
            parse_qsl(self.body, keep_blank_values=True, strict_parsing=True)
            return
        try:
            parsed = json.loads(self.body)
        except ValueError:
            raise ValueError("sms_gateway.body is no JSON; placeholders stand inside its strings") from None
        if not isinstance(parsed, dict | list):
            raise ValueError("sms_gateway.body is a JSON object or list")


def _only(setting: str, template: str, known: set[str]) -> None:
    unknown = placeholders(template) - known
    if unknown:
        raise ValueError(f"{setting} knows {sorted(known)}, not {sorted(unknown)}")
