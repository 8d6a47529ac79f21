"""`sekisho ip-list`: from where accounts and traders may be reached (R5). A holder's own list is his alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import note, write_json

if TYPE_CHECKING:
    from sekisho.domain.ip_restrictions import AddressList, Entries, Entry

app = typer.Typer(help="Lists of allowed networks: show, set, cancel.", no_args_is_help=True)

Account = Annotated[str | None, typer.Option(help="Number of the account whose list is meant.")]
Trader = Annotated[str | None, typer.Option(help="Username of the trader whose list is meant.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
IdentityCheck = Annotated[str, typer.Option(help="How the customer's identity was checked; kept in the audit log.")]
REFUSED = 2


@app.command("show")
def show_list(account: Account = None, trader: Trader = None, config: Config = None, json: Json = False) -> None:
    """Show a list as it stands, and what waits."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.staff_addresses import Target, list_for_staff

    with open_house(config) as house:
        guarded, kept = list_for_staff(Target(account, trader), house.command_line())
    _print(guarded.id, kept, json)


@app.command("set")
def set_list(
    file: Annotated[str, typer.Argument(help="A file with one network a line, or - for standard input. Empty: any network.")],
    reason: Reason,
    identity_check: IdentityCheck,
    account: Account = None,
    trader: Trader = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and change nothing.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Replace a list. What this forbids is forbidden at once; what it newly allows waits for the delay."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.staff_addresses import Target, change_by_staff
    from sekisho.flows.unlock_login import checked_staff_act

    text = _text(file)
    with open_house(config) as house:
        act = checked_staff_act(actor_name(), reason, identity_check)
        done = change_by_staff(Target(account, trader), text, act, house.command_line(), dry_run=dry_run)
    for one in (*done.mended, *done.problems):
        note(f"line {one.line}: {one.text % one.values}")
    if done.change is None:
        note("Nothing was changed: mend the lines above.")
        raise typer.Exit(REFUSED)
    if dry_run:
        note("Only tried: nothing was changed.")
    _print(done.change.after.owner, done.change.after, json)


@app.command("cancel")
def cancel(
    reason: Reason, identity_check: IdentityCheck, account: Account = None, trader: Trader = None, config: Config = None, json: Json = False
) -> None:
    """Drop the change that waits; what stands now goes on."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.staff_addresses import Target, cancel_by_staff
    from sekisho.flows.unlock_login import checked_staff_act

    with open_house(config) as house:
        act = checked_staff_act(actor_name(), reason, identity_check)
        after = cancel_by_staff(Target(account, trader), act, house.command_line())
    _print(after.owner, after, json)


def _text(file: str) -> str:
    from sekisho.kernel.errors import invalid

    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid("The list cannot be read. It is a text file in UTF-8 with one network a line.", type(error).__name__) from None


def _print(owner: str, kept: AddressList, json: bool) -> None:
    if json:
        pending = None if kept.pending is None else _rows(kept.pending, "pending")
        write_json({"owner": owner, "version": kept.version, "due": kept.due, "entries": _rows(kept.entries, "active"), "pending": pending})
        return
    rows = _rows(kept.entries, "active") + ([] if kept.pending is None else _rows(kept.pending, "pending"))
    show(rows, json, empty="Any network is allowed.")
    if kept.due is not None:
        note(f"What is pending takes effect, and what was forbidden can be taken back until {kept.due:%Y-%m-%d %H:%M} UTC.")


def _rows(entries: Entries, state: str) -> list[dict[str, Any]]:
    return [_row(entry, state) for entry in entries]


def _row(entry: Entry, state: str) -> dict[str, Any]:
    return {"network": str(entry.network), "label": entry.label, "since": entry.since, "until": entry.until, "state": state}
