"""An address of a trader, and its dated life: named, confirmed by a code, waiting, active, ended (R4, R10; J14, N45).

unconfirmed ──code that went there──▶ waiting ──24 h──▶ active ──another one──▶ ended
     └── 24 h, or cancelled ──▶ ended      └── cancelled, or the trader was stopped ──▶ ended
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sekisho.domain.accounts.contact_policy import ContactPolicy
from sekisho.domain.accounts.phones import masked_phone
from sekisho.kernel.errors import invalid

__all__ = ["Contact", "ContactKind", "ContactState", "checked_email", "masked_email", "spoken_address"]

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_SPEAKABLE = re.compile(r"(?!www\d*$|xn--)[a-z]+(?:-[a-z]+)?\d{0,2}")
_LONGEST_SPOKEN = 20


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class ContactState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # a code was sent there
    WAITING = "waiting"  # confirmed; takes effect at `due`
    ACTIVE = "active"
    ENDED = "ended"  # replaced or cancelled


@dataclass(frozen=True, slots=True)
class Contact:
    """value: sealed for `id`. due: when an unconfirmed one is forgotten, or a waiting one takes effect."""

    id: str
    trader: str
    kind: ContactKind
    state: ContactState
    value: str
    added: datetime
    added_by: str
    confirmed: datetime | None = None
    due: datetime | None = None
    ended: datetime | None = None

    def stands(self, now: datetime) -> bool:
        """Whether it is active, or on its way to be: an unconfirmed one is not any more once its time is over."""
        if self.state is ContactState.UNCONFIRMED:
            return self.due is not None and now < self.due
        return self.state is not ContactState.ENDED

    def confirm(self, policy: ContactPolicy, now: datetime) -> Contact:
        return replace(self, state=ContactState.WAITING, confirmed=now, due=now + policy.delay)

    def activate(self) -> Contact:
        return replace(self, state=ContactState.ACTIVE, due=None)

    def end(self, now: datetime) -> Contact:
        return replace(self, state=ContactState.ENDED, due=None, ended=now)


def checked_email(text: str) -> str:
    """`name@host.example`, the host in lower case and punycode (RFC 5321, without quoted names and address literals). Raises INVALID."""
    problem = invalid("Write the e-mail address as name@host.example.", "email", email="Write the e-mail address as name@host.example.")
    local, at, host = unicodedata.normalize("NFKC", text).strip().rpartition("@")
    try:
        host = host.lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise problem from None
    labels = host.split(".")
    if not at or not _LOCAL.fullmatch(local) or len(local) > 64 or len(local) + len(host) > 253 or len(labels) < 2:
        raise problem
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise problem
    return f"{local}@{host}"


def masked_email(email: str) -> str:
    """`h··o@example.com`: enough for the owner to recognise it."""
    local, _, host = email.rpartition("@")
    return f"{local[0]}··{local[-1] if len(local) > 2 else ''}@{host}"


def spoken_address(kind: ContactKind, address: str) -> str:
    """As a message may name it, where nothing may look like a link (J09): `h**o at example`, `+81 ** **** **42`.

    Of a host that spells a number, a link or a sentence only stars are left: whoever names the address chose it.
    """
    if kind is ContactKind.PHONE:
        return masked_phone(address).replace("·", "*")
    local, _, host = masked_email(address).rpartition("@")
    label = host.split(".")[0]
    spoken = label if len(label) <= _LONGEST_SPOKEN and _SPEAKABLE.fullmatch(label) else "***"
    return f"{local.replace('·', '*')} at {spoken}"
