"""Whether the database is the newest one that there was, by the word of heads outside it (R9).

its heads reach the last exported one ──▶ open
older than that, or just put back ──▶ closed ──`sekisho restore accept`──▶ open, in the next epoch
other heads of the same numbers ──▶ closed: it is no older copy, and cannot be accepted
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sekisho.domain.audit.head import Head
from sekisho.flows.audit_report import Unreadable
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.errors import SekishoError, invalid

__all__ = ["Closed", "closed_because", "heads_after"]

_ACCEPT = "run `sekisho restore accept --reason TEXT`"


@dataclass(frozen=True, slots=True)
class Closed:
    """why: for the operator. older: the copy can be accepted, and every node must know that it waits for that."""

    why: str
    older: bool


def closed_because(exported: Head | None, tx: Transaction) -> Closed | None:
    """None when the house may be open. exported: the newest head outside the database; None when there is none."""
    if tx.upkeep.restored() is not None:
        return Closed(f"an older copy of the database was put back and is not accepted yet; {_ACCEPT}", True)
    if exported is None:
        return None
    own = tx.audit.last_head()
    if own is None or own.number < exported.number or tx.audit.epoch() < exported.epoch:
        return Closed(f"the database is older than its last exported head, number {exported.number}; {_ACCEPT}", True)
    if exported not in tx.audit.heads(exported.number, 1):
        return Closed(f"exported head {exported.number} is not this database's; see docs/troubleshooting.md", False)
    return None


def heads_after(own: Head | None, exported: Iterable[Head | Unreadable], authentic: Callable[[Head], bool], lost: bool) -> list[Head]:
    """The exported heads that this copy does not have, by number and without a gap.

    lost: the operator says that heads are lost, so gaps and missing ones are borne. SekishoError INVALID for a forged or unreadable
    head, for heads of another database, and, unless `lost`, when they do not reach from this copy's last head onwards.
    """
    number = 0 if own is None else own.number
    found: dict[int, Head] = {} if own is None else {own.number: own}
    reaches = False
    for head in exported:
        if isinstance(head, Unreadable):
            raise _refused(f"line {head.line} is no head: {head.why}")
        if head.number < number:
            continue
        if not authentic(head):
            raise _refused(f"the signature of head {head.number} does not hold for the audit key of the settings")
        if found.setdefault(head.number, head) != head:
            raise _refused(f"head {head.number} stands there in two versions, or is not this database's: it is no older copy of that one")
        reaches = True
    later = [found[each] for each in sorted(found) if each > number]
    if not lost and not reaches:
        raise _refused(f"there is no head from number {max(number, 1)} on; name the newest file with --heads")
    if not lost and [head.number for head in later] != list(range(number + 1, number + 1 + len(later))):
        raise _refused(f"heads between {number} and {later[-1].number} are missing; name every file of heads since with --heads")
    return later


def _refused(why: str) -> SekishoError:
    return invalid("The exported heads cannot be relied on.", why)
