"""`sekisho install`: what the operating system needs in order to run an installation."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config
from sekisho.cli.output import note, write_json

app = typer.Typer(help="What the operating system needs to run Sekisho: units of systemd.", no_args_is_help=True)


@app.command()
def systemd(
    print_: Annotated[bool, typer.Option("--print", help="Print the units.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write them into this folder, such as /etc/systemd/system.", file_okay=False)] = None,
    account: Annotated[str, typer.Option("--account", help="The account of the operating system that runs Sekisho.")] = "sekisho",
    program: Annotated[Path | None, typer.Option(help="The installed `sekisho`; this one if not given.")] = None,
    backups: Annotated[Path, typer.Option(help="Folder of the nightly backups.")] = Path("/srv/backup"),
    keep: Annotated[int, typer.Option(min=1, max=3650, help="Days that a nightly backup is kept there.")] = 30,
    credential: Annotated[
        list[str] | None, typer.Option(help="section.setting=FILE: a secret that root alone can read; may be repeated.")
    ] = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print them in JSON, by file name.")] = False,
) -> None:
    """Units of systemd that fit the settings: `serve`, hardened, and a backup every night with its timer."""
    from sekisho.bootstrap.units import Installation, units
    from sekisho.kernel.errors import invalid
    from sekisho.settings import load_settings

    if not (print_ or as_json or write):
        raise invalid("Say --print to see the units, or --write FOLDER to write them.")
    loaded = load_settings(config)
    found = program or Path(shutil.which(sys.argv[0]) or sys.argv[0])
    secrets = dict(_pair(one) for one in credential or [])
    place = Installation(account, found.absolute(), loaded.file and loaded.file.absolute(), backups, keep, secrets)
    files = units(loaded.settings, place)
    if write is not None:
        for name, text in files.items():
            (write / name).write_text(text, encoding="utf-8")
            note(f"{write / name} is written.")
        note("Now: systemctl daemon-reload; systemctl enable --now sekisho.service sekisho-backup.timer")
    if as_json:
        write_json({"files": files})
    elif print_:
        typer.echo("\n".join(f"# /etc/systemd/system/{name}\n{text}" for name, text in files.items()), nl=False)


def _pair(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    return name, Path(path)
