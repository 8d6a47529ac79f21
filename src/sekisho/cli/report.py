"""`sekisho report`: what the rules catch, miss and wrongly say of a labelled market."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.options import Json

if TYPE_CHECKING:
    from sekisho.demo.detection.figures import Detection
    from sekisho.domain.monitoring.rule import RuleBook

__all__ = ["app"]

app = typer.Typer()


@app.callback()
def report() -> None:
    """Reports on rules: detection."""


@app.command()
def detection(
    events: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Accepted events: JSON lines or Parquet, as of `simulate`.")],
    labels: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Which event belongs to which attack, as JSON lines.")],
    rules: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A file of rules. Default: the shipped ones.")] = None,
    warm_up: Annotated[int, typer.Option(min=0, help="First days that are replayed and not counted, for habits to form.")] = 20,
    picture: Annotated[Path | None, typer.Option(help="Where a picture of it goes, as SVG.")] = None,
    json: Json = False,
) -> None:
    """Replay labelled events through engine and rules: recall, precision, delay, false challenges and holds."""
    from sekisho.cli.output import progress_of, write_json
    from sekisho.demo.detection.drawing import draw
    from sekisho.demo.detection.replay import detect
    from sekisho.demo.simulation.files import read_events, read_labels
    from sekisho.domain.monitoring.policy import MonitoringPolicy

    book = _book(rules)
    with progress_of("Events") as tell:
        found = detect(read_events(events), read_labels(labels), book, MonitoringPolicy(), warm_up, tell)
    if picture is not None:
        picture.write_text(draw(found), encoding="utf-8")
    if json:
        write_json(found)
    else:
        _show(found)


def _book(path: Path | None) -> RuleBook:
    from sekisho.domain.monitoring.rule_text import read_rules
    from sekisho.domain.monitoring.shipped import shipped_book
    from sekisho.kernel.errors import invalid

    if path is None:
        return shipped_book()

    read = read_rules(path.read_text(encoding="utf-8"))
    if isinstance(read, tuple):
        raise invalid("The file of rules has problems. `sekisho rules check` shows each.", f"{path}: {read[0]}")
    return read


def _show(found: Detection) -> None:
    from sekisho.cli.output import note, table
    from sekisho.demo.detection.tables import about, kinds, missed, rules

    for rows in (kinds(found), rules(found), missed(found), about(found)):
        if rows:
            table(rows, {key: key for key in rows[0]})
    note(f"{found.events:,} events in {found.seconds:.0f} s; rules {found.rules[:12]}")
