"""The command line. Each command's module is imported when it is called, so that `sekisho --help` answers at once.

A broken rule of use ends with clear lines on standard error and exit code 2, never with a traceback (`SEKISHO_DEBUG=1` shows it).
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from sekisho import __version__
from sekisho.cli.output import complain
from sekisho.kernel.errors import Kind, SekishoError

__all__ = ["COMMANDS", "app", "run"]

COMMANDS = {
    "serve": "Serve the doors of the house: portal and programs.",
    "demo": "Open a seeded brokerage to look around in; play an attack on it: attack.",
    "config": "Settings: a template, a check, and what is in force.",
    "account": "Brokerage accounts: add, show, list.",
    "trader": "People who log in: add, show, list, reset, unlock.",
    "session": "Live sessions: list, end.",
    "ip-list": "Allowed networks of accounts and traders: show, set, cancel.",
    "broker-key": "Keys of the broker's own systems: add, rotate, revoke, list.",
    "webhook": "What the broker is told: key, list, retry.",
    "audit": "The audit log: verify, export, heads.",
    "keyring": "The master keys: init, show, add, rotate, retire.",
    "notices": "What customers are written: a gallery of every message.",
    "mail": "Mail of the firm: a key that signs, a test.",
    "outbox": "Messages on their way: waiting, dead, retry, bounce.",
    "backup": "Write a consistent copy of the database, while it serves.",
    "restore": "Put a backup back; accept an older copy: accept.",
    "rules": "Rules of monitoring: check, test, publish, approve, roll back.",
    "list": "Lists that rules ask: add, remove, show.",
    "verdict": "What monitoring said, and why: explain, list.",
    "events": "The event log of monitoring: export, show, counts.",
    "simulate": "Make a brokerage's days, honest and attacked, as files to try rules on.",
    "report": "What rules catch and miss of a labelled market: detection.",
    "doctor": "Check this installation, and say what mends it.",
    "install": "Units of systemd that fit this installation.",
    "ca": "The local certificate authority: how to trust it.",
    "breach": "Passwords known from breaches: import a list.",
}

EXIT_REFUSED = 2  # the input or the settings break a rule of use
EXIT_FAILED = 1
EXIT_PIPE = 141  # 128 + SIGPIPE, as other programs end when nobody reads on


class LazyGroup(TyperGroup):
    """Knows names and one-line helps of its commands; loads the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": {name: TyperCommand(name, help=text) for name, text in COMMANDS.items()}})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load_command(str(name)), rest


def load_command(name: str) -> Any:
    """The command of `sekisho.cli.NAME`: its function `command`, or its typer.Typer, called `app` or like the module.

    The commands of a Typer stand below the module's name; an only command that bears this very name is the command itself.
    """
    module = import_module(f"sekisho.cli.{name.replace('-', '_')}")
    commands: typer.Typer | None = getattr(module, "app", getattr(module, name, None))
    only = commands.registered_commands[0] if commands and len(commands.registered_commands) == 1 else None
    function = module.command if commands is None else only.callback if only and _named(only) == name else None
    if function is not None:
        alone = typer.Typer(add_completion=False)
        alone.command(name, help=only.help if only else None)(function)
        return typer.main.get_command(alone)
    assert commands is not None
    group = typer.main.get_group(commands)
    group.name, group.no_args_is_help = name, not group.invoke_without_command
    return group


def _named(command: Any) -> str:
    return str(command.name or command.callback.__name__)


app = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sekisho {__version__}")
        raise typer.Exit


@app.callback()
def sekisho(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and end.")] = False,
) -> None:
    """Sekisho protects the accounts of an online brokerage: login, lockout, automatic logoff, and proof of it all."""


def run() -> None:
    """The `sekisho` program."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    """The exit code. Everything unexpected becomes a line; nobody but a developer needs a traceback."""
    try:
        typer.main.get_command(app).main(arguments, prog_name="sekisho")
        sys.stdout.flush()
    except SystemExit as end:
        return _flushed(end.code if isinstance(end.code, int) else EXIT_FAILED if end.code else 0)
    except BrokenPipeError:
        return _silenced()
    except SekishoError as error:
        _trace()
        return complain(str(error.public_message), error.detail, error.fields, _advice(error)) or EXIT_REFUSED
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        _trace()
        text = f"{type(error).__name__}: {error}"
        return complain("Something unexpected went wrong.", text, {}, "SEKISHO_DEBUG=1 shows where.") or EXIT_FAILED
    return 0


def _advice(error: SekishoError) -> str:
    if error.kind is Kind.UNAVAILABLE:
        seconds = error.retry_after.total_seconds() if error.retry_after else 2
        return f"Try again in {seconds:.0f} s."
    if error.kind is Kind.MISSING:
        return "The `list` commands show what there is."
    return "Nothing was changed."


def _trace() -> None:
    if os.environ.get("SEKISHO_DEBUG") == "1":
        traceback.print_exc()


def _flushed(code: int) -> int:
    """What stands in the buffer of standard output may still meet a reader who has left."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silenced()
    return code


def _silenced() -> int:
    """Python would complain about the pipe once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_PIPE
