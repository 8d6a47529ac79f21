"""`sekisho breach`: the operator's list of breached passwords (R16, N16)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="The list of breached passwords.", no_args_is_help=True)


@contextmanager
def _bar(size: int) -> Iterator[Callable[[int], None]]:
    """A bar of bytes read, on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda read: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("Reading", total=size)
        yield lambda read: bar.update(task, completed=read)


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="SHA-1 hashes in hexadecimal, one per line.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Replace the list. It takes effect when `serve` is started anew."""
    from sekisho.adapters.breaches import import_breaches
    from sekisho.settings import load_settings

    target = load_settings(config).settings.server.data_folder / "breached_passwords.bin"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _bar(file.stat().st_size) as advance:
        count = import_breaches(file, target, advance)
    show([{"hashes": count, "file": str(target)}], json)
