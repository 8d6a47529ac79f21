"""`sekisho broker-key`: keys of the broker's own systems (R15). A key is printed once, when it is made; only its hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import note

if TYPE_CHECKING:
    from sekisho.domain.broker_access import BrokerKey, Scope
    from sekisho.flows.broker_keys import KeyIssued

app = typer.Typer(help="Keys of the broker's own systems.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The system that holds it, such as order-desk.")]
Days = Annotated[int, typer.Option(min=1, max=90, help="How long it is good.")]


@app.command()
def add(
    name: Name,
    scope: Annotated[list[str] | None, typer.Option(help="accounts, traders, events or instructions; may be repeated.")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="A network or address it may come from; may be repeated.")] = None,
    days: Days = 90,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a key and print it, once. Without a scope it opens nothing; the scope instructions needs a list of networks."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.broker_keys import add_broker_key

    scopes = _scopes(scope or [])
    with open_house(config) as house:
        issued = add_broker_key(name, scopes, tuple(ip or ()), timedelta(days=days), actor_name(), house.command_line())
    _show_issued(issued, json)


@app.command()
def rotate(
    name: Name,
    days: Days = 90,
    overlap: Annotated[str, typer.Option(help="How long the older key stays good, such as 24h, or 0s.")] = "24h",
    config: Config = None,
    json: Json = False,
) -> None:
    """Make a new key with the same scopes and networks, and print it, once. The older one stays good for the overlap."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.broker_keys import rotate_broker_key
    from sekisho.kernel.errors import invalid
    from sekisho.kernel.times import parse_duration

    try:
        span = parse_duration(overlap)
    except ValueError:
        raise invalid("Write the overlap like 24h or 15m.", "overlap") from None
    with open_house(config) as house:
        issued = rotate_broker_key(name, timedelta(days=days), span, actor_name(), house.command_line())
    _show_issued(issued, json)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The system, whose keys all end, or the prefix of one key, sek_….")],
    config: Config = None,
    json: Json = False,
) -> None:
    """End keys at once."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.broker_keys import revoke_broker_key

    with open_house(config) as house:
        ended = revoke_broker_key(name, actor_name(), house.command_line())
    show([{"name": key.client, "prefix": key.prefix, "revoked": True} for key in ended], json)


@app.command("list")
def list_keys(
    past: Annotated[bool, typer.Option("--past", help="Also expired and revoked ones.")] = False, config: Config = None, json: Json = False
) -> None:
    """List keys by their prefix, with what they open and when they end."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.flows.broker_keys import list_broker_keys

    with open_house(config) as house:
        deps, now = house.command_line(), house.clock()
        rows = [_row(key, now) for key in list_broker_keys(deps, past=past)]
    show(rows, json, empty="There is no key yet.")


def _scopes(named: list[str]) -> frozenset[Scope]:
    from sekisho.domain.broker_access import Scope
    from sekisho.kernel.errors import invalid

    try:
        return frozenset(Scope(name) for name in named)
    except ValueError:
        raise invalid("The scope is accounts, traders, events or instructions.", "scope") from None


def _row(key: BrokerKey, now: datetime) -> dict[str, Any]:
    return {
        "name": key.client,
        "prefix": key.prefix,
        "state": "revoked" if key.revoked else "live" if key.live(now) else "expired",
        "scopes": sorted(key.scopes),
        "networks": [str(network) for network in key.networks],
        "made": key.made,
        "expires": key.expires,
        "last_used": key.last_used,
    }


def _show_issued(issued: KeyIssued, json: bool) -> None:
    key = issued.key
    shown: dict[str, Any] = {"name": key.client, "key": issued.secret.reveal(), "scopes": sorted(key.scopes), "expires": key.expires}
    if issued.older_until is not None:
        shown["older_until"] = issued.older_until
    show([shown], json)
    if not json:
        note("Keep this key where the system reads its secrets. It is not shown again; only its hash is kept.")
        if not key.scopes:
            note("It opens nothing: make it with --scope.")
