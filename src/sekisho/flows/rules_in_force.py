"""The rules that judge now: the live version, or those that came with Sekisho while none is live."""

from __future__ import annotations

from datetime import datetime

from sekisho.domain.monitoring.rule_set import RuleSet, RuleSetState
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.domain.monitoring.shipped import shipped_rules
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.errors import invalid

__all__ = ["keep_shipped_rules", "rules_in_force"]


def rules_in_force(now: datetime, tx: Transaction) -> RuleSet:
    """Version 0 are shipped rules that were not kept yet, since nobody has opened the log."""
    kept = tx.rule_sets.in_state(RuleSetState.LIVE) or tx.rule_sets.in_state(RuleSetState.SHIPPED)
    return _shipped(shipped_rules(), now) if kept is None else kept


def keep_shipped_rules(now: datetime, tx: Transaction) -> None:
    """While no version is live, the shipped rules of this release get a version, so that their verdicts can be computed again later."""
    if tx.rule_sets.in_state(RuleSetState.LIVE) is not None:
        return
    text, kept = shipped_rules(), tx.rule_sets.in_state(RuleSetState.SHIPPED)
    if kept is None or kept.text != text:
        tx.rule_sets.add(_shipped(text, now))


def _shipped(text: str, now: datetime) -> RuleSet:
    book = read_rules(text)
    if isinstance(book, tuple):
        raise invalid("The rules that came with this version of Sekisho cannot be read.", str(book[0]))
    return RuleSet(0, RuleSetState.SHIPPED, text, book.fingerprint, now, "sekisho", "came with Sekisho")
