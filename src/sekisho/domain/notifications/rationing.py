"""At most one message per kind and hour and trader, then a digest; logins and changes are never digested (R10).

        first in an hour          again within the hour        and again
    ───────────────────▶ send ───────────────────────▶ digest ───────────▶ held (the waiting digest covers it)

The digest leaves when the hour is over and says that it happened again; the details stand in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sekisho.domain.notifications.kinds import NEVER_DIGESTED, NoticeKind

__all__ = ["SPACING", "Admission", "Admitted", "admits_now"]

SPACING = timedelta(hours=1)


class Admission(StrEnum):
    SEND = "send"
    DIGEST = "digest"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Admitted:
    """due: when the message may leave; for a held one, when the digest that covers it leaves."""

    how: Admission
    due: datetime


def admits_now(kind: NoticeKind, last_due: datetime | None, now: datetime) -> Admitted:
    """last_due: newest time at which a message of this kind left or will leave to this trader; in the future while a digest waits."""
    if kind in NEVER_DIGESTED or last_due is None or now >= last_due + SPACING:
        return Admitted(Admission.SEND, now)
    if last_due > now:
        # A clock set back must not silence notices for longer than one digest lasts.
        return Admitted(Admission.HELD, last_due) if last_due <= now + SPACING else Admitted(Admission.SEND, now)
    return Admitted(Admission.DIGEST, last_due + SPACING)
