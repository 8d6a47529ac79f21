"""`sekisho config`: a template to start from, a check before a restart, and what is in force and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.output import note, printable, table, write_json
from sekisho.kernel.errors import SekishoError
from sekisho.settings import Loaded, load_settings, reference, show_settings, template

__all__ = ["AsJson", "ConfigFile", "app", "read_settings"]

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings' file; else SEKISHO_CONFIG, /etc/sekisho/sekisho.toml or ./sekisho.toml."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON with stable keys, for programs.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Settings: a template, a check, and what is in force.")


def read_settings(config: Path | None, **options: tuple[str, str] | None) -> Loaded:
    """The settings for a command. options: `database__url=("--database", "sqlite:///x.db")`, None when it was not given."""
    given = {name.replace("__", "."): option for name, option in options.items() if option is not None}
    return load_settings(config, options=given)


@app.command("template")
def print_template(
    markdown: Annotated[bool, typer.Option("--markdown", hidden=True, help="The reference of docs/settings.md.")] = False,
) -> None:
    """Print a complete settings file: every key with its default, meaning, bounds and their source."""
    typer.echo(reference() if markdown else template(), nl=False)


@app.command()
def validate(config: ConfigFile = None, json: AsJson = False) -> None:
    """Check file and environment; every problem is told at once, with its place. Exit code 2 if there is one.

    Valid settings may still lack what `serve` needs: that is said too.
    """
    from sekisho.bootstrap.plans import check_ready_to_serve

    loaded, lack = read_settings(config), ""
    try:
        check_ready_to_serve(loaded.settings)
    except SekishoError as error:
        lack = f"{error.public_message} ({error.detail})" if error.detail else error.public_message
    if json:
        write_json({"file": str(loaded.file or ""), "given": len(loaded.origins), "serves": not lack, "lack": lack})
        return
    typer.echo(f"The settings are valid ({printable(loaded.file or 'no file')}, {len(loaded.origins)} values given).")
    if lack:
        note(f"`sekisho serve` does not start with them yet: {lack}")


@app.command()
def show(
    config: ConfigFile = None,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value comes from.")] = False,
    json: AsJson = False,
) -> None:
    """Show the settings in force. Secrets are shown as ***."""
    rows = [{"key": row.key, "value": row.value, "origin": row.origin} for row in show_settings(read_settings(config))]
    columns = {"key": "key", "value": "value"} | ({"origin": "origin"} if origin else {})
    table(rows, columns, json)
