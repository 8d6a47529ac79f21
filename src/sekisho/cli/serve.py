"""`sekisho serve`: the portal and the door of programs, over HTTPS."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config

__all__ = ["command"]


def command(
    config: Config = None,
    database: Annotated[str | None, typer.Option(help="The database's URL; a password belongs into database.password_file.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Written as JSON once the server answers.")] = None,
) -> None:
    """Serve until SIGTERM or SIGINT; SIGHUP takes up a renewed certificate."""
    from sekisho.bootstrap.logging import start_logging
    from sekisho.bootstrap.plans import check_ready_to_serve, server_plan
    from sekisho.bootstrap.serving.folder_lock import hold_folder
    from sekisho.bootstrap.serving.server import run_server
    from sekisho.settings import load_settings

    if database is not None:
        os.environ["SEKISHO__DATABASE__URL"] = database  # the worker reads the same settings
    settings = load_settings(config).settings
    start_logging(settings.logging.level, settings.logging.format)
    check_ready_to_serve(settings)
    with hold_folder(settings.server.data_folder, demo=False):
        arguments = {"config": str(config.resolve()) if config else ""}
        run_server(server_plan(settings, "sekisho.bootstrap.application:application", arguments, ready_file))
