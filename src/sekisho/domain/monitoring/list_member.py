"""What may stand in a list of rules, in the very form in which events carry it; else it would stand there and never be found."""

from __future__ import annotations

import ipaddress
import re

from sekisho.domain.monitoring.spelling import one_spelling
from sekisho.kernel.addresses import Address, parse_address, unmapped
from sekisho.kernel.errors import invalid

__all__ = ["checked_member"]

_ASN = re.compile(r"(?:AS)?(\d{1,10})", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST = 200


def checked_member(field: str, text: str) -> str:
    """field: that of the list's declaration. A network is a /24 or /48, or an address in it. Raises INVALID that says what is wanted."""
    member = one_spelling(text)
    if not 0 < len(member) <= _LONGEST or not member.isprintable() or _CONTROL.search(text.strip()):
        raise invalid("A member of a list has 1 to 200 printable characters.")
    match field:
        case "network":
            return _network(member)
        case "address":
            return str(_address(member))
        case "asn":
            return _system(member)
        case "country":
            return _country(member)
        case _:
            return member


def _network(member: str) -> str:
    try:
        named = unmapped(ipaddress.ip_network(member, strict=True))
    except ValueError:
        raise invalid("Write a network like 203.0.113.0/24 or 2001:db8:7::/48, or one address in it.", member) from None
    wanted = 24 if named.version == 4 else 48
    if named.prefixlen == named.max_prefixlen:
        return str(named.supernet(new_prefix=wanted))
    if named.prefixlen != wanted:
        raise invalid("Events carry networks of /24, or /48 in IPv6: name each of those.", member)
    return str(named)


def _address(member: str) -> Address:
    address = parse_address(member)
    if address is None:
        raise invalid("Write one address, such as 203.0.113.7.", member)
    return address


def _system(member: str) -> str:
    found = _ASN.fullmatch(member)
    if found is None:
        raise invalid("Write an autonomous system like AS2516.", member)
    return f"AS{int(found.group(1))}"


def _country(member: str) -> str:
    if not _COUNTRY.fullmatch(member):
        raise invalid("Write a country as two letters, such as JP.", member)
    return member.upper()
