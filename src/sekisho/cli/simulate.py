"""`sekisho simulate`: a brokerage's days with honest people and attackers, as files to try rules on."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.options import Json

if TYPE_CHECKING:
    from sekisho.demo.simulation.plan import Plan

__all__ = ["command"]


def command(
    out: Annotated[Path, typer.Option(help="Where the events go: JSON lines, or Parquet when it ends in .parquet.")],
    traders: Annotated[int, typer.Option(help="How many people trade.")] = 20_000,
    days: Annotated[int, typer.Option(help="How many days, from 28 on; the first 20 (at most a third) are free of attacks.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    attacks: Annotated[int, typer.Option(help="Attacks of each kind, a third of them weakened.")] = 36,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")] = datetime(2025, 9, 1),  # noqa: DTZ001
    labels: Annotated[Path | None, typer.Option(help="Where it is written which event belongs to which attack, as JSON lines.")] = None,
    json: Json = False,
) -> None:
    """Simulate a brokerage: logins, orders, withdrawals, and attacks among them. What is assumed is in docs/simulator.md."""
    from sekisho.demo.simulation.plan import Plan
    from sekisho.kernel.errors import invalid

    try:
        plan = Plan(traders, days, seed, attacks, start.date())
    except ValueError as error:
        raise invalid("That market cannot be simulated.", str(error)) from None
    counts, attacked = _write(plan, out, labels)
    _show(out, labels, counts, attacked, json)


def _write(plan: Plan, out: Path, labels: Path | None) -> tuple[Counter[str], Counter[str]]:
    """Events by kind, labelled events by kind of attack."""
    from contextlib import nullcontext

    from sekisho.cli.output import progress_of
    from sekisho.demo.simulation.files import write_events, write_lines
    from sekisho.demo.simulation.market import simulate

    counts: Counter[str] = Counter()
    attacked: Counter[str] = Counter()
    with write_events(out) as take, write_lines(labels) if labels else nullcontext() as take_labels, progress_of("Days") as tell:
        for made in simulate(plan):
            take(made.events)
            if take_labels is not None:
                take_labels(made.labels)
            counts.update(event.kind for event in made.events)
            attacked.update(label.attack_kind for label in made.labels)
            tell(made.day + 1, plan.days)
    return counts, attacked


def _show(out: Path, labels: Path | None, counts: Counter[str], attacked: Counter[str], json: bool) -> None:
    from sekisho.cli.output import note, table, write_json

    if json:
        write_json(
            {
                "events_file": str(out),
                "labels_file": labels and str(labels),
                "events": counts.total(),
                "kinds": counts,
                "attacked": attacked,
            }
        )
        return
    table([{"kind": kind, "events": count} for kind, count in counts.most_common()], {"kind": "kind", "events": "events"})
    note(f"{counts.total():,} events in {out}; {attacked.total():,} belong to attacks" + (f": {labels}" if labels else "."))
