"""The networks of a list, and quick answers about them: whether an address is in, what two lists have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network

from sekisho.kernel.addresses import Address, Network

__all__ = ["Entries", "Entry"]

_BITS = {4: 32, 6: 128}
_NETWORK: dict[int, type[IPv4Network] | type[IPv6Network]] = {4: IPv4Network, 6: IPv6Network}


@dataclass(frozen=True, slots=True)
class Entry:
    """A network, allowed from `since` to before `until` where these are set. label: the customer's own words."""

    network: Network
    label: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)

    def covers(self, other: Entry) -> bool:
        """Whether every address of the other is allowed here, all the time that it is there."""
        return _contains(self.network, other.network) and self._spans(other)

    def shared(self, other: Entry) -> Entry | None:
        """What both allow: two networks are apart, or one lies in the other. The label is that of the narrower."""
        if _contains(self.network, other.network):
            inner = other
        elif _contains(other.network, self.network):
            inner = self
        else:
            return None
        since = max((at for at in (self.since, other.since) if at is not None), default=None)
        until = min((at for at in (self.until, other.until) if at is not None), default=None)
        if since is not None and until is not None and since >= until:
            return None
        return Entry(inner.network, inner.label, since, until)

    def _spans(self, other: Entry) -> bool:
        begins = self.since is None or (other.since is not None and self.since <= other.since)
        ends = self.until is None or (other.until is not None and other.until <= self.until)
        return begins and ends


@dataclass(frozen=True)
class Entries:
    """Compared by what they hold; the tables for quick answers are made when first asked for, and then shared."""

    items: tuple[Entry, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.items)

    def admits(self, address: Address, now: datetime) -> bool:
        """Costs one look-up for each length of prefix in the list, however long the list is."""
        value = int(address)
        for shift, table in self._tables[address.version]:
            for entry in table.get(value >> shift, ()):
                if entry.holds(now):
                    return True
        return False

    def cover(self, other: Entries) -> bool:
        """Whether nothing is allowed there that is not allowed here."""
        return self._cover_each(other) or self._joined._cover_each(other)

    def _cover_each(self, other: Entries) -> bool:
        """Whether each lies in one of these as they are written."""
        return all(any(one.covers(entry) for one in self.around(entry.network)) for entry in other)

    def shared(self, other: Entries) -> Entries:
        """What both allow."""
        found: dict[Entry, None] = {}
        for entry in other:
            for near in (*self.around(entry.network), *self._inside(entry.network)):
                both = near.shared(entry)
                if both is not None:
                    found[both] = None
        return Entries(tuple(found))

    @cached_property
    def _joined(self) -> Entries:
        """Neighbours of one window as one network: 192.0.2.0/25 and 192.0.2.128/25 cover 192.0.2.0/24."""
        windows: dict[tuple[datetime | None, datetime | None], list[Network]] = defaultdict(list)
        for entry in self.items:
            windows[entry.since, entry.until].append(entry.network)
        return Entries(tuple(Entry(net, "", *window) for window, nets in windows.items() for net in _collapsed(nets)))

    @cached_property
    def _tables(self) -> dict[int, list[tuple[int, dict[int, tuple[Entry, ...]]]]]:
        """By version: for each length of prefix the entries under their leading bits."""
        tables: dict[tuple[int, int], dict[int, tuple[Entry, ...]]] = defaultdict(dict)
        for entry in self.items:
            shift = entry.network.max_prefixlen - entry.network.prefixlen
            table = tables[entry.network.version, shift]
            lead = int(entry.network.network_address) >> shift
            table[lead] = (*table.get(lead, ()), entry)
        by_version: dict[int, list[tuple[int, dict[int, tuple[Entry, ...]]]]] = {4: [], 6: []}
        for (version, shift), table in sorted(tables.items(), reverse=True):
            by_version[version].append((shift, table))
        return by_version

    def around(self, network: Network) -> Iterator[Entry]:
        """Entries whose network holds that one."""
        value, own = int(network.network_address), network.max_prefixlen - network.prefixlen
        for shift, table in self._tables[network.version]:
            if shift >= own:
                yield from table.get(value >> shift, ())

    def _inside(self, network: Network) -> Iterator[Entry]:
        """Entries whose network lies in that one and is smaller."""
        own, lead = network.max_prefixlen - network.prefixlen, int(network.network_address)
        for shift, table in self._tables[network.version]:
            if shift >= own:
                continue
            first, last = lead >> shift, (lead >> shift) + (1 << (own - shift)) - 1
            for held in range(first, last + 1) if last - first < len(table) else table:
                if first <= held <= last:
                    yield from table.get(held, ())


def _contains(outer: Network, inner: Network) -> bool:
    if outer.version != inner.version or outer.prefixlen > inner.prefixlen:
        return False
    shift = outer.max_prefixlen - outer.prefixlen
    return int(outer.network_address) >> shift == int(inner.network_address) >> shift


def _collapsed(networks: Iterable[Network]) -> Iterator[Network]:
    """Neighbours as one, as often as they have a neighbour again; what lies in another one is left out.

    As `ipaddress.collapse_addresses`, in a tenth of its time: whoever saves a long list holds the database's write lock meanwhile.
    """
    nets: dict[tuple[int, int, int], Network] = {(net.version, int(net.network_address), net.prefixlen): net for net in networks}
    joined: list[tuple[int, int, int]] = []
    for version, value, prefix in sorted(nets):
        bits = _BITS[version]
        if joined and joined[-1][0] == version and (value ^ joined[-1][1]) >> (bits - joined[-1][2]) == 0:
            continue
        joined.append((version, value, prefix))
        while len(joined) > 1 and joined[-2] == (version, value ^ 1 << (bits - prefix), prefix) and value & 1 << (bits - prefix):
            del joined[-1]
            value, prefix = joined[-1][1], prefix - 1
            joined[-1] = (version, value, prefix)
    for version, value, prefix in joined:
        yield nets.get((version, value, prefix)) or _NETWORK[version]((value, prefix))
