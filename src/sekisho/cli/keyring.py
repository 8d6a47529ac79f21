"""`sekisho keyring`: the key files (R9)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Json, show

app = typer.Typer(help="Make the key files.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file to make. It must not exist, and lie outside the data folder.")]


@app.command()
def init(file: File, json: Json = False) -> None:
    """Make a master key file, readable by this account only. Keep a copy apart from backups of the database."""
    from sekisho.adapters.cryptography.keyring import create_master_key

    create_master_key(file)
    show([{"file": str(file), "setting": "keyring.file"}], json)


@app.command("init-audit")
def init_audit(file: File, json: Json = False) -> None:
    """Make the audit key: FILE signs the audit log, FILE.pub verifies it on any machine."""
    from sekisho.adapters.cryptography.audit_key import create_audit_key, public_path

    create_audit_key(file)
    show([{"file": str(file), "public_key": str(public_path(file)), "setting": "audit.key_file"}], json)
