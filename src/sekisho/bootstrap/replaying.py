"""The state of judges from snapshots and the event log: for an owner who begins, and for rules that take the place of others (R14)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import structlog

from sekisho.adapters.engines.judge import RuleJudge
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import SnapshotPart
from sekisho.flows.rules_in_force import keep_shipped_rules, rules_in_force
from sekisho.kernel.ids import new_id

__all__ = ["empty_judge", "keep_snapshot", "opening_judge", "outdated", "replay", "restore"]

_PART = 1_000_000  # bytes of a snapshot in one row
_DROPPED = 16  # of those rows, in one commit
_OTHERS_STAY = timedelta(days=30)
_TORN_STAY = timedelta(hours=1)  # longer than any takes to be written
_LATELY = 100  # events; the last of them that was judged tells by which rules


def empty_judge(deps: Dependencies) -> RuleJudge:
    """Of the rules that are in force, without live ones the shipped ones, and of those in shadow; it knows nothing of the log."""
    with deps.storage.transaction() as tx:
        keep_shipped_rules(deps.clock(), tx)
    with deps.storage.reading() as tx:
        rules, shadow = rules_in_force(deps.clock(), tx), tx.rule_sets.in_state("shadow")
        lists = Lists(tx.rule_lists.members(deps.clock()))
    policies = deps.policies
    return RuleJudge(rules.version, rules.text, shadow.text if shadow else None, lists, policies.monitoring, policies.firm.time_zone)


def opening_judge(deps: Dependencies, far: int) -> RuleJudge:
    """What an owner begins with, as far as snapshots tell: the rules in force. Where they lie so many events behind and have judged nothing
    yet, the rules that judged last: they go on, and the others are built beside them, as if nothing had happened to the owner."""
    judge = empty_judge(deps)
    restore(judge, deps)
    judge.drop_slow_shadow()
    known = judge.sequence or 0
    with deps.storage.reading() as tx:
        last, _ = tx.events.last()
        judged = [row.rules for row in tx.events.read(last - _LATELY, _LATELY) if row.rules is not None] if last - known >= far else []
        former = tx.rule_sets.get(judged[-1]) if judged and judged[-1] != judge.version else None
    if former is None or isinstance(read_rules(former.text), tuple):
        return judge
    policies = deps.policies
    before = RuleJudge(former.version, former.text, None, judge.lists, policies.monitoring, policies.firm.time_zone)
    restore(before, deps)
    return before if (before.sequence or 0) > known else judge


def outdated(judge: RuleJudge, deps: Dependencies) -> bool:
    """Whether other rules are in force, or in shadow. Gives it the members of lists as they are now."""
    with deps.storage.reading() as tx:
        rules, shadow = rules_in_force(deps.clock(), tx), tx.rule_sets.in_state("shadow")
        judge.lists = Lists(tx.rule_lists.members(deps.clock()))
    return judge.version != rules.version or judge.shadow_text != (shadow.text if shadow else None)


def restore(judge: RuleJudge, deps: Dependencies) -> None:
    """From the newest snapshots that there are."""
    with deps.storage.reading() as tx:
        found = {fingerprint: tx.snapshots.newest(fingerprint) for fingerprint in judge.replayed}
    judge.restore({fingerprint: snapshot[1] for fingerprint, snapshot in found.items() if snapshot is not None})


def replay(judge: RuleJudge, deps: Dependencies, page: int, between: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """Feeds it all that the log has behind it, so many events at once. Where the log ends: sequence and `at` of its newest event."""
    known = judge.sequence
    while True:
        with deps.storage.reading() as tx:
            last = tx.events.last()
            bodies = [] if known is None else tx.events.bodies(known, page)
        if known is not None and bodies and bodies[0][0] > known + 1:
            log = structlog.get_logger("sekisho.monitoring")
            log.warning("the log begins late: features know nothing from before", first=bodies[0][0], kept=known)
        for sequence, body in bodies:
            known = sequence
            judge.feed_encoded(body)
        between()
        if not bodies or (known is not None and known >= last[0]):
            return last


def keep_snapshot(fingerprint: str, sequence: int, state: bytes, deps: Dependencies) -> None:
    """In small commits, so that no statement of it is long and nobody waits behind it. Those of other features stay for a while: a rollback
    to them need not replay the log, and knows what was purged. Of one that cannot be kept nothing stays, where the database allows it, and
    what earlier ones left goes first: else tries that fail would fill it."""
    _drop_outlived(fingerprint, deps)
    now = deps.clock()
    id_, starts = new_id("snp", now), range(0, len(state), _PART)
    try:
        for number, start in enumerate(starts, 1):
            part = SnapshotPart(id_, number, len(starts), fingerprint, sequence, now, state[start : start + _PART])
            with deps.storage.transaction() as tx:
                tx.snapshots.add(part)
    except BaseException:
        with suppress(Exception):  # the fault that is told is the first one
            _drop(id_, deps)
        raise
    _drop_outlived(fingerprint, deps)


def _drop_outlived(fingerprint: str, deps: Dependencies) -> None:
    now = deps.clock()
    with deps.storage.reading() as tx:
        outlived = tx.snapshots.outlived(fingerprint, now - _OTHERS_STAY, now - _TORN_STAY)
    for snapshot in outlived:
        _drop(snapshot, deps)


def _drop(snapshot: str, deps: Dependencies) -> None:
    gone = _DROPPED
    while gone == _DROPPED:
        with deps.storage.transaction() as tx:
            gone = tx.snapshots.drop(snapshot, _DROPPED)
