"""`sekisho webhook`: what the broker is told, and the key that signs it. Bodies are never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="Webhooks to the broker.", no_args_is_help=True)


@app.command()
def key(file: Annotated[Path, typer.Argument(help="The file to make. It must not exist.")], json: Json = False) -> None:
    """Make an Ed25519 key that signs webhooks, and print its public half for the broker."""
    from sekisho.adapters.cryptography.webhook_key import create_webhook_key

    made = create_webhook_key(file)
    show([{"file": str(file), "public_key": made.public}], json)
    if not json:
        typer.echo(f'Give the public key to whoever reads the webhooks. Into the settings:\n\n[webhooks]\nkey_file = "{file.resolve()}"')


@app.command("list")
def list_webhooks(
    dead: Annotated[bool, typer.Option("--dead", help="Dead letters instead of waiting ones.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: Config = None,
    json: Json = False,
) -> None:
    """List webhooks that wait, or dead letters, newest first."""
    from sekisho.bootstrap.command_line import open_house

    with open_house(config) as house, house.storage.reading() as tx:
        found = tx.webhooks.shown(limit, dead)
    rows = [
        {
            "webhook": one.id,
            "kind": one.kind,
            "state": one.state.value,
            "attempts": one.attempts,
            "made": one.made,
            "due": one.due,
            "acknowledge_by": one.acknowledge_by,
            "alerted": one.alerted,
            "settled": one.settled,
            "reason": one.reason,
        }
        for one in found
    ]
    show(rows, json, empty="There is no dead letter." if dead else "No webhook is waiting.")


@app.command()
def retry(
    webhook: Annotated[str, typer.Argument(help="Its id, as `webhook list --dead` prints it.")], config: Config = None, json: Json = False
) -> None:
    """Send a dead letter once more."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.flows.deliver_webhooks import retry_webhook

    with open_house(config) as house:
        retry_webhook(webhook, actor_name(), house.clock(), house.storage)
    show([{"webhook": webhook, "state": "waiting"}], json)
