#!/usr/bin/env python3
"""Prints the figures of docs/detection.md and its picture: the shipped rules on the seeds they were fixed on, and on the others.

    scripts/print_detection.py FOLDER      # keeps the markets there (7 GB); a quarter of an hour of one core

What stands around the figures stays: it says what they mean, and what is missed and why.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from sekisho.demo.detection.drawing import draw
from sekisho.demo.detection.figures import Detection
from sekisho.demo.detection.replay import detect
from sekisho.demo.detection.summing import pool
from sekisho.demo.detection.tables import about, kinds, markdown, missed, rules
from sekisho.demo.simulation.files import read_events, read_labels, write_events, write_lines
from sekisho.demo.simulation.market import simulate
from sekisho.demo.simulation.plan import Plan
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.shipped import shipped_book

DOCS = Path(__file__).parent.parent / "docs"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
FIXED_ON, PRINTED_BEFORE, FRESH = (1, 11, 12), (2, 3, 4), (5, 6, 7)
REPORTED = PRINTED_BEFORE + FRESH


def market(seed: int, folder: Path) -> tuple[Path, Path]:
    """Events and labels of the default plan with that seed, made when they are not there."""
    events, labels = folder / f"market_{seed}.jsonl", folder / f"labels_{seed}.jsonl"
    if not labels.exists():
        half, marks = events.with_suffix(".part"), labels.with_suffix(".part")
        with write_events(half) as take, write_lines(marks) as take_labels:
            for made in simulate(Plan(seed=seed)):
                take(made.events)
                take_labels(made.labels)
        half.rename(events)
        marks.rename(labels)
    return events, labels


def judged(seed: int, folder: Path) -> Detection:
    events, labels = market(seed, folder)
    return detect(read_events(events), read_labels(labels), shipped_book(), MonitoringPolicy(), Plan().warm_up, lambda done, of: None)


def by_seed(found: dict[int, Detection], seeds: Iterable[int]) -> list[dict[str, str]]:
    """The figures that are promised, seed by seed."""
    rows = []
    for seed in seeds:
        each = found[seed]
        plain = [one for one in each.attacks if not one.weakened]
        least = min((kind for kind in each.kinds if kind.plain), key=lambda kind: kind.recall)
        rows.append(
            {
                "seed": f"{seed}",
                "events": f"{each.events:,}",
                "plain caught": f"{each.recall:.1%} of {len(plain)}",
                "least of a kind": f"{least.caught} of {least.attacks}" + ("" if least.recall == 1 else f", {least.kind}"),
                "weakened caught": f"{each.recall_weakened:.1%} of {len(each.attacks) - len(plain)}",
                "false challenges": f"{each.honest.false_challenges:.3%} of {each.honest.logins:,} logins",
                "false holds": f"{each.honest.false_holds:.3%} of {each.honest.instructions:,} instructions",
                "replay": f"{each.seconds:.0f} s",
            }
        )
    return rows


def named(seeds: Sequence[int]) -> str:
    return f"{', '.join(map(str, seeds[:-1]))} and {seeds[-1]}"


def figures(found: dict[int, Detection], pooled: Detection) -> str:
    before, fresh = (pool([found[seed] for seed in seeds]) for seeds in (PRINTED_BEFORE, FRESH))
    of_both = [
        {"figure": old["figure"], f"seeds {named(PRINTED_BEFORE)}": _of(old), f"seeds {named(FRESH)}": _of(new)}
        for old, new in zip(about(before), about(fresh), strict=True)
    ]
    return "\n\n".join(
        [
            f"Printed {date.today():%Y-%m-%d}; rules `{pooled.rules[:12]}`, {len(shipped_book().rules)} of them.",  # noqa: DTZ011
            f"### Seeds {named(FRESH)}, never made before",
            markdown(by_seed(found, FRESH)),
            f"### Seeds {named(PRINTED_BEFORE)}, printed once before with earlier rules",
            markdown(by_seed(found, PRINTED_BEFORE)),
            f"### Seeds {named(FIXED_ON)}, on which the rules were fixed",
            markdown(by_seed(found, FIXED_ON)),
            "### Both groups that the rules were not fixed on",
            markdown(of_both),
            f"### Kind by kind, seeds {named(REPORTED)} together\n\n![Attacks caught, by kind](detection.svg)",
            markdown(kinds(pooled)),
            f"### Rule by rule, seeds {named(REPORTED)}",
            markdown(rules(pooled)),
            f"### Missed, seeds {named(REPORTED)}",
            markdown([{"seed": str(seed)} | row for seed in REPORTED for row in missed(found[seed])]),
        ]
    )


def _of(row: dict[str, str]) -> str:
    return f"{row['is']} of {row['of']}" if row["of"] else row["is"]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    found = {seed: judged(seed, folder) for seed in (*FIXED_ON, *REPORTED)}
    pooled = pool([found[seed] for seed in REPORTED])
    paper = DOCS / "detection.md"
    text = paper.read_text("utf-8")
    head, tail = text[: text.index(BEGIN)], text[text.index(END) :]
    paper.write_text(f"{head}{BEGIN}\n{figures(found, pooled)}\n\n{tail}", "utf-8")
    (DOCS / "detection.svg").write_text(draw(pooled), "utf-8")


if __name__ == "__main__":
    main()
