"""Options that most commands have, and rows that most of them print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from sekisho.cli.output import note, table, write_json

__all__ = ["Config", "Json", "show"]

Config = Annotated[Path | None, typer.Option("--config", help="The settings file.", exists=True, dir_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def show(rows: Sequence[Mapping[str, Any]], json: bool, empty: str = "") -> None:
    """Rows with their keys as headings, or as a JSON list; `empty` is said when there is none."""
    if rows:
        table(rows, {key: key.replace("_", " ") for key in rows[0]}, json)
    elif json:
        write_json([])
    elif empty:
        note(empty)
