"""A key of the broker's systems: `sek_` + 8 letters that name it + 32 secret ones (160 bits) + 6 of a checksum (R15).

The checksum lets a scanner of secrets know a key where it lies, and turns a mistyped one away before anything is looked up.
"""

from __future__ import annotations

import re
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_network

from sekisho.domain.broker_access.policy import BrokerAccessPolicy
from sekisho.kernel.addresses import Address, Network
from sekisho.kernel.decision import Allowed, Decision, Reason, Refused
from sekisho.kernel.errors import invalid
from sekisho.kernel.secrets import Secret

__all__ = ["BrokerKey", "KeyText", "Scope", "checked_client", "checked_key", "new_key_text", "read_key_text"]

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_MARK = "sek_"
_PREFIX, _SECRET, _SUM = 8, 32, 6
_FORM = re.compile(rf"{_MARK}[{_LETTERS}]{{{_PREFIX + _SECRET + _SUM}}}")
_CLIENT = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,30}[a-z0-9])")
_LONGEST_LIST = 64


class Scope(StrEnum):
    """What a key opens. A new one has none."""

    ACCOUNTS = "accounts"
    TRADERS = "traders"
    EVENTS = "events"
    INSTRUCTIONS = "instructions"  # needs a list of networks (R15)


@dataclass(frozen=True, slots=True)
class KeyText:
    """A key as its holder sends it. prefix: `sek_…`, which names it in lists and logs; it opens nothing."""

    prefix: str
    whole: Secret


@dataclass(frozen=True, slots=True)
class BrokerKey:
    """client: the system that holds it, such as `order-desk`; a rotated key keeps the name. networks: empty for anywhere.

    secret_hash: keyed. hashed: when, so that a retired master key takes it along (R9). expires: never more than 90 days away (R15).
    """

    id: str
    client: str
    prefix: str
    secret_hash: str
    hashed: datetime
    scopes: frozenset[Scope]
    networks: tuple[Network, ...]
    made: datetime
    made_by: str
    expires: datetime
    last_used: datetime | None = None
    revoked: datetime | None = None

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return f"key:{self.client}"

    def live(self, now: datetime) -> bool:
        return self.revoked is None and now < self.expires

    def admits(self, address: Address | None, now: datetime) -> Decision:
        """Whether it opens anything now, from there."""
        if self.revoked is not None:
            return Refused(Reason.KEY_REVOKED)
        if now >= self.expires:
            return Refused(Reason.KEY_EXPIRED)
        if not self.networks:
            return Allowed()
        if address is None:
            return Refused(Reason.ADDRESS_UNKNOWN)
        listed = any(address in network for network in self.networks if network.version == address.version)
        return Allowed() if listed else Refused(Reason.ADDRESS_REFUSED)

    def opens(self, scope: Scope) -> Decision:
        return Allowed() if scope in self.scopes else Refused(Reason.SCOPE_MISSING)


def new_key_text() -> KeyText:
    prefix, secret = (_random(count) for count in (_PREFIX, _SECRET))
    return KeyText(_MARK + prefix, Secret(_MARK + prefix + secret + _sum_of(prefix + secret)))


def read_key_text(text: str) -> KeyText | None:
    """None for whatever has not the form of a key, or not its checksum."""
    if not _FORM.fullmatch(text):
        return None
    body, told = text[len(_MARK) : -_SUM], text[-_SUM:]
    return KeyText(_MARK + body[:_PREFIX], Secret(text)) if _sum_of(body) == told else None


def checked_client(name: str) -> str:
    """Raises INVALID unless it is a plain name."""
    if not _CLIENT.fullmatch(name):
        raise invalid("A key is named after the system that holds it: 2 to 32 of a-z, 0-9, dot and hyphen.", "name")
    return name


def checked_key(scopes: frozenset[Scope], networks: tuple[str, ...], life: timedelta, policy: BrokerAccessPolicy) -> tuple[Network, ...]:
    """The networks. Raises INVALID for one that cannot be read, for `instructions` without a list, and for a life that is too long."""
    if not timedelta(days=1) <= life <= policy.key_life:
        raise invalid("A key lives one day at least, and at most as long as broker_access.key_life.", "days")
    if Scope.INSTRUCTIONS in scopes and not networks:
        raise invalid("A key that opens instructions needs a list of the networks it comes from.", "ip")
    if len(networks) > _LONGEST_LIST:
        raise invalid("The list of networks is too long.", "ip")
    return tuple(sorted({_network(text) for text in networks}, key=lambda one: (one.version, one)))


def _network(text: str) -> Network:
    try:
        found = ip_network(text.strip())
    except ValueError:
        raise invalid("Write a network like 203.0.113.0/24 or 2001:db8::/48, or one address.", text[:60]) from None
    if found.prefixlen < (8 if found.version == 4 else 16):
        raise invalid("That network is too wide: it would let almost anybody in.", text[:60])
    return found


def _random(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def _sum_of(body: str) -> str:
    value = zlib.crc32(body.encode()) & (1 << 5 * _SUM) - 1
    return "".join(_LETTERS[value >> shift & 31] for shift in range(5 * (_SUM - 1), -1, -5))
