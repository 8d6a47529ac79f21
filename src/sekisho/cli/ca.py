"""`sekisho ca`: the local certificate authority, and how browsers come to trust it."""

from __future__ import annotations

import typer

from sekisho.cli.options import Config, Json

app = typer.Typer(help="The local certificate authority.", no_args_is_help=True)


@app.command("show")
def show_ca(config: Config = None, json: Json = False) -> None:
    """Show the authority's file and fingerprint, and how to trust it."""
    from sekisho.adapters.cryptography.local_ca import describe_ca
    from sekisho.bootstrap.plans import CA_FOLDER
    from sekisho.cli.output import write_json
    from sekisho.kernel.errors import missing
    from sekisho.settings import load_settings

    described = describe_ca(load_settings(config).settings.server.data_folder / CA_FOLDER)
    if described is None:
        raise missing("no local authority yet; `sekisho serve` makes one when no certificate is set")
    if json:
        write_json({"file": described.path, "fingerprint": described.fingerprint, "names": described.names, "expires": described.expires})
        return
    typer.echo(f"{described.path}\nSHA-256 {described.fingerprint}\nexpires {described.expires:%Y-%m-%d}\n\n{described.how_to_trust}")


@app.callback()
def ca() -> None:
    """The local certificate authority."""
