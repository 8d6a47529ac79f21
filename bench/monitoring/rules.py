"""The 50 rules of the bench on 14 features: our compiled closures beside the core engine of ezrules and zen-engine, on the same events.

Every engine gets what it likes best, made before the clock runs: ours the event and its row, theirs a dict of all names. What each rule
says is compared before anything is timed.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from types import ModuleType
from typing import Any

from bench.figures import Figure, information
from bench.monitoring.features import bench_rules
from bench.monitoring.stream import events
from sekisho.adapters.engines.engine import Engine
from sekisho.domain.monitoring.event import FIELDS
from sekisho.domain.monitoring.judgement import compile_rules
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import Rule, RuleBook
from sekisho.domain.monitoring.rule_text import read_rules

__all__ = ["measure"]

_EVENTS = 30_000
_ROUNDS = 3
_NAME = re.compile(r'"[^"]*"|\bpresent\((\w+)\)|\b[a-z]\w*\b')
_WORDS = frozenset({"and", "or", "not", "in", "true", "false"})
Judge = Callable[[], int]


def measure(number: int = _EVENTS) -> list[Figure]:
    """Events a CPU second; all take turns."""
    book = read_rules(bench_rules())
    if not isinstance(book, RuleBook):
        raise RuntimeError("\n".join(map(str, book)))
    policy, lists = MonitoringPolicy(), Lists(())
    engine, compiled = Engine(book.features, policy), compile_rules(book, policy)
    stream = [(event, engine.feed(event)) for event in events(number)]
    names = [name for name in FIELDS if name not in ("id", "own_time")] + ["known_client"]
    told = [{**{name: event.value(name) for name in names}, **dict(zip(book.features.names, row, strict=True))} for event, row in stream]
    judges: dict[str, Judge] = {"ours": lambda: sum(len(compiled.judge(event, row, lists).reasons) for event, row in stream)}
    if find_spec("ezrules"):
        ez = _ezrules(book)
        judges["ezrules"] = lambda: sum(len(ez(one)["rule_results"]) for one in told)
    if find_spec("zen"):
        zen = _zen(book)
        judges["zen-engine"] = lambda: sum(zen(one) for one in told)
    seconds: dict[str, list[float]] = {name: [] for name in judges}
    fired: dict[str, int] = {}
    for _ in range(_ROUNDS):
        for name, judge in judges.items():
            began = time.process_time()
            fired[name] = judge()
            seconds[name].append(time.process_time() - began)
    if len(set(fired.values())) != 1:
        raise RuntimeError(f"the engines say different things of the same rules: {fired}")
    rates = {name: number / median(taken) for name, taken in seconds.items()}
    return [
        information("50 rules judged, events a CPU second", rates["ours"], "/s", seconds=seconds, fired=fired["ours"]),
        *(_beside(name, rates) for name in ("ezrules", "zen-engine")),
    ]


def _beside(name: str, rates: dict[str, float]) -> Figure:
    """None when the peer is not installed."""
    peer = rates.get(name)
    return information(f"50 rules judged ÷ {name}", rates["ours"] / peer if peer else None, "×", peer_rate=peer)


def _ezrules(book: RuleBook) -> Callable[[dict[str, Any]], Any]:
    """Its core alone: the rows of its database, which the core names in a type, stay away with their forty packages."""
    rows = ModuleType("ezrules.models.backend_core")
    rows.Rule = object  # type: ignore[attr-defined]
    sys.modules.setdefault("ezrules.models.backend_core", rows)
    from ezrules.core.rule import Rule as TheirRule  # type: ignore[import-not-found]
    from ezrules.core.rule_engine import RuleEngine  # type: ignore[import-not-found]

    def logic(rule: Rule) -> str:
        condition = _told(rule, lambda name: f"${name}", "({} is not None)")
        return f"if {condition}:\n\treturn '{rule.reason}'"

    return RuleEngine([TheirRule(rid=rule.name, logic=logic(rule)) for rule in book.rules])  # type: ignore[no-any-return]


def _zen(book: RuleBook) -> Callable[[dict[str, Any]], int]:
    """One decision with an expression for each rule."""
    import zen  # type: ignore[import-not-found]

    lines = [{"id": rule.name, "key": rule.name, "value": _told(rule, str, "({} != null)")} for rule in book.rules]
    node = {"id": "rules", "name": "rules", "type": "expressionNode", "content": {"expressions": lines}}
    ends = [{"id": "in", "name": "in", "type": "inputNode"}, node, {"id": "out", "name": "out", "type": "outputNode"}]
    edges = [{"id": "a", "sourceId": "in", "targetId": "rules"}, {"id": "b", "sourceId": "rules", "targetId": "out"}]
    decision = zen.ZenEngine().create_decision({"nodes": ends, "edges": edges})
    return lambda told: sum(decision.evaluate(told)["result"].values())


def _told(rule: Rule, name: Callable[[str], str], present: str) -> str:
    """The condition in their words; the kinds of events of the rule are a part of it."""

    def replaced(found: re.Match[str]) -> str:
        if found[1]:
            return present.format(name(found[1]))
        return found[0] if found[0].startswith('"') or found[0] in _WORDS else name(found[0])

    kinds = ", ".join(f'"{kind}"' for kind in sorted(rule.kinds))
    return f"{name('kind')} in [{kinds}] and ({_NAME.sub(replaced, str(rule.when.span.text))})"
