"""The numbers of the broker's door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sekisho.kernel.bounds import within

__all__ = ["BrokerAccessPolicy"]


@dataclass(frozen=True, slots=True)
class BrokerAccessPolicy:
    """Keys of the broker's own systems (R15).

    key_life: how long a new key is good, unless the command says less; at most 90 days (R15).
    overlap: how long the older key stays good beside the one that it was rotated for.
    warn_before: `sekisho doctor` warns so long before a key ends.
    keep_answers: how long the answer to a request with an Idempotency-Key is given again.
    bad_keys: keys that open nothing, from one source within `bad_keys_within`; more are turned away unread.
    bad_keys_within: see `bad_keys`.
    """

    key_life: timedelta = timedelta(days=90)
    overlap: timedelta = timedelta(hours=24)
    warn_before: timedelta = timedelta(days=14)
    keep_answers: timedelta = timedelta(hours=24)
    bad_keys: int = 20
    bad_keys_within: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        within("key_life", self.key_life, timedelta(days=1), timedelta(days=90), source="R15")
        within("overlap", self.overlap, timedelta(0), timedelta(days=14), source="R15")
        within("warn_before", self.warn_before, timedelta(days=1), timedelta(days=60), source="operating practice")
        within("keep_answers", self.keep_answers, timedelta(hours=1), timedelta(days=7), source="operating practice")
        within("bad_keys", self.bad_keys, 1, 1000, source="ASVS V6.3.1")
        within("bad_keys_within", self.bad_keys_within, timedelta(minutes=1), timedelta(hours=1), source="ASVS V6.3.1")
