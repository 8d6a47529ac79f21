"""`sekisho demo`: a seeded brokerage on this machine, to look around in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli.demo_attack import attack
from sekisho.cli.options import Json

if TYPE_CHECKING:
    from sekisho.demo.running import Opened

__all__ = ["app"]

app = typer.Typer(add_completion=False)
app.command("attack")(attack)


@app.callback(invoke_without_command=True)
def demo(
    ctx: typer.Context,
    data: Annotated[Path | None, typer.Option(help="The demo's folder, empty or new. Default: ~/.local/share/sekisho/demo")] = None,
    https_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the portal.")] = 8443,
    http_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of plain HTTP, which only redirects; 0 for none.")] = 8080,
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the metrics; 0 for none.")] = 0,
    ready_file: Annotated[Path | None, typer.Option(help="Written as JSON once the demo serves.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the start page in a browser.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Without a market: no events but those that you bring about.")] = False,
    json: Json = False,
) -> None:
    """Open a seeded brokerage: people, accounts, a market, their phones. It listens on this machine alone; Ctrl-C ends it."""
    ctx.obj = data
    if ctx.invoked_subcommand is not None:
        return
    from sekisho.demo.folder import Ports
    from sekisho.demo.running import default_folder, run_demo

    def opened(told: Opened) -> None:
        _show(told, json)
        if open_browser:
            typer.launch(f"{told.base_url}/demo")

    run_demo(data or default_folder(), Ports(https_port, http_port, metrics_port), ready_file, quiet, opened)


def _show(told: Opened, json: bool) -> None:
    from sekisho.cli.output import table, write_json

    if json:
        write_json(told.content)
        return
    content, base = told.content, told.base_url
    rows = [
        {
            "username": person["username"],
            "password": person["password"] or f"activation code {person.get('activation_code', '')}",
            "accounts": ", ".join(f"{account['number']} ({account['role']})" for account in person["accounts"]),
            "begins": person["begins"].replace("_", " "),
        }
        for person in (*content["traders"], *content["to_activate"])
    ]
    typer.echo("\nThe demo brokerage is open.\n")
    table(rows, {"username": "username", "password": "password", "accounts": "accounts", "begins": "state at the start"})
    typer.echo(
        f"Start here       {base}/demo\n"
        f"Client Portal    {base}/\n"
        f"Their phones     {base}/demo/phone   security codes arrive here\n"
        f"Monitoring       {base}/demo/monitoring   events and verdicts as they come\n"
        f"Programs         {base}/openapi.json\n"
        f"Other commands   sekisho trader list --config {told.folder.settings}\n"
        f"Play an attack   sekisho demo attack takeover --data {told.folder.root}\n"
        f"Trust the CA     {content['ca_file']}\n"
        f"                 sekisho ca show --config {told.folder.settings}   says how; a browser warns until then\n"
        f"Log              {told.folder.log}\n\n"
        "Ctrl-C ends it."
    )
