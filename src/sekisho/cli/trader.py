"""`sekisho trader`: people who can log in. No password is ever typed or shown here (R16)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.options import Config, Json, show

if TYPE_CHECKING:
    from sekisho.flows.add_account import TraderAdded

app = typer.Typer(help="Traders: enrol, reset, unlock.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; kept in the audit log.")]
IdentityCheck = Annotated[str, typer.Option(help="How the customer's identity was checked; kept in the audit log.")]
Username = Annotated[str, typer.Argument(help="The trader's username.")]


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="4 to 32 of a-z, 0-9, dot, hyphen, underscore.")],
    name: Annotated[str, typer.Option(help="The person's name.")],
    phone: Annotated[str, typer.Option(help="Mobile phone with country code, such as +819012345678.")],
    email: Annotated[str, typer.Option(help="E-mail address of the notices, the second way to the trader.")] = "",
    account: Annotated[list[str] | None, typer.Option(help="NUMBER:ROLE; may be repeated.")] = None,
    language: Annotated[str, typer.Option(help="en or ja.")] = "ja",
    config: Config = None,
    json: Json = False,
) -> None:
    """Add a trader and print his activation code, once. He sets his own password at /activate."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.cli.roles import account_roles
    from sekisho.flows.add_account import NewTrader, add_trader

    new = NewTrader(username, name, phone, language, account_roles(account or []), email)
    with open_house(config) as house:
        added = add_trader(new, actor_name(), house.command_line())
    _show_activation(added, json)


@app.command()
def reset(
    username: Username,
    reason: Reason,
    identity_check: IdentityCheck,
    phone: Annotated[str | None, typer.Option(help="A new mobile phone, if the registered one is lost.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Forgotten password or lost phone: end all sessions and print a new activation code, once."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.reset_trader import reset_trader
    from sekisho.flows.unlock_login import checked_staff_act

    with open_house(config) as house:
        act = checked_staff_act(actor_name(), reason, identity_check)
        added = reset_trader(username, phone, act, house.command_line())
    _show_activation(added, json)


@app.command()
def unlock(username: Username, reason: Reason, identity_check: IdentityCheck, config: Config = None, json: Json = False) -> None:
    """Lift every restriction of a trader's login. The sum of failures stays as it is."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.unlock_login import checked_staff_act, unlock_login

    with open_house(config) as house:
        act = checked_staff_act(actor_name(), reason, identity_check)
        lifted = unlock_login(username, act, house.command_line())
    show([{"username": username, "restrictions_lifted": lifted}], json)


@app.command("show")
def show_trader(username: Username, config: Config = None, json: Json = False) -> None:
    """Show one trader with the dated life of his authenticators. Phone number and e-mail address are masked."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.see_trader import see_trader

    with open_house(config) as house:
        card, now = see_trader(username, house.command_line()), house.clock()
    show([card.facts(now)], json)
    if not json:
        show(card.life(), json, empty="")


@app.command("list")
def list_traders(config: Config = None, json: Json = False) -> None:
    """List all traders."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        rows = [
            {"trader": t.id, "username": t.username, "name": t.name, "added": t.added, "activated": t.activated} for t in tx.traders.all()
        ]
    show(rows, json, empty="There is no trader yet.")


def _show_activation(added: TraderAdded, json: bool) -> None:
    rows: list[dict[str, str | datetime]] = [
        {
            "trader": added.trader.id,
            "username": added.trader.username,
            "activation_code": added.activation_code.reveal(),
            "valid_until": added.expires,
        }
    ]
    show(rows, json)
    if not json:
        typer.echo("Hand this code over in person or by post. It works once and is not shown again.")
