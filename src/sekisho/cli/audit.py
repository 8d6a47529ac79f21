"""`sekisho audit`: verify, export and witness the audit log (R8).

`verify --file EXPORT --against HEADS --public-key FILE` needs nothing else and runs on any machine; without `--file` it reads the database.
Exit status: 0 the log is what was written, 1 it is not, 2 wrong use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from sekisho.cli.options import Config, Json
from sekisho.cli.output import printable, write_json

if TYPE_CHECKING:
    from sekisho.domain.audit.chain import ChainPoint, SealedEntry
    from sekisho.domain.audit.entry import AuditEntry
    from sekisho.domain.audit.head import Head
    from sekisho.flows.verify_audit import Report, Restore, Unreadable

__all__ = ["app"]

app = typer.Typer(help="Verify and export the tamper-evident audit log.", no_args_is_help=True)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Log:
    """What `verify` reads. total: for the progress bar, None when unknown. public_key (PEM) and mac: of this house, None for a file."""

    start: ChainPoint
    rows: Iterable[SealedEntry | AuditEntry | Unreadable]
    heads: Iterable[Head | Unreadable]
    total: int | None
    public_key: str | None
    mac: Callable[[bytes], bytes] | None


@app.command()
def verify(
    against: Annotated[Path | None, typer.Option(help="The file of exported heads.", exists=True, dir_okay=False)] = None,
    public_key: Annotated[list[Path] | None, typer.Option(help="Public audit key in PEM; once for each key since.", exists=True)] = None,
    file: Annotated[Path | None, typer.Option(help="An export to verify, instead of the database.", exists=True, dir_okay=False)] = None,
    audit_key: Annotated[Path | None, typer.Option(help="Checks the MACs of an export, too.", exists=True, dir_okay=False)] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Say whether the log is what was written, and name the first bad entry if not. Exit status 1 if not."""
    from sekisho.flows.verify_audit import verify_log

    if file and against and not public_key:
        raise typer.BadParameter("heads are checked with the public key of the audit log", param_hint="--public-key")
    with _log(file, against, config) as log:
        pems = [path.read_text("ascii", "replace") for path in public_key or ()] or [log.public_key or ""]
        authentic = _signature_check(pems) if any(pems) else _no_key
        mac = _mac(audit_key) if audit_key else log.mac
        report = verify_log(log.start, _progress(log.rows, log.total, "Verifying"), log.heads, authentic, mac)
    _tell(report, as_json, witnessed=against is not None)
    if not report.ok:
        raise typer.Exit(1)


@app.command()
def export(file: Annotated[Path, typer.Argument(help="A new file.", dir_okay=False)], as_json: Json = False, config: Config = None) -> None:
    """Write the whole log to a file of JSON lines, to keep or to verify elsewhere. Personal fields stay sealed."""
    from sekisho.adapters.audit_heads.export_file import write_export
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.export_audit import export_lines

    with open_house(config) as house, house.storage.reading() as tx:
        total = tx.audit.last_position().position - tx.audit.checkpoint().position + 1
        lines = write_export(file, _progress(export_lines(tx.audit), total, "Exporting"))
    if as_json:
        write_json({"file": str(file), "entries": lines - 1})
        return
    typer.echo(f"{lines - 1:,} entries written to {file}")


