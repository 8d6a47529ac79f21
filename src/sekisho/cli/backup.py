"""`sekisho backup`: a consistent copy of the database in one file, while the house serves (R9)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json
from sekisho.cli.output import progress_of, write_json

__all__ = ["command"]


def command(
    file: Annotated[Path, typer.Argument(help="A new file; one that exists is never overwritten.", dir_okay=False)],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write a consistent copy of the database to FILE, while it serves.

    The master key and the audit key are never in it. Keep them, and the exported heads, apart from it.
    """
    from sekisho.bootstrap.backups import make_backup
    from sekisho.bootstrap.command_line import actor_name, open_house

    with open_house(config) as house, progress_of("Copying") as told:
        manifest = make_backup(house, file, actor_name(), told)
    if as_json:
        write_json({"file": str(file), **manifest.shown()})
        return
    typer.echo(f"{file}: {manifest.size:,} bytes, audit entries up to {manifest.position:,}, epoch {manifest.epoch}")
    typer.echo("Neither the master key nor the audit key is in it. Keep them, and the exported heads, apart from it.")
