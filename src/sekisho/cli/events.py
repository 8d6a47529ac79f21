"""`sekisho events`: the event log of monitoring."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import note, record, write_json

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["app"]

app = typer.Typer(help="The event log of monitoring.", no_args_is_help=True)

Since = Annotated[str | None, typer.Option(help="From this day or time on, such as 2026-11-01 or 2026-11-01T09:00, in the firm's zone.")]
Until = Annotated[str | None, typer.Option(help="Before this day or time.")]


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file: JSON lines, or Parquet when it ends in .parquet.", dir_okay=False)],
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet, whatever the name; needs sekisho[parquet].")] = False,
    since: Since = None,
    until: Until = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Write events with their verdicts to a file of mode 0600, in the order of the log. It is named in the audit log."""
    from sekisho.adapters.event_files import LoggedLine, new_file, write_events
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.cli.output import progress_of
    from sekisho.flows.export_events import export_events

    with open_house(config) as house:
        deps = house.command_line()
        zone = deps.policies.firm.time_zone
        begin, end = _moment(since, zone), _moment(until, zone)
        with new_file(file, ".parquet" if parquet else "") as part, write_events(part, LoggedLine) as take, progress_of("Events") as tell:
            count = export_events(lambda rows: take([LoggedLine.of(row) for row in rows]), begin, end, actor_name(), deps, tell)
    if json:
        write_json({"file": str(file), "events": count})
    else:
        note(f"{count:,} events written to {file}. They say what customers did and from where: keep them accordingly.")


@app.command("show")
def show_event(
    event: Annotated[str, typer.Argument(help="The event's number or id, or an instruction's id or reference.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Show all that the log knows of an event. `sekisho verdict explain` says why it was judged so."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.explain_verdict import event_fields, logged_event

    with open_house(config) as house, house.storage.reading() as tx:
        logged, _ = logged_event(event, tx)
    fields = event_fields(logged.event) | {"verdict": logged.verdict, "points": logged.points, "rules": logged.rules}
    record(fields, {name: name for name in fields}, json)


@app.command()
def counts(since: Since = None, until: Until = None, config: Config = None, json: Json = False) -> None:
    """Count events by kind, and what was said of them."""
    from datetime import UTC

    from sekisho.bootstrap.command_line import open_house
    from sekisho.domain.monitoring.verdict import Verdict

    with open_house(config) as house:
        zone = house.command_line().policies.firm.time_zone
        begin, end = _moment(since, zone), _moment(until, zone)
        with house.storage.reading() as tx:
            found = tx.events.counts(begin or datetime(1970, 1, 1, tzinfo=UTC), end or datetime(9999, 1, 1, tzinfo=UTC))
    by_kind: dict[str, Counter[str]] = {}
    for kind, verdict, count in found:
        by_kind.setdefault(kind, Counter())[verdict] += count
    rows = [
        {"kind": kind, "events": said.total(), **{verdict.value: said[verdict.value] for verdict in Verdict}}
        for kind, said in by_kind.items()
    ]
    show(rows, json, empty="The event log is empty for that time.")


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A time without its offset is the firm's. Raises INVALID."""
    from datetime import UTC

    from sekisho.kernel.errors import invalid

    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("Write a day as 2026-11-01, or a time as 2026-11-01T09:00.", text) from None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
