"""Lines as people write them become entries: what is safe to mend is mended with a word, anything else is refused with its line.

203.0.113.0/24   Office in Tokyo
198.51.100.7     Home, until 2027-03-31
2001:db8:12::/48 Data centre, from 2026-12-01 until 2026-12-31
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from ipaddress import AddressValueError, IPv6Network, NetmaskValueError, ip_address, ip_network
from itertools import islice
from zoneinfo import ZoneInfo

from sekisho.domain.ip_restrictions.entries import Entries, Entry
from sekisho.kernel.addresses import Network, unmapped

__all__ = ["LineNote", "Reading", "read_entries", "written_entries"]

WIDEST = {4: 8, 6: 16}  # bits of prefix; wider networks hold whole countries and protect nobody
_LONGEST_LABEL = 60
_LONGEST_LINE = 200
_LAYERS = 16  # entries of one list that hold the same addresses: so a check of many windows stays one of few
_WINDOW = re.compile(r"\b(from|until)\s+(\d{4}-\d{2}-\d{2})\s*$", re.IGNORECASE)
_DAY = timedelta(days=1)


def N_(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


@dataclass(frozen=True, slots=True)
class LineNote:
    """What was mended or refused. line: from 1; 0 for the whole. text: a catalogue string with the named `values`."""

    line: int
    text: str
    values: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """entries: in the order of the lines. problems: with any of them nothing may be taken over."""

    entries: Entries
    mended: tuple[LineNote, ...]
    problems: tuple[LineNote, ...]


class _Unreadable(Exception):
    """text: a catalogue string."""

    def __init__(self, text: str, **values: str | int) -> None:
        super().__init__(text)
        self.text, self.values = text, values


def read_entries(text: str, zone: ZoneInfo, largest: int, now: datetime) -> Reading:
    """One entry a line: network or address, then a label, then `from` and `until` with days of `zone`, both inclusive.

    Empty lines and lines that begin with # are passed over. Never raises.
    """
    kept: dict[Entry, int] = {}
    mended: list[LineNote] = []
    problems: list[LineNote] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip()[0] in "#＃":
            continue
        try:
            entry, notes = _entry(_checked_line(line), zone, now)
        except _Unreadable as fault:
            problems.append(LineNote(number, fault.text, fault.values))
            continue
        mended += [LineNote(number, note.text, note.values) for note in notes]
        kept.setdefault(entry, number)
    if len(kept) > largest:
        problems.append(LineNote(0, N_("A list has at most %(largest)s networks."), {"largest": largest}))
        return Reading(Entries(), tuple(mended), tuple(problems))
    if (crowded := _crowded(kept)) is not None:
        return Reading(Entries(), tuple(mended), (*problems, crowded))
    entries, covered = _without_covered(kept)
    return Reading(entries, tuple(mended + covered), tuple(problems))


def written_entries(entries: Entries, zone: ZoneInfo) -> str:
    """The lines from which `read_entries` makes these entries again."""
    return "\n".join(_line(entry, zone) for entry in entries)


def _line(entry: Entry, zone: ZoneInfo) -> str:
    network = entry.network.network_address if entry.network.num_addresses == 1 else entry.network
    since = f"from {entry.since.astimezone(zone).date()}" if entry.since else ""
    until = f"until {(entry.until - _DAY).astimezone(zone).date()}" if entry.until else ""
    return " ".join(part for part in (str(network), entry.label, since, until) if part)


def _checked_line(line: str) -> str:
    """As it is read. A long line is refused before anything slower than its length looks at it."""
    written = unicodedata.normalize("NFKC", line).strip() if len(line) <= _LONGEST_LINE else line
    if len(written) > _LONGEST_LINE:
        raise _Unreadable(N_("A line has at most %(most)s characters."), most=_LONGEST_LINE)
    return written


def _entry(written: str, zone: ZoneInfo, now: datetime) -> tuple[Entry, list[LineNote]]:
    rest, days = _window(written)
    word, _, label = rest.partition(" ")
    network, notes = _network(word.rstrip(",;"))
    since, until = (_midnight(days.get("from"), zone), _midnight(days.get("until"), zone))
    until = None if until is None else _midnight(days["until"] + _DAY, zone)
    if until is not None and (until <= now or (since is not None and until <= since)):
        raise _Unreadable(N_("The days are past, or end before they begin."))
    return Entry(network, _label(label), since, until), notes


def _window(written: str) -> tuple[str, dict[str, date]]:
    days: dict[str, date] = {}
    while match := _WINDOW.search(written):
        word = match.group(1).lower()
        try:
            day = date.fromisoformat(match.group(2))
        except ValueError:
            raise _Unreadable(N_("There is no such day: %(day)s."), day=match.group(2)) from None
        if word in days or not 2020 <= day.year <= 2100:
            raise _Unreadable(N_("Write each of from and until once, as 2027-01-31."))
        days[word] = day
        written = written[: match.start()].rstrip(", \t")
    return written, days


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(0), tzinfo=zone)


def _label(text: str) -> str:
    label = text.strip(" \t,;")
    if len(label) > _LONGEST_LABEL or any(unicodedata.category(letter)[0] == "C" for letter in label):
        raise _Unreadable(N_("A label has at most %(most)s printable characters."), most=_LONGEST_LABEL)
    return label


def _network(word: str) -> tuple[Network, list[LineNote]]:
    address, slash, prefix = word.partition("/")
    if "%" in address:
        raise _Unreadable(N_("Leave out the zone (the part after the percent sign)."))
    if slash and not re.fullmatch(r"\d{1,3}", prefix):
        raise _Unreadable(N_("Write the length of the prefix as a number, such as /24."))
    try:
        network: Network = ip_network(word, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        raise _Unreadable(N_("This is no IP address or network: %(word)s"), word=word[:50]) from None
    notes = []
    read = unmapped(network)
    if network.network_address != ip_address(address) and read is network:
        notes.append(LineNote(0, N_("Read as the network %(network)s."), {"network": str(network)}))
    if read is not network:
        notes.append(LineNote(0, N_("Read as the IPv4 network %(network)s."), {"network": str(read)}))
    _check_sane(read)
    return read, notes


def _check_sane(network: Network) -> None:
    if network.prefixlen == 0:
        raise _Unreadable(N_("This allows every address. To allow every address, empty the list."))
    if network.prefixlen < WIDEST[network.version]:
        raise _Unreadable(N_("This network is too wide: at least /%(widest)s."), widest=WIDEST[network.version])
    if network.is_multicast or network.is_unspecified or network.is_reserved or _is_mapped_space(network):
        raise _Unreadable(N_("Nobody can come from this network: %(network)s"), network=str(network))


def _is_mapped_space(network: Network) -> bool:
    return isinstance(network, IPv6Network) and network.overlaps(IPv6Network("::ffff:0:0/96"))


def _crowded(kept: dict[Entry, int]) -> LineNote | None:
    """The first entry whose addresses too many hold, as by windows without end; the list is then compared with nothing."""
    whole = Entries(tuple(kept))
    for entry, line in kept.items():
        if sum(1 for _ in islice(whole.around(entry.network), _LAYERS + 1)) > _LAYERS:
            values: dict[str, str | int] = {"most": _LAYERS, "network": str(entry.network)}
            return LineNote(line, N_("At most %(most)s lines may hold the same addresses: %(network)s"), values)
    return None


def _without_covered(kept: dict[Entry, int]) -> tuple[Entries, list[LineNote]]:
    """Entries that a wider one holds anyway are left out, with a word."""
    whole = Entries(tuple(kept))
    stay, notes = [], []
    for entry, line in kept.items():
        near = (one for one in whole.around(entry.network) if one is not entry and one.covers(entry))
        wider = next((one for one in near if _before(one, entry, kept)), None)
        if wider is None:
            stay.append(entry)
        else:
            values: dict[str, str | int] = {"network": str(entry.network), "wider": str(wider.network)}
            notes.append(LineNote(line, N_("%(network)s is left out: %(wider)s holds it already."), values))
    return Entries(tuple(stay)), notes


def _before(wider: Entry, entry: Entry, kept: dict[Entry, int]) -> bool:
    """Of two that cover each other, the one written first stays."""
    return not entry.covers(wider) or kept[wider] < kept[entry]
