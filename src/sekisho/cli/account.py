"""`sekisho account`: accounts and the mandates on them."""

from __future__ import annotations

from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="Accounts and who may act for them.", no_args_is_help=True)


@app.command()
def add(
    number: Annotated[str, typer.Argument(help="The broker's own account number, such as U1000007.")],
    title: Annotated[str, typer.Argument(help="What the account is called on pages.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Add an account."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.add_account import add_account

    with open_house(config) as house:
        account = add_account(number, title, actor_name(), house.command_line())
    show([{"account": account.id, "number": account.number, "title": account.title}], json)


@app.command()
def grant(
    number: Annotated[str, typer.Argument(help="The account's number.")],
    username: Annotated[str, typer.Argument(help="The trader's username.")],
    role: Annotated[str, typer.Option(help="holder, viewer, trader, treasurer or security.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Give a trader a mandate on an account."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.cli.roles import role_named
    from sekisho.flows.add_account import grant_mandate

    with open_house(config) as house:
        mandate = grant_mandate(number, username, role_named(role), actor_name(), house.command_line())
    show([{"mandate": mandate.id, "number": number.upper(), "username": username, "role": mandate.role.value}], json)


@app.command()
def end(
    mandate: Annotated[str, typer.Argument(help="The mandate's id, as `account show` prints it.")],
    reason: Annotated[str, typer.Option(help="Why it ends; kept in the audit log.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """End a mandate at once."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.add_account import end_mandate

    with open_house(config) as house:
        ended = end_mandate(mandate, reason, actor_name(), house.command_line())
    show([{"mandate": ended, "ended": True}], json)


@app.command("show")
def show_account(number: Annotated[str, typer.Argument(help="The account's number.")], config: Config = None, json: Json = False) -> None:
    """Show one account with its mandates, past ones too."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.kernel.errors import missing

    with open_house(config) as house, house.storage.reading() as tx:
        account = tx.accounts.by_number(number.upper())
        if account is None:
            raise missing(f"account {number}")
        rows = [
            {
                "mandate": mandate.id,
                "number": account.number,
                "username": trader.username,
                "role": mandate.role.value,
                "since": mandate.since,
                "until": mandate.until,
            }
            for mandate, trader in tx.accounts.mandates_on(account.id)
        ]
    show(rows, json, empty="Nobody may act for this account yet.")


@app.command("list")
def list_accounts(config: Config = None, json: Json = False) -> None:
    """List all accounts."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        rows = [{"account": a.id, "number": a.number, "title": a.title, "opened": a.opened} for a in tx.accounts.all()]
    show(rows, json, empty="There is no account yet.")


@app.command()
def freeze(
    number: Annotated[str, typer.Argument(help="The account's number.")],
    why: Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Freeze an account: nothing leaves it any more, and what is open on it is cancelled. The broker is told at once."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.freeze_account import freeze_account

    with open_house(config) as house:
        frozen = freeze_account(number, "desk", why, actor_name(), house.command_line())
    show([{"number": frozen.number, "frozen": sorted(frozen.frozen)}], json)


@app.command()
def unfreeze(
    number: Annotated[str, typer.Argument(help="The account's number.")],
    why: Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")],
    identity_check: Annotated[str, typer.Option(help="How the customer's identity was checked anew; kept in the audit log.")],
    lift: Annotated[str, typer.Option(help="Which reason of the freeze is lifted: desk, disputed, monitoring or reported.")] = "desk",
    config: Config = None,
    json: Json = False,
) -> None:
    """Lift one reason of a freeze, after a new identity check; the others stay."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.freeze_account import unfreeze_account
    from sekisho.flows.unlock_login import checked_staff_act

    with open_house(config) as house:
        act = checked_staff_act(actor_name(), why, identity_check)
        account = unfreeze_account(number, lift, act, house.command_line())
    show([{"number": account.number, "frozen": sorted(account.frozen)}], json)
