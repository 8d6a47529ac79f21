"""What monitoring says of an event, from mild to stern (MONITORING.md)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Verdict", "sternest"]


class Verdict(StrEnum):
    ALLOW = "allow"
    CHALLENGE = "challenge"  # further proof on the registered device, then it goes on
    HOLD = "hold"  # nothing goes on until people have looked
    REFUSE = "refuse"


_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}


def sternest(verdicts: Iterable[Verdict]) -> Verdict:
    """The sternest of them; allow when there is none."""
    return max(verdicts, key=_ORDER.__getitem__, default=Verdict.ALLOW)
