"""Why monitoring said what it said: the verdict computed again from what was kept with it, and told rule by rule (J16, J18).

Kept with each event: the feature values, the version of the rules, what was found in lists, and at how many points which verdict began.
Nothing else enters, so the answer is the same years later, whatever rules, lists and settings say by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from sekisho.domain.instructions import Instruction
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.explanation import Explained, explain
from sekisho.domain.monitoring.feature import FeatureSet, Value
from sekisho.domain.monitoring.judgement import Judgement, compile_rules
from sekisho.domain.monitoring.listing import Hits
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule_set import RuleSet
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.monitoring import KeptReason, KeptReasons, LoggedEvent
from sekisho.flows.ports.storage import Transaction
from sekisho.kernel.errors import Kind as ErrorKind
from sekisho.kernel.errors import SekishoError, invalid, missing

__all__ = ["Explanation", "Recomputed", "event_fields", "explain_verdict", "logged_event", "verdicts_of"]

Found = TypeVar("Found")
_row = msgspec.msgpack.Decoder(list[str | int | float | bool | None]).decode
_kept = msgspec.json.Decoder(KeptReasons).decode


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The verdict computed again. differs: what is not as it was kept; empty when all is equal. rules: every one on events of this kind."""

    judgement: Judgement
    differs: tuple[str, ...]
    rules: tuple[Explained, ...]
    features: FeatureSet
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """again: None for an event that came too late to be judged (R14). instruction: that the event was judged for."""

    logged: LoggedEvent
    kept: KeptReasons
    rules: RuleSet | None
    again: Recomputed | None
    instruction: Instruction | None


def explain_verdict(named: str, deps: Dependencies) -> Explanation:
    """named: an event by its number or id, or an instruction by its id or the broker's reference. Raises MISSING; INVALID where the
    version of the rules cannot be read any more."""
    with deps.storage.reading() as tx:
        logged, instruction = logged_event(named, tx)
        rules = None if logged.rules is None else tx.rule_sets.get(logged.rules)
    kept = _kept(logged.reasons)
    if logged.rules is None:
        return Explanation(logged, kept, None, None, instruction)
    if rules is None:
        raise missing(f"version {logged.rules} of the rules")
    return Explanation(logged, kept, rules, _computed_again(logged, kept, rules, deps.policies.monitoring), instruction)


def logged_event(named: str, tx: Transaction) -> tuple[LoggedEvent, Instruction | None]:
    """As `explain_verdict`. The broker's own ids stand in the log behind the name of the system that sent them."""
    systems = sorted({key.client for key in tx.broker_keys.all()})
    names = [named, *(f"{system}:{named}" for system in systems)]
    instruction = tx.instructions.get(named) or _only(tx.instructions.by_reference(names))
    if instruction is not None:
        found = _only(tx.events.known([instruction.event]))
    elif named.isascii() and named.isdigit() and len(named) < 19:
        found = tx.events.get(int(named))
    else:
        found = _only(tx.events.known(names))
    if found is None:
        raise SekishoError(ErrorKind.MISSING, "The event log has no such event, or has it no more.", named)
    return found, instruction


def _only(found: Mapping[str, Found]) -> Found | None:
    """Raises INVALID where several systems use the same name."""
    if len(found) > 1:
        raise invalid("Several systems sent an event of that id. Name the system too.", ", ".join(sorted(found)))
    return next(iter(found.values()), None)


def _computed_again(logged: LoggedEvent, kept: KeptReasons, rules: RuleSet, policy: MonitoringPolicy) -> Recomputed:
    book = read_rules(rules.text)
    if isinstance(book, tuple):
        raise invalid("The rules of that version cannot be read by this version of Sekisho.", f"version {rules.version}: {book[0]}")
    values = tuple(_row(logged.features or b"\x90"))
    if len(values) != len(book.features.names):
        raise invalid("The feature values that were kept do not belong to these rules.", f"version {rules.version}")
    if kept.thresholds:
        challenge, hold, refuse = kept.thresholds
        policy = replace(policy, challenge_at=challenge, hold_at=hold, refuse_at=refuse)
    event, found = logged.event, Hits(None, [(name, value) for name, value in kept.hits])
    judgement = compile_rules(book, policy).judge(event, values, found)
    return Recomputed(judgement, _differences(logged, kept, judgement), explain(book, event, values, found), book.features, values)


def _differences(logged: LoggedEvent, kept: KeptReasons, judgement: Judgement) -> tuple[str, ...]:
    """Words of texts, such as `verdict`. Values are compared as they were written: as JSON has them."""
    again = [
        KeptReason(one.rule, one.code, one.queue, one.verdict.value if one.verdict else "", one.points, one.counts, dict(one.values))
        for one in judgement.reasons
    ]
    before = [msgspec.structs.replace(one, en="", ja="") for one in kept.reasons]
    pairs = {
        "verdict": (logged.verdict, judgement.verdict),
        "points": (logged.points, judgement.points),
        "reasons": (before, msgspec.json.decode(msgspec.json.encode(again), type=list[KeptReason])),
        "broken": (kept.broken, list(judgement.broken)),
        "hits": (kept.hits, [list(hit) for hit in judgement.hits]),
    }
    return tuple(name for name, (was, is_now) in pairs.items() if was != is_now)


def verdicts_of(account: str | None, held: bool, limit: int, deps: Dependencies) -> list[LoggedEvent]:
    """What was said more than allow, newest first. account: its number. held: holds and refusals alone. Raises MISSING."""
    with deps.storage.reading() as tx:
        found = None if account is None else tx.accounts.by_number(account.strip().upper())
        if account is not None and found is None:
            raise missing(f"account {account}")
        return tx.events.spoken(None if found is None else found.id, held, limit)


def event_fields(event: MonitoredEvent) -> dict[str, Value]:
    """What the event knows, in the order of its fields."""
    known = {name: getattr(event, name) for name in event.__struct_fields__ if name != "extra"}
    return {name: value for name, value in (known | (event.extra or {})).items() if value is not None}
