"""Reads the report of a mail server that could not deliver a mail of ours (RFC 3464, RFC 3462; RFC 5321 §6.1).

Anybody can send such a report to the bounce address, so nothing in it is believed but two things: the Message-ID of the mail that came
back, whose 74 random bits only its receiver and the servers on the way know, and the status, three numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32

from sekisho.kernel.errors import Kind, SekishoError, invalid
from sekisho.kernel.ids import is_id
from sekisho.texts.catalogue import N_

__all__ = ["LARGEST", "Bounce", "read_bounce"]

LARGEST = 10 * 1024 * 1024
_MOST_BOUNDARIES = 64  # a report has three parts, and the mail in it few; more would only cost time
_MOST_DASHED_LINES = 10_000
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ID = re.compile(r"<(msg_[0-9a-z]{26})@([a-z0-9.-]{1,253})>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """message: its id, as the report has it. status: an enhanced status code such as `5.1.1`, or empty."""

    message: str
    status: str


def read_bounce(report: bytes, host: str) -> Bounce:
    """host: the part of our Message-IDs behind the @. Raises SekishoError with what is wrong; TOO_LARGE, or INVALID."""
    if len(report) > LARGEST:
        raise SekishoError(Kind.TOO_LARGE, N_("A report has at most 10 MB."))
    if report.lower().count(b"boundary") > _MOST_BOUNDARIES or report.count(b"\n--") > _MOST_DASHED_LINES:
        raise invalid(N_("This is no report that can be read."), "too many parts")
    try:
        mail = BytesParser(policy=compat32).parsebytes(report)
        parts = list(mail.walk())
    except Exception as fault:  # whatever the parser stumbles over, it is the report's fault
        raise invalid(N_("This is no report that can be read."), type(fault).__name__) from None
    if mail.get_content_type() != "multipart/report" or not any(_is_status(part) for part in parts):
        raise invalid(N_("This is no delivery status notification."), "multipart/report with a part message/delivery-status (RFC 3464)")
    failed = [block for block in _recipients(parts) if _word(block, "action") == "failed"]
    if not failed:
        raise invalid(N_("This report tells of no failure; nothing was changed."), "no field `Action: failed`")
    return Bounce(_returned(parts, host), _status_of(failed))


def _is_status(part: Message) -> bool:
    return part.get_content_type() == "message/delivery-status"


def _recipients(parts: list[Message]) -> Iterator[Message]:
    """The blocks of fields, one for each recipient; the first block is of the whole mail."""
    for part in parts:
        if _is_status(part) and isinstance(blocks := part.get_payload(), list):
            yield from (block for block in blocks[1:] if isinstance(block, Message))


def _word(block: Message, field: str) -> str:
    return str(block.get(field, "")).strip().lower()


def _status_of(failed: list[Message]) -> str:
    found = (_STATUS.match(_word(block, "status")) for block in failed)
    return next((match[0] for match in found if match), "")


def _returned(parts: list[Message], host: str) -> str:
    """The id of ours that the returned mail bears. It comes back whole, or as headers alone."""
    for part in parts:
        kind, payload = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload and isinstance(payload[0], Message):
            headers = payload[0]
        elif kind == "text/rfc822-headers" and isinstance(decoded := part.get_payload(decode=True), bytes):
            headers = BytesHeaderParser(policy=compat32).parsebytes(decoded)
        else:
            continue
        found = _ID.fullmatch(_word(headers, "message-id"))
        if found and found[2] == host and is_id(found[1], "msg"):
            return found[1]
    raise invalid(N_("The mail that came back is none of ours."), f"no Message-ID of {host} in it")
