"""`sekisho mail`: the key that signs mails, and one mail to see whether they arrive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show

app = typer.Typer(help="Mail of the firm.", no_args_is_help=True)


@app.command("dkim-key")
def make_dkim_key(
    file: Annotated[Path, typer.Argument(help="The file to make. It must not exist.")],
    domain: Annotated[str, typer.Option(help="The domain that signs; that of the settings, or of mail.from_address, without it.")] = "",
    selector: Annotated[str, typer.Option(help="Name of the key in the DNS; a new key takes a new name.")] = "sekisho",
    config: Config = None,
    json: Json = False,
) -> None:
    """Make an RSA key of 2048 bits that signs mails, and say what belongs into the DNS."""
    from sekisho.adapters.cryptography.dkim_key import create_dkim_key, dkim_record, dmarc_record

    signing = domain or _domain_of(config)
    create_dkim_key(file)
    records = [dkim_record(file, signing, selector), dmarc_record(signing)]
    if json:
        show([{"file": str(file), "records": {record.name: record.text for record in records}}], json)
        return
    typer.echo(f"{file} is made; readable by this account alone. Into the DNS:\n")
    for record in records:
        typer.echo(record.zone_line() + "\n")
    typer.echo("The second has receivers refuse false mails in the name of the domain (DMARC p=reject). Then into the settings:\n")
    typer.echo(f'[mail]\ndkim_domain = "{signing}"\ndkim_selector = "{selector}"\ndkim_key_file = "{file.resolve()}"')


@app.command()
def test(
    address: Annotated[str, typer.Argument(help="Where to; your own, for it only says that it is a test.")],
    config: Config = None,
    json: Json = False,
) -> None:
    """Send one mail through the firm's mail server, and say what became of it. Exit code 1 when the server did not take it."""
    from sekisho.bootstrap.mailing import mend, send_trial
    from sekisho.flows.ports.delivery import Delivered
    from sekisho.kernel.times import utc_now
    from sekisho.settings import load_settings

    settings = load_settings(config).settings
    outcome = send_trial(address, utc_now(), settings)
    signed = settings.mail is not None and settings.mail.dkim_key_file is not None
    if isinstance(outcome, Delivered):
        show([{"state": "taken", "signed": signed, "reason": "", "mend": ""}], json)
        return
    show([{"state": "refused", "signed": signed, "reason": outcome.reason, "mend": mend(outcome.reason)}], json)
    raise typer.Exit(1)


def _domain_of(config: Path | None) -> str:
    from sekisho.kernel.errors import invalid
    from sekisho.settings import load_settings
    from sekisho.texts.catalogue import N_

    mail = load_settings(config).settings.mail
    if mail is None:
        raise invalid(N_("Say for which domain the key shall sign."), "--domain broker.example")
    return mail.dkim_domain or mail.from_address.rpartition("@")[2]
