"""From counts to the figures of the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from statistics import median

from sekisho.demo.detection.figures import Detection, Found, HonestFigures, KindFigures, RuleFigures
from sekisho.demo.detection.tally import AttackTally, HonestTally, RuleTally, Tally, found

__all__ = ["pool", "sum_up"]


def sum_up(tally: Tally, events: int, seconds: float, rules: str) -> Detection:
    """The figures of one market. rules: fingerprint of the rules that were used."""
    honest = tally.honest
    return _detection(
        events,
        tally.counted,
        seconds,
        rules,
        [found(name, attack) for name, attack in sorted(tally.attacks.items())],
        (tally.alarms.total(), tally.alarms[True]),
        (len(tally.true_cases | tally.false_cases), len(tally.true_cases)),
        _honest(honest),
        [_rule(name, counts, tally.attacks.values(), honest) for name, counts in sorted(tally.rules.items())],
    )


def pool(markets: Sequence[Detection]) -> Detection:
    """Several markets, judged by the same rules, as one. ValueError when the rules differ."""
    if len({market.rules for market in markets}) != 1:
        raise ValueError("only markets that the same rules judged can be counted together")
    honest = HonestTally(*(sum(getattr(market.honest, field.name) for market in markets) for field in fields(HonestTally)))
    by_name: dict[str, list[RuleFigures]] = {}
    for market in markets:
        for each in market.by_rule:
            by_name.setdefault(each.rule, []).append(each)
    return _detection(
        sum(market.events for market in markets),
        sum(market.counted for market in markets),
        sum(market.seconds for market in markets),
        markets[0].rules,
        [one for market in markets for one in market.attacks],
        (sum(market.alarms for market in markets), sum(market.true_alarms for market in markets)),
        (sum(market.cases for market in markets), sum(market.true_cases for market in markets)),
        _honest(honest),
        [_pooled_rule(name, parts, honest) for name, parts in sorted(by_name.items())],
    )


def _detection(
    events: int, counted: int, seconds: float, rules: str, attacks: Sequence[Found], alarms: tuple[int, int], cases: tuple[int, int],
    honest: HonestFigures, by_rule: Sequence[RuleFigures],
) -> Detection:  # fmt: skip
    plain, weakened = [one for one in attacks if not one.weakened], [one for one in attacks if one.weakened]
    return Detection(
        events=events,
        counted=counted,
        seconds=seconds,
        rules=rules,
        recall=_share(sum(one.caught for one in plain), len(plain)),
        recall_weakened=_share(sum(one.caught for one in weakened), len(weakened)),
        alarms=alarms[0],
        true_alarms=alarms[1],
        precision=_share(alarms[1], alarms[0]),
        cases=cases[0],
        true_cases=cases[1],
        case_precision=_share(cases[1], cases[0]),
        honest=honest,
        kinds=tuple(_kinds(plain, plain_ones=True) + _kinds(weakened, plain_ones=False)),
        by_rule=tuple(by_rule),
        attacks=tuple(attacks),
    )


def _kinds(attacks: Sequence[Found], plain_ones: bool) -> list[KindFigures]:
    figures = []
    for kind in sorted({one.kind for one in attacks}):
        chosen = [one for one in attacks if one.kind == kind]
        caught, moved, lost = sum(one.caught for one in chosen), sum(one.moved for one in chosen), sum(one.lost for one in chosen)
        relayed = sum(one.relayed for one in chosen)
        delays = [one.delay for one in chosen if one.delay is not None]
        figures.append(
            KindFigures(
                kind, plain_ones, len(chosen), caught, sum(one.stopped for one in chosen), _share(caught, len(chosen)),
                median(delays) if delays else None, moved, lost, 1 - lost / moved if moved else None,
                1 - relayed / moved if moved else None,
            )
        )  # fmt: skip
    return figures


def _honest(counts: HonestTally) -> HonestFigures:
    everything = counts.challenged_logins + counts.challenged_instructions
    return HonestFigures(
        counts.logins,
        counts.instructions,
        counts.challenged_logins,
        counts.held_logins,
        counts.challenged_instructions,
        counts.held_instructions,
        false_challenges=_share(everything, counts.logins),
        false_holds=_share(counts.held_instructions, counts.instructions),
        aside=counts.aside,
    )


def _rule(name: str, counts: RuleTally, attacks: Iterable[AttackTally], honest: HonestTally) -> RuleFigures:
    fired_in = [attack for attack in attacks if name in attack.rules]
    alone = sum(attack.rules == {name} for attack in fired_in)
    return _rule_figures(name, counts.attacked, len(fired_in), alone, counts.login_side, counts.instructions, honest)


def _pooled_rule(name: str, parts: Sequence[RuleFigures], honest: HonestTally) -> RuleFigures:
    return _rule_figures(
        name,
        sum(each.on_attacks for each in parts),
        sum(each.attacks for each in parts),
        sum(each.alone for each in parts),
        sum(each.honest_logins for each in parts),
        sum(each.honest_instructions for each in parts),
        honest,
    )


def _rule_figures(name: str, attacked: int, attacks: int, alone: int, logins: int, instructions: int, honest: HonestTally) -> RuleFigures:
    fired = attacked + logins + instructions
    return RuleFigures(
        name, fired, attacked, _share(attacked, fired), attacks, alone, logins, instructions, _share(logins, honest.logins),
        _share(instructions, honest.instructions),
    )  # fmt: skip


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
