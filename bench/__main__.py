"""`make bench`: all measurements, or one; a table, and JSON on request."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import alike, checks, crowd, lists, logins, passwords, sizes
from bench.brokerage import Brokerage, open_brokerage
from bench.figures import Figure
from bench.machine import cores, describe
from bench.monitoring import features, rules, verdicts
from bench.postgres import postgres
from bench.run import Run
from bench.workers import worker

_ON_SERVER: dict[str, Callable[[Run], list[Figure]]] = {
    "passwords": passwords.measure,
    "quickness": checks.measure_quickness,
    "cost": checks.measure_cost,
    "crowd": crowd.measure,
    "lists": lists.measure,
    "flood": logins.measure_flood,
    "alike": alike.measure,
    "logins": logins.measure_logins,
    "verdicts": verdicts.measure,
}
_ALONE: dict[str, Callable[[], list[Figure]]] = {
    "features": features.measure,
    "rules": rules.measure,
    "start": sizes.measure_start,
    "installation": sizes.measure_installation,
}
_NAMES = (*_ON_SERVER, "memory", *_ALONE)
_TRADERS = 345 + 12 * cores()  # what all measurements take together


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Benchmarks beside their bare loops, in one run.")
    parser.add_argument("--only", choices=_NAMES, action="append", help="this measurement alone (may be given several times)")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of one window of a measurement (default: 6)")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL of the bench's own instead of SQLite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    return parser.parse_args()


@contextmanager
def _brokerage(on_postgres: bool) -> Iterator[Brokerage]:
    with (
        tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder,
        postgres() if on_postgres else nullcontext("") as database,
        worker("gateway") as gateway,
        open_brokerage(Path(folder), gateway.end()["port"], database, _TRADERS) as brokerage,
    ):
        yield brokerage


def _measure(wanted: list[str], brokerage: Brokerage, seconds: float, say: Callable[[str], None]) -> list[Figure]:
    figures: list[Figure] = []
    if "memory" in wanted:
        figures += _tried("memory", partial(sizes.measure_memory, brokerage), say)
    if set(wanted) & set(_ON_SERVER):
        with brokerage.serving() as server:
            run = Run(brokerage, server, seconds)
            for name, measure in _ON_SERVER.items():
                if name in wanted:
                    figures += _tried(name, partial(measure, run), say)
    return figures


def _tried(name: str, measure: Callable[[], list[Figure]], say: Callable[[str], None]) -> list[Figure]:
    """What it measured; one that fails is told as not met, and the others go on."""
    say(f"… {name}")
    try:
        figures = measure()
    except (RuntimeError, OSError) as error:
        say(f"    failed: {error}")
        return [Figure(f"{name}: failed", None, "", "to be measured", False, {"error": str(error)})]
    for one in figures:
        say(f"    {one.name}: {'not measured' if one.value is None else f'{one.value:.4g} {one.unit}'}")
    return figures


def _shown(figures: list[Figure]) -> Table:
    table = Table(title="Sekisho beside its bare loops, on this machine")
    for heading in ("figure", "value", "target", ""):
        table.add_column(heading, justify="right" if heading in ("value", "target") else "left")
    for one in figures:
        value = "not measured" if one.value is None else f"{one.value:.4g} {one.unit}".strip()
        verdict = {True: "[green]met", False: "[red]not met", None: "[yellow]?" if one.target else ""}[one.met]
        table.add_row(one.name, value, f"{one.target} {one.unit}".strip() if one.target else "", verdict)
    return table


def main() -> int:
    """1 when a target was not met."""
    asked = _arguments()
    wanted = asked.only or list(_NAMES)
    console = Console()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        machine = describe(Path(folder)) | {"database": "PostgreSQL" if asked.postgres else "SQLite"}
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    say = partial(print, file=sys.stderr, flush=True)
    if set(wanted) - set(_ALONE):
        with _brokerage(asked.postgres) as brokerage:
            figures += _measure(wanted, brokerage, asked.seconds, say)
    for name, alone in _ALONE.items():
        if name in wanted:
            figures += _tried(name, alone, say)
    console.print(_shown(figures))
    if asked.json:
        document = {"at": datetime.now(UTC).isoformat(), "machine": machine, "figures": [one.as_json() for one in figures]}
        asked.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(one.met is False for one in figures))


if __name__ == "__main__":
    sys.exit(main())
