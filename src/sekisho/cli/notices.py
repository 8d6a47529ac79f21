"""`sekisho notices`: what the firm writes to its customers, to be read before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="What the firm writes to its customers.", no_args_is_help=True)


@app.command()
def gallery(
    file: Annotated[Path, typer.Argument(help="The page to write, such as notices.html; one that is there is replaced.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Write every notice and code, on every way and in every language of the firm, into one page."""
    from sekisho.bootstrap.gallery import draw_gallery
    from sekisho.kernel.errors import invalid
    from sekisho.settings import load_settings
    from sekisho.texts.catalogue import N_

    page = draw_gallery(load_settings(config).settings)
    try:
        file.write_text(page, "utf-8")
    except OSError as error:
        raise invalid(N_("The file cannot be written."), f"{file}: {error.strerror}") from None
    show([{"file": str(file)}], json)


@app.callback()
def notices() -> None:
    """What the firm writes to its customers."""
