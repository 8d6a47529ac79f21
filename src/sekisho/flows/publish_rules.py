"""Rules are proposed, tried in shadow, approved by a second person, refused and rolled back; each step stands in the audit log (R12).

The states and who may do what: `domain.monitoring.rule_set`. The owner of the event log takes up what was decided within a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from sekisho.domain.monitoring.blast_radius import BlastRadius
from sekisho.domain.monitoring.problem import Problem
from sekisho.domain.monitoring.rule_set import RuleSet, RuleSetState, admit_blast_radius
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.storage import Transaction
from sekisho.flows.rules_in_force import rules_in_force
from sekisho.kernel.errors import Kind, SekishoError, invalid, missing
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.times import to_ms

__all__ = [
    "approve_rules",
    "checked_reason",
    "fresh_test",
    "propose_rules",
    "refuse_rules",
    "roll_back_rules",
    "shadow_rules",
    "version_of",
]

TEST_LIFE = timedelta(days=1)


def checked_reason(reason: str) -> str:
    """Raises INVALID unless it is written out."""
    if len(reason.strip()) < 5 or not reason.isprintable():
        raise invalid("Write the reason in a few words.", "reason")
    return reason.strip()[:500]


def propose_rules(text: str, why: str, actor: str, deps: Dependencies) -> RuleSet | tuple[Problem, ...]:
    """The new version, or all problems of the text; then nothing is stored. Raises CONFLICT when these very rules are in force already."""
    now, why = deps.clock(), checked_reason(why)
    book = read_rules(text)
    if isinstance(book, tuple):
        return book
    with deps.storage.transaction() as tx:
        standing = rules_in_force(now, tx)
        if standing.fingerprint == book.fingerprint:
            raise SekishoError(Kind.CONFLICT, "These rules are in force already.", f"version {standing.version}")
        row = RuleSet(0, RuleSetState.PROPOSED, text, book.fingerprint, now, actor, why)
        version = tx.rule_sets.add(row)
        facts: dict[str, Fact] = {"version": version, "fingerprint": book.fingerprint, "rules": len(book.rules), "why": why}
        tx.audit.append(Event(EventKind.RULES_PROPOSED, actor=actor, facts={**facts, **deps.operator}), now)
        return version_of(version, tx)


def version_of(version: int, tx: Transaction) -> RuleSet:
    """Raises MISSING."""
    found = tx.rule_sets.get(version)
    if found is None:
        raise missing(f"version {version} of the rules")
    return found


def fresh_test(rules: RuleSet, now: datetime) -> BlastRadius | None:
    """What the last test of these rules said, unless it is older than a day or was never made."""
    if rules.tested is None:
        return None
    found = msgspec.json.decode(rules.tested, type=BlastRadius)
    return found if found.fingerprint == rules.fingerprint and to_ms(now - TEST_LIFE) <= found.tested else None


def approve_rules(version: int, why: str, actor: str, deps: Dependencies, *, accept_blast_radius: bool = False) -> RuleSet:
    """Live from now on; what was in force is retired. Raises MISSING, FORBIDDEN for the proposer, and CONFLICT for a version that was
    decided, was not tested within a day, or would hold too many customers."""
    now, why = deps.clock(), checked_reason(why)
    with deps.storage.transaction() as tx:
        tx.rule_sets.lock()
        rules = version_of(version, tx)
        rules.admit_approval(actor)
        test = fresh_test(rules, now)
        if test is None:
            raise SekishoError(
                Kind.CONFLICT, "Test this version first: a test counts for a day.", f"sekisho rules test --version {version}"
            )
        admit_blast_radius(test, deps.policies.monitoring.blast_radius, accepted=accept_blast_radius)
        former = rules_in_force(now, tx)
        live = rules.approve(actor, why, former.version, now)
        if former.state == RuleSetState.LIVE:
            tx.rule_sets.save(former.retire())
        tx.rule_sets.save(live)
        accepted = accept_blast_radius and test.held > deps.policies.monitoring.blast_radius
        facts: dict[str, Fact] = {"would_hold": f"{test.held:.6f}", "accepted": accepted, "former": former.version}
        _tell("live", live, actor, why, {**facts, **deps.operator}, now, tx)
        return live


def shadow_rules(version: int, why: str, actor: str, deps: Dependencies) -> RuleSet:
    """It judges beside the live rules and changes nothing; what was in shadow is retired. Raises MISSING, CONFLICT."""
    now, why = deps.clock(), checked_reason(why)
    with deps.storage.transaction() as tx:
        tx.rule_sets.lock()
        shadow = version_of(version, tx).put_in_shadow(actor, why, now)
        former = tx.rule_sets.in_state(RuleSetState.SHADOW)
        if former is not None and former.version != version:
            tx.rule_sets.save(former.retire())
        tx.rule_sets.save(shadow)
        _tell("shadow", shadow, actor, why, {"former": former.version if former else 0, **deps.operator}, now, tx)
        return shadow


def refuse_rules(version: int, why: str, actor: str, deps: Dependencies) -> RuleSet:
    """A proposal comes to nothing, or a version leaves the shadow. Raises MISSING, CONFLICT."""
    now, why = deps.clock(), checked_reason(why)
    with deps.storage.transaction() as tx:
        tx.rule_sets.lock()
        refused = version_of(version, tx).refuse(actor, why, now)
        tx.rule_sets.save(refused)
        _tell("refused", refused, actor, why, deps.operator, now, tx)
        return refused


def roll_back_rules(why: str, actor: str, deps: Dependencies) -> RuleSet:
    """One step back, at once, by one person. Returns what is in force then. Raises CONFLICT."""
    now, why = deps.clock(), checked_reason(why)
    with deps.storage.transaction() as tx:
        tx.rule_sets.lock()
        bad = tx.rule_sets.in_state(RuleSetState.LIVE)
        if bad is None or bad.replaced is None:
            raise SekishoError(Kind.CONFLICT, "There is no version to go back to. Propose the rules that are wanted.", "one step back only")
        tx.rule_sets.save(bad.roll_back(actor, why, now))
        former = tx.rule_sets.get(bad.replaced)
        if former is not None and former.state == RuleSetState.RETIRED:
            tx.rule_sets.save(former.brought_back(actor, why, now))
        standing = rules_in_force(now, tx)
        _tell("rolled_back", bad, actor, why, {"in_force": standing.version, **deps.operator}, now, tx)
        return standing


def _tell(decision: str, rules: RuleSet, actor: str, why: str, more: Mapping[str, Fact], now: datetime, tx: Transaction) -> None:
    facts: dict[str, Fact] = {"version": rules.version, "fingerprint": rules.fingerprint, "proposed_by": rules.proposed_by, "why": why}
    tx.audit.append(Event(EventKind.RULES_DECIDED, actor=actor, reason=decision, facts={**facts, **more}), now)
