"""How the command line speaks: tables for people, JSON with stable keys for programs, complaints on standard error.

Whatever stands in a value, it stays a value: control characters are escaped, so no name can paint or forge a terminal's lines.
"""

from __future__ import annotations

import dataclasses
import getpass
import json as _json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import typer

from sekisho.kernel.errors import invalid
from sekisho.kernel.secrets import Secret
from sekisho.kernel.times import show_duration

__all__ = ["ask_secret", "complain", "note", "plain", "printable", "progress", "progress_of", "record", "table", "write_json"]

Item = TypeVar("Item")
HIDDEN = "***"


def plain(value: Any) -> Any:
    """A value as JSON has it: times as RFC 3339 in UTC, durations as "15m", secrets as ***."""
    match value:
        case Secret():
            return HIDDEN
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case datetime() if value.tzinfo is not None:
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return show_duration(value)
        case Mapping():
            return {str(key): plain(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(part) for part in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        case _:
            return str(value)


def printable(value: Any) -> str:
    """One line of text for a terminal; control and direction characters are escaped."""
    simple = plain(value)
    if simple is None:
        return ""
    if isinstance(simple, bool):
        return "yes" if simple else "no"
    text = ", ".join(map(printable, simple)) if isinstance(simple, list) else simple if isinstance(simple, str) else _json.dumps(simple)
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def write_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(_json.dumps(plain(value), ensure_ascii=False, indent=2))


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], json: bool = False) -> None:
    """rows by key; columns: key → heading, in their order. json: a list of objects with exactly these keys."""
    chosen = [{key: row.get(key) for key in columns} for row in rows]
    if json:
        write_json(chosen)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in columns.values():
        drawn.add_column(heading, overflow="fold")
    for row in chosen:
        drawn.add_row(*(Text(printable(value)) for value in row.values()))
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(drawn if chosen else "Nothing to show.")


def record(values: Mapping[str, Any], names: Mapping[str, str], json: bool = False) -> None:
    """One object: names: key → heading. json: one object with exactly these keys."""
    chosen = {key: values.get(key) for key in names}
    if json:
        write_json(chosen)
        return
    width = max(map(len, names.values()), default=0)
    for key, heading in names.items():
        typer.echo(f"{heading:<{width}}  {printable(chosen[key])}")


def note(text: str) -> None:
    """A remark beside the result, on standard error, so that it never mixes with JSON."""
    typer.echo(text, err=True)


def complain(message: str, detail: str = "", fields: Mapping[str, str] | None = None, advice: str = "") -> int:
    """What went wrong and what to do, each line of standard error after `sekisho:`. Returns 0, for `or`."""
    first = " ".join(part for part in (message, f"({detail})" if detail else "", advice) if part)
    lines = [first, *(f"  {name}: {text}" for name, text in (fields or {}).items())]
    for line in lines:
        typer.echo(f"sekisho: {printable(line)}", err=True)
    return 0


def progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    """The items, with a bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=label, console=Console(stderr=True))


@contextmanager
def progress_of(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Told how much is done, of how much (None: unknown); a bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def ask_secret(prompt: str, *, again: bool = False) -> Secret:
    """A secret from the terminal, unseen, or from one line of standard input; never from the command line (ps shows that).

    again: on a terminal it is asked twice. Raises SekishoError when it is empty or the two differ.
    """
    if sys.stdin.isatty():
        entered = getpass.getpass(f"{prompt}: ")
        if again and getpass.getpass(f"{prompt}, again: ") != entered:
            raise invalid("The two entries differ.")
    else:
        entered = sys.stdin.readline().rstrip("\r\n")
    if not entered:
        raise invalid("Nothing was entered.", "type it, or give it as one line of standard input")
    return Secret(entered)
