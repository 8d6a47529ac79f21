"""`sekisho list`: members of the lists that rules ask, such as networks of which the desk knows no good."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.options import Config, Json, show

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sekisho.domain.monitoring.listing import Member

__all__ = ["app"]

app = typer.Typer(help="Lists that rules ask: add, remove, show.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The list, as the rules declare it.")]
Named = Annotated[str, typer.Argument(metavar="MEMBER", help="A network, payee, symbol, account number…, as the list's declaration says.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with it and in the audit log.")]


@app.command()
def add(
    name: Name,
    member: Named,
    why: Why,
    expires: Annotated[str, typer.Option(help="When it ends: 30d, a day such as 2026-12-31, or never.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Put a member into a list. Rules see it within a second; one that stands there already gets the new reason and end."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.change_rule_list import add_to_list

    with open_house(config) as house:
        deps = house.command_line()
        until = _until(expires, deps.clock(), deps.policies.firm.time_zone)
        added = add_to_list(name, member, until, why, actor_name(), deps)
    show([_row(added)], json)


@app.command()
def remove(name: Name, member: Named, why: Why, config: Config = None, json: Json = False) -> None:
    """Take a member out of a list. What was said because of it stays as it was said."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.change_rule_list import remove_from_list

    with open_house(config) as house:
        removed = remove_from_list(name, member, why, actor_name(), house.command_line())
    show([_row(removed) | {"removed": True}], json)


@app.command("show")
def show_list(
    name: Annotated[str | None, typer.Argument(help="The list; without it, all of them with their sizes.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Show the members of a list, expired ones too; or which lists there are."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.change_rule_list import show_lists

    with open_house(config) as house:
        deps = house.command_line()
        lists, now = show_lists(name, deps), deps.clock()
    if name is None:
        rows = [{"list": one.name, "of": one.field, "members": sum(_stands(each, now) for each in one.members)} for one in lists]
        show(rows, json, empty="The rules in force declare no list.")
    else:
        show([_row(each) | {"stands": _stands(each, now)} for each in lists[0].members], json, empty="Nothing stands in it.")


def _stands(member: Member, now: datetime) -> bool:
    return member.expires is None or member.expires > now


def _row(member: Member) -> dict[str, Any]:
    return {
        "list": member.list,
        "member": member.member,
        "expires": member.expires,
        "why": member.why,
        "added_by": member.added_by,
        "added": member.added,
    }


def _until(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of a day is the firm's midnight. Raises INVALID."""
    from datetime import UTC, date, time, timedelta

    from sekisho.kernel.errors import invalid
    from sekisho.kernel.times import parse_duration

    if text == "never":
        return None
    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), zone).astimezone(UTC)
    except ValueError:
        raise invalid("Write when it ends as 30d, as a day such as 2026-12-31, or as never.", "expires") from None
