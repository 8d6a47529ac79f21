"""`sekisho doctor`: looks at the installation, changes nothing, and says what mends what. Exit status 1 when a check fails."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json
from sekisho.cli.output import printable, write_json

__all__ = ["command"]

_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "red", "SKIP": "bright_black"}


def command(
    config: Config = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing outside but the database: no DNS, no gateway.")] = False,
    as_json: Json = False,
) -> None:
    """Check this installation against the production checklist, and say what mends it. Exit status 1 when a check fails."""
    from sekisho.bootstrap.doctor.checks import examine
    from sekisho.bootstrap.doctor.finding import Mark
    from sekisho.bootstrap.doctor.scene import scene_of
    from sekisho.kernel.times import utc_now

    scene = scene_of(config, offline, utc_now())
    marks, told = [], []
    try:
        for number, check, found in examine(scene):
            marks.append(found.mark)
            told.append(
                {"number": number, "check": check.name, "title": check.title, "mark": found.mark, "seen": found.seen, "mend": found.mend}
            )
            if not as_json:
                _tell(number, check.title, found.mark, found.seen, found.mend)
    finally:
        scene.close()
    counts = {mark.value: marks.count(mark) for mark in Mark}
    if as_json:
        write_json({"ok": Mark.FAIL not in marks, "counts": counts, "checks": told})
    else:
        typer.echo(", ".join(f"{count} {mark}" for mark, count in counts.items()))
    if Mark.FAIL in marks:
        raise typer.Exit(1)


def _tell(number: int, title: str, mark: str, seen: str, mend: str) -> None:
    colour = _COLOURS[mark] if sys.stdout.isatty() else None
    typer.echo(f"{number:>2} {typer.style(f'{mark:<4}', fg=colour)} {title}: {printable(seen)}")
    if mend:
        typer.echo(f"        mend: {printable(mend)}")
