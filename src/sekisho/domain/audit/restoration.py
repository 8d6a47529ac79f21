"""How the chain goes on when an older copy of the database was put back (R9).

    kept by the copy      lost with the newer database        goes on
    1 … 100               101 … 200 (heads witness them)      201: restore.accepted, of the next epoch

The entry that says so takes the position after the last exported head and is linked to that head's link, so that no position is ever
given twice and the lost part stays bound into the chain; its facts name the end of what was kept, link and all.
"""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.domain.audit.canonical import parse
from sekisho.domain.audit.chain import ChainPoint
from sekisho.domain.audit.entry import AuditEntry
from sekisho.kernel.events import EventKind, Fact

__all__ = ["Loss", "loss_told_by"]


@dataclass(frozen=True, slots=True)
class Loss:
    """kept: where the copy's chain ends. through: the end of the lost part, by the last exported head; `kept` itself when nothing that a
    head covers was lost. epoch: the one that begins. why: the operator's reason.
    """

    kept: ChainPoint
    through: ChainPoint
    epoch: int
    why: str

    def facts(self) -> dict[str, Fact]:
        return {
            "kept": self.kept.position,
            "kept_link": self.kept.link,
            "through": self.through.position,
            "through_link": self.through.link,
            "epoch": self.epoch,
            "why": self.why,
        }

    @property
    def entries(self) -> int:
        """How many entries heads had covered that are gone."""
        return self.through.position - self.kept.position


def loss_told_by(entry: AuditEntry) -> Loss | None:
    """The loss that a `restore.accepted` entry tells; None for any other entry, and for one that tells none that can be."""
    if entry.kind != EventKind.RESTORE_ACCEPTED:
        return None
    try:
        facts = parse(entry.facts)
    except ValueError:
        return None
    match facts:
        case {
            "kept": int(kept),
            "kept_link": str(kept_link),
            "through": int(through),
            "through_link": str(through_link),
            "epoch": int(epoch),
            "why": str(why),
        } if 0 <= kept <= through:
            return Loss(ChainPoint(kept, kept_link), ChainPoint(through, through_link), epoch, why)
    return None
