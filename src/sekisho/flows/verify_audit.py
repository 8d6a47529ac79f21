"""Is this the log that was written? Checked with the public key and the exported heads alone, on any machine (R8).

One pass in constant memory over the rows by position and the heads by number. Found are: an altered field (named by id and position), a
missing, inserted, moved or swapped entry, a tail that was cut off, a log that was rewritten and signed again with a stolen key (it differs
from an exported head), a forged or missing head, and a purge that no head covers. Entries that a restore lost are no fault but told, where
the entry that accepted it stands under a head of its epoch (R9). Entries newer than the last head are counted, since nothing outside the
database witnesses them yet. What none can find: a change to such an uncovered entry by one who holds the audit key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from sekisho.domain.audit.canonical import parse
from sekisho.domain.audit.chain import ORIGIN, ChainPoint, SealedEntry, link_after, purged_through
from sekisho.domain.audit.entry import AuditEntry, genuine, intact
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.restoration import Loss, loss_told_by
from sekisho.flows.audit_report import Fault, Finding, Report, Restore, Unreadable
from sekisho.kernel.events import EventKind

__all__ = ["Fault", "Finding", "Report", "Restore", "Unreadable", "verify_log"]

_LONGEST_WAIT = timedelta(hours=1) // timedelta(milliseconds=1)


def verify_log(
    start: ChainPoint,
    rows: Iterable[SealedEntry | AuditEntry | Unreadable],
    heads: Iterable[Head | Unreadable],
    authentic: Callable[[Head], bool],
    mac: Callable[[bytes], bytes] | None = None,
) -> Report:
    """Check a log that starts after `start`.

    rows: sealed ones by position, then unsealed ones. heads: by number, as exported. authentic: whether a head's signature holds.
    mac: only where the audit key is at hand; without it a forged MAC still breaks the chain, unless the sealer itself was deceived.
    """
    report = Report(start, start)
    chain = _Chain(report, mac)
    witness = _Witness(report, heads, authentic)
    if start.position == 0 and start != ORIGIN:
        report.add(Finding(Fault.BROKEN_LINK, "the chain does not start at its origin", 0))
    witness.compare(start)
    waiting: list[AuditEntry] = []
    for row in rows:
        if isinstance(row, SealedEntry):
            if loss := chain.loss_before(row):
                witness.compare(loss.through)
            if chain.take(row):
                witness.compare(row.point)
        elif isinstance(row, AuditEntry):
            chain.check(row, None)
            waiting.append(row)
        else:
            chain.skip(row)
    witness.finish(report.end)
    _judge_waiting(waiting, report)
    _judge_purge(chain.purge_announced, report)
    _judge_restores(report)
    covered = report.last_head.position if report.last_head else start.position
    report.uncovered = max(0, report.end.position - max(covered, start.position)) + report.unsealed
    return report


def _judge_waiting(waiting: list[AuditEntry], report: Report) -> None:
    """An entry that was still unsealed an hour before the last head was refused by the sealer: forged, or unsealed afterwards."""
    report.unsealed = len(waiting)
    for entry in waiting:
        if report.last_head and entry.at_ms < report.last_head.at_ms - _LONGEST_WAIT:
            report.add(Finding(Fault.LEFT_UNSEALED, "it never got a position, though a later head was signed", None, entry.id))


def _judge_purge(announced: int | None, report: Report) -> None:
    """A log that starts later than position 1 needs the entry that says so, and a head over that entry."""
    first = report.start.position + 1
    if first == 1:
        return
    if announced is None:
        report.add(Finding(Fault.PURGE_UNPROVEN, f"the log starts at position {first}, and no entry says that it was purged", first))
    elif report.last_head and announced > report.last_head.position:
        report.add(Finding(Fault.PURGE_UNPROVEN, "no head covers the entry that says the log was purged", announced))


def _judge_restores(report: Report) -> None:
    """A restore begins an epoch that the heads after it bear: else anybody with the database could pass a cut off as one."""
    for restore in report.restores:
        head = report.last_head
        if head is None or head.position < restore.position or head.epoch < restore.epoch:
            detail = f"the entry says that a restore began epoch {restore.epoch}, and no head of that epoch covers it"
            report.add(Finding(Fault.RESTORE_UNPROVEN, detail, restore.position, restore.entry))


class _Chain:
    """Walks the entries. After a fault it goes on from what is stored, so that one fault is one finding."""

    def __init__(self, report: Report, mac: Callable[[bytes], bytes] | None) -> None:
        self._report = report
        self._mac = mac
        self._expected = report.start.position + 1
        self._links: tuple[str, ...] = (report.start.link,)  # what the link before may be; empty: unknown
        self.purge_announced: int | None = None

    def loss_before(self, row: SealedEntry) -> Loss | None:
        """Go over positions that a restore lost, when this very entry tells it and what it keeps is what stands here."""
        loss, last = loss_told_by(row.entry), self._expected - 1
        if loss is None or (loss.kept.position, loss.through.position) != (last, row.position - 1) or loss.kept.link not in self._links:
            return None
        entry = row.entry
        self._report.restores.append(
            Restore(row.position, entry.id, entry.at_ms, entry.actor, loss.why, loss.epoch, last + 1, loss.through.position)
        )
        self._expected, self._links = row.position, (loss.through.link,)
        return loss

    def take(self, row: SealedEntry) -> bool:
        """Check one sealed entry; False when it stands where it cannot."""
        entry, position = row.entry, row.position
        if position < self._expected:
            self._report.add(Finding(Fault.OUT_OF_ORDER, f"position {self._expected} was expected here", position, entry.id))
            return False
        if position > self._expected:
            detail = f"{_span(self._expected, position - 1)} not there; entry {entry.id} follows"
            self._report.add(Finding(Fault.MISSING, detail, self._expected))
            self._links = ()
        self.check(entry, position)
        computed = [link_after(link, position, entry) for link in self._links]
        if computed and row.link not in computed:
            self._report.add(Finding(Fault.BROKEN_LINK, "it does not follow from the entry before it", position, entry.id))
            self._links = (row.link, computed[0])
        else:
            self._links = (row.link,)
        self._advance(row)
        return True

    def check(self, entry: AuditEntry, position: int | None) -> None:
        """What can be said of an entry by itself."""
        if not intact(entry):
            self._report.add(Finding(Fault.ALTERED, "its fields differ from what was written", position, entry.id))
        elif self._mac is not None and not genuine(entry, self._mac):
            self._report.add(Finding(Fault.WRONG_MAC, "it was not made with the audit key", position, entry.id))

    def skip(self, row: Unreadable) -> None:
        """A line that is no entry takes one position, its link unknown."""
        self._report.add(Finding(Fault.UNREADABLE, f"line {row.line} of the export: {row.why}", self._expected))
        self._expected += 1
        self._links = ()

    def _advance(self, row: SealedEntry) -> None:
        self._expected = row.position + 1
        self._report.end = row.point
        self._report.entries += 1
        self._report.erased += row.entry.erased
        if row.entry.kind == EventKind.AUDIT_PURGED and _announces(row.entry, self._report.start):
            self.purge_announced = row.position


class _Witness:
    """Walks the heads beside the entries."""

    def __init__(self, report: Report, heads: Iterable[Head | Unreadable], authentic: Callable[[Head], bool]) -> None:
        self._report = report
        self._heads = self._sound(heads, authentic)
        self._next = next(self._heads, None)
        self._matched = report.start.position

    def compare(self, point: ChainPoint) -> None:
        """Every head at this position must name this link."""
        while self._next is not None and self._next.position <= point.position:
            head = self._next
            if head.position == point.position and head.link == point.link:
                self._matched = point.position
            elif head.position == point.position:
                where = _span(min(self._matched + 1, point.position), point.position)
                self._differs(head, f"{where} not what exported head {head.number} says: rewritten, or signed again with a stolen key")
            self._next = next(self._heads, None)

    def finish(self, end: ChainPoint) -> None:
        """Heads beyond the end of the log tell how much of it is gone."""
        self.compare(end)
        beyond = self._next
        while self._next is not None:
            beyond, self._next = self._next, next(self._heads, None)
        if beyond is not None:
            ends = f"but the log ends at {end.position}; after a restore run `sekisho restore accept`"
            detail = f"exported head {beyond.number} covers position {beyond.position}, {ends}"
            self._report.add(Finding(Fault.TAIL_CUT, detail, end.position + 1, head=beyond.number))

    def _sound(self, heads: Iterable[Head | Unreadable], authentic: Callable[[Head], bool]) -> Iterator[Head]:
        """The heads that can be relied on, each once, never going back."""
        previous, gap_known = None, False
        for head in heads:
            if isinstance(head, Unreadable):
                self._report.add(Finding(Fault.HEAD_UNREADABLE, f"line {head.line} of the heads: {head.why}"))
                gap_known = True
            elif not authentic(head):
                self._report.add(Finding(Fault.HEAD_FORGED, "its signature does not hold for this public key", head=head.number))
                gap_known = True
            elif previous is None or self._follows(previous, head, gap_known):
                previous, gap_known = head, False
                self._report.heads += 1
                self._report.last_head = head
                yield head

    def _follows(self, previous: Head, head: Head, gap_known: bool) -> bool:
        if head == previous:  # exported twice: the sink took it, and the note that it did was lost
            return False
        if head.number <= previous.number or head.position < previous.position or head.epoch < previous.epoch:
            self._differs(head, f"it goes back behind head {previous.number}: the database was rolled back, or the log forked")
            return False
        if head.number > previous.number + 1 and not gap_known:
            detail = f"{_span(previous.number + 1, head.number - 1, 'head')} missing"
            self._report.add(Finding(Fault.HEAD_MISSING, detail, head=previous.number + 1))
        return True

    def _differs(self, head: Head, detail: str) -> None:
        self._report.add(Finding(Fault.HEAD_DIFFERS, detail, head.position, head=head.number))


def _span(first: int, last: int, what: str = "position") -> str:
    return f"{what} {first} is" if first == last else f"{what}s {first} to {last} are"


def _announces(entry: AuditEntry, start: ChainPoint) -> bool:
    try:
        return purged_through(parse(entry.facts)) == start
    except ValueError:
        return False
