"""SMS by a provider's HTTP interface, as the firm's template says it (see docs/delivery.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sekisho.adapters.outbound import Answer, Call, OutboundClient, OutboundFailure, Why
from sekisho.domain.notifications.policies import SmsGatewayPolicy
from sekisho.flows.ports.delivery import Deferred, Delivered, Delivery, OutboxMessage, Rejected
from sekisho.kernel.errors import invalid
from sekisho.kernel.secrets import Secret

__all__ = ["SmsGateway"]

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_TOTAL_TIME = 5.0
_LONGEST_RETRY_AFTER = 3600
_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
# The call as configured can never work; anything else outside may mend itself.
_HOPELESS = {Why.BAD_URL, Why.NOT_HTTPS, Why.BAD_REQUEST}


class SmsGateway:
    """A `Sender`. A repeat of a message carries the same idempotency key, so that a provider which heeds it sends one SMS."""

    def __init__(self, policy: SmsGatewayPolicy, outbound: OutboundClient) -> None:
        """Raises SekishoError INVALID when the template needs a token and there is none."""
        if policy.lacks_token:
            raise invalid("The SMS gateway needs a token.", "set sms_gateway.token, or a template without {token}")
        self._policy = policy
        self._outbound = outbound

    def send(self, message: OutboxMessage) -> Delivery:
        try:
            answer = self._outbound.send(self._call(message))
        except OutboundFailure as failure:
            if failure.why in _HOPELESS:
                return Rejected(str(failure.why))
            return Deferred(str(failure.why), None)
        return self._judge(answer, message)

    def _call(self, message: OutboxMessage) -> Call:
        policy = self._policy
        to = message.address.reveal()
        values = {
            "to": to,
            "to_digits": to.removeprefix("+"),
            "text": message.body.reveal(),
            "token": policy.token.reveal(),
            "idempotency_key": message.idempotency_key,
        }
        headers = {name: _filled(value, values) for name, value in policy.headers.items()}
        headers |= {"Content-Type": _TYPES[policy.format], policy.idempotency_header: message.idempotency_key}
        body = _form(policy.body, values) if policy.format == "form" else _json(policy.body, values)
        return Call(policy.method, policy.url, headers, Secret(body), _TOTAL_TIME)

    def _judge(self, answer: Answer, message: OutboxMessage) -> Delivery:
        status = answer.status
        if status in self._policy.success:
            return Delivered(self._reference(answer, message))
        if status in (408, 425, 429) or status >= 500:
            return Deferred(f"status_{status}", _retry_after(answer.headers))
        return Rejected(f"status_{status}")

    def _reference(self, answer: Answer, message: OutboxMessage) -> str:
        """The provider's name for the message; dropped when it is not plain, or holds the number (a careless provider echoes it)."""
        try:
            found = json.loads(answer.body)
            reference = str(found[self._policy.reference])
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        number = message.address.reveal().removeprefix("+")
        secrets = [number[-7:], message.code.reveal() if message.code else number]
        plain = _REFERENCE.fullmatch(reference) and not any(secret in reference for secret in secrets)
        return reference if plain else ""


def _filled(template: str, values: Mapping[str, str]) -> str:
    """One pass: what a value brings in is not looked at again."""
    return _PLACEHOLDER.sub(lambda name: values[name[1]], template)


def _json(template: str, values: Mapping[str, str]) -> str:
    """The template is read as JSON first and filled string by string, so no text can break out of its string."""
    return json.dumps(_filled_in(json.loads(template), values))


def _filled_in(part: Any, values: Mapping[str, str]) -> Any:
    if isinstance(part, str):
        return _filled(part, values)
    if isinstance(part, list):
        return [_filled_in(item, values) for item in part]
    if isinstance(part, dict):
        return {name: _filled_in(item, values) for name, item in part.items()}
    return part


def _form(template: str, values: Mapping[str, str]) -> str:
    pairs = parse_qsl(template, keep_blank_values=True, strict_parsing=True)
    return urlencode([(name, _filled(value, values)) for name, value in pairs])


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds (RFC 9110 §10.2.3); a date is left to the ordinary waits, for the peer's clock may be wrong."""
    text = headers.get("retry-after", "")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return timedelta(seconds=min(int(text), _LONGEST_RETRY_AFTER))
