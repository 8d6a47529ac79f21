"""How long records are kept and how often the chain is sealed and signed (R8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["AuditPolicy"]

_YEAR = timedelta(days=365)
_LONGEST = 30 * _YEAR


@dataclass(frozen=True, slots=True)
class AuditPolicy:
    """keep_audit: entries of the audit log and verdicts; 7 years, at least one (JSDA J18; R8).
    keep_messages: sent messages; 1 year (R8, ASVS V14.2.7).
    seal_every: longest wait of an entry for its position in the chain; at most 1 s (R8).
    sign_every: longest wait for a signed head; at most 60 s (R8).
    """

    keep_audit: timedelta = 7 * _YEAR
    keep_messages: timedelta = 1 * _YEAR
    seal_every: timedelta = timedelta(seconds=1)
    sign_every: timedelta = timedelta(seconds=60)

    def __post_init__(self) -> None:
        within("keep_audit", self.keep_audit, _YEAR, _LONGEST, source="JSDA J18, R8")
        within("keep_messages", self.keep_messages, timedelta(days=30), _LONGEST, source="ASVS V14.2.7, R8")
        within("seal_every", self.seal_every, timedelta(milliseconds=100), timedelta(seconds=1), source="R8")
        within("sign_every", self.sign_every, timedelta(seconds=1), timedelta(seconds=60), source="R8")
