"""What rules would have said of the events in the log, and how many customers it would have cost what (MONITORING.md §Rules)."""

from __future__ import annotations

import msgspec

__all__ = ["BlastRadius", "Reach", "RuleEffect"]


class Reach(msgspec.Struct, frozen=True):
    """Different accounts and traders, and what share of those that did anything. Events of orders may name an account alone and logins
    a trader alone, so the two are counted apart, and the larger share counts."""

    accounts: int
    traders: int
    share: float


class RuleEffect(msgspec.Struct, frozen=True):
    """counted: events on which the rule counted; the others it told in shadow, or outside its rollout."""

    rule: str
    events: int
    counted: int
    reach: Reach


class BlastRadius(msgspec.Struct, frozen=True):
    """A test of rules on the log.

    tested: when (ms). since: the first moment that was judged (ms); what lies before built windows alone. events: judged. accounts,
    traders: that did anything. said, lived: events by verdict, of these rules and of those that were live then. sterner, milder: events of
    which these rules say more, or less. reached: by verdict, who would be told that or worse: a refused customer counts as held, too.
    """

    fingerprint: str
    tested: int
    since: int
    days: int
    events: int
    accounts: int
    traders: int
    said: dict[str, int]
    lived: dict[str, int]
    sterner: int
    milder: int
    reached: dict[str, Reach]
    rules: list[RuleEffect]

    @property
    def held(self) -> float:
        """The share of customers who would be held or refused."""
        return self.reached["hold"].share
