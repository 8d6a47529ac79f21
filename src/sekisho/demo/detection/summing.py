"""From counts to the figures of the report."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from sekisho.demo.detection.figures import Detection, Found, HonestFigures, KindFigures, RuleFigures
from sekisho.demo.detection.tally import AttackTally, HonestTally, Tally, found

__all__ = ["sum_up"]


def sum_up(tally: Tally, events: int, seconds: float, rules: str) -> Detection:
    """rules: fingerprint of the rules that were used."""
    all_found = [found(name, attack) for name, attack in sorted(tally.attacks.items())]
    plain, weakened = [one for one in all_found if not one.weakened], [one for one in all_found if one.weakened]
    return Detection(
        events=events,
        counted=tally.counted,
        seconds=seconds,
        rules=rules,
        recall=_share(sum(one.caught for one in plain), len(plain)),
        recall_weakened=_share(sum(one.caught for one in weakened), len(weakened)),
        precision=_share(tally.alarms[True], tally.alarms.total()),
        case_precision=_share(len(tally.true_cases), len(tally.true_cases | tally.false_cases)),
        honest=_honest(tally.honest),
        kinds=tuple(_kinds(plain, plain_ones=True) + _kinds(weakened, plain_ones=False)),
        by_rule=tuple(_by_rule(tally)),
        missed=tuple(one for one in all_found if not one.caught),
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


def _by_rule(tally: Tally) -> list[RuleFigures]:
    figures = []
    for name, counts in sorted(tally.rules.items()):
        fired = counts.attacked + counts.login_side + counts.instructions
        fired_in = [attack for attack in tally.attacks.values() if name in attack.rules]
        figures.append(
            RuleFigures(
                name, fired, counts.attacked, _share(counts.attacked, fired), len(fired_in), _alone(name, fired_in), counts.login_side,
                counts.instructions, _share(counts.login_side, tally.honest.logins), _share(counts.instructions, tally.honest.instructions),
            )
        )  # fmt: skip
    return figures


def _alone(name: str, attacks: Sequence[AttackTally]) -> int:
    return sum(attack.rules == {name} for attack in attacks)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
