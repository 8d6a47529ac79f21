"""`sekisho demo attack NAME`: plays an attack on the running demo, and tells what becomes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.options import Json
from sekisho.texts.catalogue import N_, Language

if TYPE_CHECKING:
    from sekisho.demo.attacks.story import Step

__all__ = ["NAMES", "attack"]

NAMES = ("takeover", "cash", "stuffing", "session")
EXIT_SUCCEEDED = 1  # the thief has what he came for


def attack(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(NAMES)}.", metavar="NAME")],
    data: Annotated[Path | None, typer.Option(help="The running demo's folder. Default: ~/.local/share/sekisho/demo")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="The running demo's ready file, in place of its folder.")] = None,
    language: Annotated[str, typer.Option(help="Of what is told: en or ja.")] = "en",
    json: Json = False,
) -> None:
    """Play an attack on the running demo: takeover (sell all, buy a thin stock), cash (another bank account, then withdraw), stuffing
    (stolen passwords by the dozen), session (a copied token). Real logins over HTTP from other addresses of this machine, which stand for
    foreign networks. Ends with 1 if the attack was not stopped."""
    from sekisho.cli.output import write_json
    from sekisho.demo.attacks.plays import play
    from sekisho.demo.attacks.story import AttackName
    from sekisho.demo.attacks.target import find_target
    from sekisho.demo.folder import DemoFolder
    from sekisho.demo.running import default_folder
    from sekisho.kernel.errors import invalid

    if name not in NAMES:
        raise invalid("There is no attack of that name.", f"{name}: one of {', '.join(NAMES)}")
    if language not in list(Language):
        raise invalid("The language is en or ja.", language)
    target = find_target(ready_file or DemoFolder(data or ctx.obj or default_folder()).running)
    with _shown(Language(language), json) as tell:
        story = play(AttackName(name), target, Language(language), tell)
    if json:
        write_json({part: getattr(story, part) for part in ("attack", "victim", "stopped", "outcome", "page", "steps")})
    else:
        typer.echo(f"\n{story.outcome}\n{story.page}")
    if not story.stopped:
        raise typer.Exit(EXIT_SUCCEEDED)


@contextmanager
def _shown(language: Language, json: bool) -> Iterator[Callable[[Step], None]]:
    """A table that grows with each step; on a terminal while it happens, else at the end."""
    if json:
        yield lambda step: None
        return
    from rich import box
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    from sekisho.cli.output import printable
    from sekisho.demo.attacks.story import VERDICT_WORDS, WHO_WORDS
    from sekisho.texts.catalogue import translator

    words = translator(language)
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_lines=True)
    for heading, width in ((N_("Who does it"), 8), (N_("What happens"), 44), (N_("Verdict"), 10), (N_("Reasons"), None)):
        drawn.add_column(words.text(heading), overflow="fold", min_width=width)
    console = Console(width=None if sys.stdout.isatty() else 160)
    with Live(drawn, console=console, auto_refresh=False, vertical_overflow="visible") as live:

        def tell(step: Step) -> None:
            reasons = "\n".join(printable(one.text) for one in step.reasons[:_TOLD])
            verdict = Text(words.text(VERDICT_WORDS[step.verdict]) if step.verdict else "", style=_COLOURS[step.verdict])
            drawn.add_row(words.text(WHO_WORDS[step.who]), Text(printable(step.what)), verdict, Text(reasons))
            live.update(drawn, refresh=console.is_terminal)

        yield tell


_TOLD = 2  # reasons of a step, the sternest; JSON and the page have all
_COLOURS = {"": "", "allow": "green", "challenge": "yellow", "hold": "bold yellow", "refuse": "bold red"}
