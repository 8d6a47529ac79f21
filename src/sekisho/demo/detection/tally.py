"""Counts what was said of each event, attack by attack, rule by rule, in one pass over the events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sekisho.demo.detection.figures import Found
from sekisho.demo.simulation.calendar import DAY, HOUR
from sekisho.demo.simulation.desk import Label
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict

__all__ = ["INSTRUCTIONS", "AttackTally", "HonestTally", "RuleTally", "Tally", "found"]

INSTRUCTIONS = frozenset({"order.placed", "withdrawal.requested", "bank_account.change_requested"})
_TRIES = "try"  # the step of stuffing: naming a trader takes nothing over
_MONEY = frozenset({"buy", "withdraw"})
_AFTERWARDS = 7 * DAY


@dataclass(slots=True)
class AttackTally:
    """first, caught_at, stopped_at: ms of the first event, the first challenged or worse, the first held or refused.

    last_money: ms of its last instruction that moves money. moved, lost, relayed: whole yen, see Found. victims: everybody it touched;
    safe: who was challenged, held: who was held. rules: those that fired in it.
    """

    kind: str
    weakened: str
    first: int
    caught_at: int | None = None
    stopped_at: int | None = None
    by: tuple[str, ...] = ()
    last_money: int | None = None
    moved: int = 0
    lost: int = 0
    relayed: int = 0
    victims: set[str] = field(default_factory=set)
    safe: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)


@dataclass(slots=True)
class RuleTally:
    attacked: int = 0
    login_side: int = 0
    instructions: int = 0


@dataclass(slots=True)
class HonestTally:
    logins: int = 0
    instructions: int = 0
    challenged_logins: int = 0
    held_logins: int = 0
    challenged_instructions: int = 0
    held_instructions: int = 0
    aside: int = 0


@dataclass(slots=True)
class Tally:
    """begin: ms from which honest events count. touched: trader or account under attack → when its events are honest again."""

    begin: int = 0
    counted: int = 0
    attacks: dict[str, AttackTally] = field(default_factory=dict)
    rules: dict[str, RuleTally] = field(default_factory=dict)
    honest: HonestTally = field(default_factory=HonestTally)
    touched: dict[str, int] = field(default_factory=dict)
    true_cases: set[tuple[str, int]] = field(default_factory=set)
    false_cases: set[tuple[str, int]] = field(default_factory=set)
    alarms: Counter[bool] = field(default_factory=Counter)

    def take(self, event: MonitoredEvent, label: Label | None, verdict: Verdict, rules: Iterable[str]) -> None:
        """rules: names of those that fired and count."""
        if event.at < self.begin:
            return
        self.counted += 1
        if label is not None:
            self._attacked(event, label, verdict, tuple(rules))
        elif self._is_touched(event):
            self.honest.aside += verdict is not Verdict.ALLOW
        else:
            self._honest(event, verdict, rules)

    def _is_touched(self, event: MonitoredEvent) -> bool:
        touched, at = self.touched, event.at
        return touched.get(event.trader or "", 0) > at or touched.get(event.account or "", 0) > at

    def _honest(self, event: MonitoredEvent, verdict: Verdict, rules: Iterable[str]) -> None:
        honest, instruction = self.honest, event.kind in INSTRUCTIONS
        honest.instructions += instruction
        honest.logins += event.kind == "login.completed"
        for name in rules:
            tally = self.rules.setdefault(name, RuleTally())
            tally.instructions += instruction
            tally.login_side += not instruction
        if verdict is Verdict.ALLOW:
            return
        held = verdict is not Verdict.CHALLENGE
        if instruction:
            honest.challenged_instructions += 1
            honest.held_instructions += held
        else:
            honest.challenged_logins += 1
            honest.held_logins += held
        self.alarms[False] += 1
        self.false_cases.add(_case(event))

    def _attacked(self, event: MonitoredEvent, label: Label, verdict: Verdict, rules: tuple[str, ...]) -> None:
        attack = self.attacks.get(label.attack_id)
        if attack is None:
            attack = self.attacks[label.attack_id] = AttackTally(label.attack_kind, label.weakened, event.at)
        victim = event.account or event.trader or event.network or ""
        victim = victim.replace("acc_", "trd_")
        attack.victims.add(victim)
        if label.step != _TRIES:
            self._touch(event)
        for name in rules:
            self.rules.setdefault(name, RuleTally()).attacked += 1
        attack.rules.update(rules)
        self._caught(attack, victim, event, verdict, rules)
        if label.step in _MONEY and event.kind in INSTRUCTIONS and event.amount_jpy:
            attack.moved += event.amount_jpy
            attack.last_money = event.at
            attack.lost += 0 if victim in attack.safe else event.amount_jpy
            attack.relayed += 0 if victim in attack.held else event.amount_jpy

    def _touch(self, event: MonitoredEvent) -> None:
        for key in (event.trader, event.account):
            if key is not None:
                self.touched[key] = event.at + _AFTERWARDS

    def _caught(self, attack: AttackTally, victim: str, event: MonitoredEvent, verdict: Verdict, rules: tuple[str, ...]) -> None:
        if verdict is Verdict.ALLOW:
            return
        self.alarms[True] += 1
        self.true_cases.add(_case(event))
        attack.safe.add(victim)
        if attack.caught_at is None:
            attack.caught_at, attack.by = event.at, rules
        if verdict is not Verdict.CHALLENGE:
            attack.held.add(victim)
            if attack.stopped_at is None:
                attack.stopped_at = event.at


def _case(event: MonitoredEvent) -> tuple[str, int]:
    return event.account or event.trader or event.network or event.id, (event.at + 9 * HOUR) // DAY


def found(name: str, attack: AttackTally) -> Found:
    """What became of that attack."""
    in_time = attack.caught_at is not None and (attack.last_money is None or attack.caught_at <= attack.last_money)
    return Found(
        attack=name,
        kind=attack.kind,
        weakened=attack.weakened,
        caught=in_time,
        stopped=attack.stopped_at is not None and (attack.last_money is None or attack.stopped_at <= attack.last_money),
        by=attack.by if in_time else (),
        delay=(attack.caught_at - attack.first) / 60_000 if in_time and attack.caught_at is not None else None,
        moved=attack.moved,
        lost=attack.lost,
        relayed=attack.relayed,
        victims=len(attack.victims),
        victims_caught=len(attack.safe),
    )
