"""Sekisho's own events for monitoring: what the audit is told, monitoring reads, by the same commit (R14, J16-J18).

A flow appends to the audit and thinks of nothing else; what of it is monitored waits in the intake until the owner of the log takes it.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime

import msgspec

from sekisho.domain.monitoring.event import FIELDS, KINDS, OWN_KINDS, Extra, FieldType, MonitoredEvent
from sekisho.flows.ports.geodata import Geodata
from sekisho.kernel.addresses import Address, parse_address
from sekisho.kernel.events import Event
from sekisho.kernel.ids import new_id
from sekisho.kernel.times import to_ms

__all__ = ["Own", "monitored_body", "network_of", "own_event", "placed"]

_COLUMNS = {"client": "device", "session": "session", "channel": "channel"}  # fact → column
_PRIVATE = "private"  # the operator of all networks that no operator announces: an office, a carrier's inside, this machine
_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip


class Own(msgspec.Struct, frozen=True):
    """An event as it waits in the intake: all that the owner needs, before place and order are added."""

    id: str
    kind: str
    time: int
    trader: str | None = None
    account: str | None = None
    address: str | None = None
    columns: dict[str, str] = {}
    extra: dict[str, Extra] = {}


def monitored_body(event: Event, now: datetime) -> tuple[str, str] | None:
    """Id and body for the intake of what the audit is told; None where monitoring does not read that kind, or cannot tell whose it was."""
    kind = event.kind.value
    if kind not in OWN_KINDS:
        return None
    shape = KINDS[kind]
    columns = {column: str(event.facts[fact]) for fact, column in _COLUMNS.items() if event.facts.get(fact)}
    told = {**event.facts, "reason": event.reason}
    extra = {name: fact for name, wanted in shape.extra.items() if (fact := _typed(told.get(name), wanted)) is not None}
    address = event.personal.get("address")
    own = Own(
        id=new_id("evt", now),
        kind=kind,
        time=to_ms(now),
        trader=event.trader,
        account=event.account,
        address=str(address) if address else None,
        columns=columns,
        extra=extra,
    )
    there = {"trader": own.trader, "account": own.account, **columns, **own.extra}
    if any(need in FIELDS and there.get(need) is None for need in shape.needs & _OF_PEOPLE):
        return None
    return own.id, msgspec.json.encode(own).decode()


_OF_PEOPLE = frozenset({"trader", "account", "device", "session"})


def _typed(fact: object, wanted: FieldType) -> Extra | None:
    """The fact where it is of the type that the kind declares; a word of an enumeration is a text."""
    if wanted is FieldType.TEXT:
        return str(fact) if isinstance(fact, str) else None
    if wanted is FieldType.BOOLEAN:
        return fact if isinstance(fact, bool) else None
    return fact if isinstance(fact, int) and not isinstance(fact, bool) else None


def own_event(body: str, geodata: Geodata) -> tuple[MonitoredEvent, str]:
    """The event of an intake's body, with its place, and the hash of what was written."""
    own = msgspec.json.decode(body, type=Own)
    event = MonitoredEvent(
        id=own.id,
        kind=own.kind,
        own_time=own.time,
        trader=own.trader,
        account=own.account,
        device=own.columns.get("device"),
        session=own.columns.get("session"),
        channel=own.columns.get("channel"),
        address=own.address,
        extra=own.extra or None,
    )
    return placed(event, geodata), hashlib.sha256(body.encode()).hexdigest()


def placed(event: MonitoredEvent, geodata: Geodata) -> MonitoredEvent:
    """With its address in the normal form, and network, autonomous system and country of it, where it has one.

    Where the tables know no autonomous system the network stands for it: to come from a place that they do not know must not pass as
    coming from one that the trader always used (R14), and a firm's own line becomes habit like any other. Private networks are one: from
    floor to floor of an office, or within a VPN, nobody changes the operator.
    """
    if event.address is None:
        return event
    address = parse_address(event.address)
    if address is None:
        return event
    origin = geodata.look(address)
    network = network_of(address)
    asn = origin.network.split()[0] if origin.network.startswith("AS") else _stand_in(address)
    return msgspec.structs.replace(event, address=str(address), network=network, asn=asn, country=origin.country or None)


def _stand_in(address: Address) -> str:
    """For the operator that the tables do not know."""
    return _PRIVATE if any(address in network for network in _PRIVATE_NETWORKS) else network_of(address)


def network_of(address: Address) -> str:
    """/24 of IPv4, /48 of IPv6: what one access line or office moves within."""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 48), strict=False))
    return str(ipaddress.ip_network((address, 24), strict=False))
