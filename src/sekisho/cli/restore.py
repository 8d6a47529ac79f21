"""`sekisho restore`: put a backup back, and accept an older copy of the database (R9)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sekisho.cli.options import Config, Json
from sekisho.cli.output import note, progress_of, write_json

__all__ = ["app"]


class _FileFirst(TyperGroup):
    """`sekisho restore FILE` is `sekisho restore from FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["from", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


app = typer.Typer(
    cls=_FileFirst,
    help="Put a backup back: `sekisho restore FILE`. The house then stays closed until `sekisho restore accept`.",
    no_args_is_help=True,
)


@app.command("from")
def put_back(
    file: Annotated[Path, typer.Argument(help="What `sekisho backup` wrote.", exists=True, dir_okay=False)],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Put a backup back into an empty database. Nothing is changed unless the whole file is good."""
    from sekisho.bootstrap.backups import restore_backup
    from sekisho.settings import load_settings

    with progress_of("Restoring") as told:
        manifest = restore_backup(load_settings(config).settings, file, told)
    if as_json:
        write_json({"restored": True, **manifest.shown()})
        return
    typer.echo(f"The backup of {manifest.shown()['made_at']} stands in the database, which is closed: nobody is let in.")
    typer.echo("Bring the exported heads to their place, then: sekisho restore accept --reason TEXT")


@app.command()
def accept(
    reason: Annotated[str, typer.Option(help="Why an older copy was put back; kept in the audit log.")],
    heads: Annotated[
        list[Path] | None, typer.Option(help="Exported heads elsewhere; may be repeated.", exists=True, dir_okay=False)
    ] = None,
    heads_lost: Annotated[bool, typer.Option("--heads-lost", help="Heads are missing for good; some who were stopped get in.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Accept the older copy: end what it would let in, stop again whom the heads name, and open the house."""
    from sekisho.bootstrap.accepting import accept as accept_copy
    from sekisho.bootstrap.command_line import actor_name, open_house

    with open_house(config) as house:
        accepted = accept_copy(house, reason, actor_name(), heads or [], heads_lost)
    if as_json:
        write_json({"accepted": accepted is not None, "restore": accepted})
    elif accepted is None:
        note("There is nothing to accept: this database is not behind its exported heads.")
    else:
        ended = accepted.ended
        typer.echo(f"Accepted. This database is epoch {accepted.epoch}; the house opens within a second.")
        typer.echo(f"{accepted.lost:,} audit entries that heads cover are lost; `audit verify --against` says so from now on.")
        typer.echo(
            f"Ended: {ended.sessions:,} sessions, {ended.ceremonies:,} logins in progress, {ended.codes:,} codes,"
            f" {ended.known_clients:,} known clients, {ended.changes:,} changes that waited, {ended.broker_keys:,} broker keys."
        )
        stopped = ", ".join(f"{count:,} {what}" for what, count in accepted.stopped.items()) or "nobody"
        typer.echo(f"Stopped again: {stopped}. {accepted.passed_over:,} named in the heads are unknown here, or were stopped already.")
