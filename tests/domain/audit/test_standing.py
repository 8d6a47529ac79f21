"""What heads carry of people, and the entry that tells a restore, are read strictly (R9)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sekisho.domain.audit.canonical import canonical
from sekisho.domain.audit.chain import ChainPoint
from sekisho.domain.audit.entry import AuditEntry, write_entry
from sekisho.domain.audit.restoration import Loss, loss_told_by
from sekisho.domain.audit.standing import Standing, read_standing, standing_text
from sekisho.kernel.events import Event, EventKind

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
# Fixed, so that every test process collects tests of the same names.
AUT, TRD, MAN = (f"{prefix}_01kn44arm0ffqvh94y6gshpwqj" for prefix in ("aut", "trd", "man"))
LOSS = Loss(ChainPoint(3, "a"), ChainPoint(7, "b"), 2, "the disk broke")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (f"restricted:{AUT}", (Standing.RESTRICTED, AUT)),
        (f"locked:{AUT}", (Standing.LOCKED, AUT)),
        (f"locked:{TRD}", (Standing.LOCKED, TRD)),
        (f"disabled:{AUT}", (Standing.DISABLED, AUT)),
        (f"suspended:{TRD}", (Standing.SUSPENDED, TRD)),
        (f"ended:{MAN}", (Standing.ENDED, MAN)),
        # The first heads named ids alone: the sternest that they can mean.
        (TRD, (Standing.LOCKED, TRD)),
        (AUT, (Standing.DISABLED, AUT)),
        (MAN, (Standing.ENDED, MAN)),
    ],
)
def test_words_with_ids_are_read(text: str, means: tuple[Standing, str]) -> None:
    assert read_standing(text) == means
    if ":" in text:
        assert standing_text(*means) == text


@pytest.mark.parametrize("text", ["", ":", f"banished:{TRD}", f"suspended:{AUT}", "suspended:trd_1", "trd_1", f"acc_{TRD[4:]}", f" {TRD}"])
def test_what_is_not_known_is_not_passed_over(text: str) -> None:
    with pytest.raises(ValueError):
        read_standing(text)


def entry(kind: EventKind, facts: dict[str, object]) -> AuditEntry:
    return write_entry(Event(kind, facts=facts), NOW, lambda data: b"m" * 32, lambda plain, context: plain)  # type: ignore[arg-type]


def test_a_loss_is_told_and_read_back() -> None:
    told = entry(EventKind.RESTORE_ACCEPTED, {**LOSS.facts(), "sessions": 4})
    assert loss_told_by(told) == LOSS and LOSS.entries == 4


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (EventKind.AUDIT_PURGED, LOSS.facts()),
        (EventKind.RESTORE_ACCEPTED, {}),
        (EventKind.RESTORE_ACCEPTED, {**LOSS.facts(), "through": 2}),
        (EventKind.RESTORE_ACCEPTED, {**LOSS.facts(), "kept": -1}),
        (EventKind.RESTORE_ACCEPTED, {**LOSS.facts(), "epoch": "2"}),
    ],
)
def test_no_other_entry_tells_a_loss(kind: EventKind, facts: dict[str, object]) -> None:
    assert loss_told_by(entry(kind, facts)) is None
    assert canonical(facts)