@app.command()
def heads(
    last: Annotated[int, typer.Option(help="How many of the newest to show.", min=1, max=1_000_000)] = 20,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Show the newest signed heads of the log, one a line."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.domain.audit.lines import head_line

    with open_house(config) as house, house.storage.reading() as tx:
        newest = tx.audit.last_head()
        for head in tx.audit.heads(max(1, newest.number - last + 1), last) if newest else ():
            moment = _moment(head.at_ms)
            shown = f"{head.number:>9,}  {moment}  position {head.position:>11,}  {head.link[:16]}…  key {head.key_id}  epoch {head.epoch}"
            typer.echo(head_line(head) if as_json else shown)
    if newest is None and not as_json:
        typer.echo("No head yet: the first is signed within a minute of `sekisho serve`.")


@contextmanager
def _log(file: Path | None, against: Path | None, config: Path | None) -> Iterator[_Log]:
    """The exported heads are opened before the log is read: what they cover is then surely in it, though the house goes on."""
    from sekisho.adapters.audit_heads.export_file import read_export
    from sekisho.adapters.audit_heads.file import read_heads
    from sekisho.flows.export_audit import stored_heads, stored_rows

    exported = read_heads(against) if against else None
    if file:
        start, rows = read_export(file)
        yield _Log(start, rows, exported or (), None, None, None)
        return
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        log, start = tx.audit, tx.audit.checkpoint()
        total = log.last_position().position - start.position
        yield _Log(start, stored_rows(log), exported or stored_heads(log), total, house.audit_public_key, house.audit_key.mac)


def _mac(path: Path) -> Callable[[bytes], bytes]:
    from sekisho.adapters.cryptography.audit_key import load_audit_key

    return load_audit_key(path, None).mac


def _signature_check(pems: list[str]) -> Callable[[Head], bool]:
    """A head names its key; a key that we were not given proves nothing."""
    from sekisho.adapters.cryptography.audit_key import load_audit_public_key
    from sekisho.domain.audit.head import authentic

    keys = {key.key_id: key for key in map(load_audit_public_key, pems)}

    def check(head: Head) -> bool:
        key = keys.get(head.key_id)
        return key is not None and authentic(head, lambda data, signature: key.verifies(signature, data))

    return check


def _no_key(head: Head) -> bool:
    return False


def _progress(rows: Iterable[Item], total: int | None, what: str) -> Iterable[Item]:
    """A bar on a terminal; nothing when the error stream goes elsewhere."""
    from rich.console import Console
    from rich.progress import track

    return track(rows, what, total=total, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _tell(report: Report, as_json: bool, witnessed: bool) -> None:
    if as_json:
        write_json({"ok": report.ok, "witnessed": witnessed, **asdict(report)})
        return
    first, end = report.start.position + 1, report.end.position
    typer.echo(f"{report.entries:,} entries" + (f", positions {first:,} to {end:,}" if report.entries else ""))
    if report.erased:
        typer.echo(f"{report.erased:,} of them without their personal fields, which were erased")
    if report.last_head:
        last = report.last_head
        typer.echo(f"{report.heads:,} heads, the last of {_moment(last.at_ms)}, covering position {last.position:,}")
    typer.echo(f"{report.uncovered:,} trailing entries that no head covers, {report.unsealed:,} of them not yet sealed")
    for restore in report.restores:
        typer.echo(printable(_restored(restore)))
    if not witnessed:
        typer.echo("Without --against HEADS a cut tail, or a log signed again with a stolen key, may pass unseen.")
    for finding in report.findings:
        position = "" if finding.position is None else f"position {finding.position:,}: "
        entry = "" if finding.entry is None else f"entry {finding.entry}: "
        typer.echo(printable(f"{finding.fault}: {position}{entry}{finding.detail}"))
    verdict = "The log is what was written." if report.ok else f"The log is NOT what was written: {report.faults:,} faults."
    typer.secho(verdict, fg="green" if report.ok else "red", bold=True)


def _restored(restore: Restore) -> str:
    """In plain words: what a restore lost is no tampering, but it is gone."""
    lost = (
        f"positions {restore.lost_from:,} to {restore.lost_through:,} were lost" if restore.lost else "nothing that a head covers was lost"
    )
    told = f"position {restore.position:,}: an older copy was put back, and accepted {_moment(restore.at_ms)} by {restore.by}"
    return f"{told} ({restore.why}). By this restore {lost}; epoch {restore.epoch} begins."


def _moment(at_ms: int) -> str:
    from sekisho.kernel.times import from_ms

    return from_ms(at_ms).isoformat(sep=" ", timespec="seconds").replace("+00:00", " UTC")
