"""`sekisho keyring`: the key files, and the change of the master key while the house serves (R9)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.options import Config, Json, show
from sekisho.cli.output import note, progress_of, table, write_json

app = typer.Typer(help="Make the key files; change the master key.", no_args_is_help=True)

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


@app.command("show")
def shown(config: Config = None, json: Json = False) -> None:
    """Which master keys there are, which one is in use, and what still needs the older ones. Shows no key."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.bootstrap.rotation import keys_shown

    with open_house(config) as house:
        keys, used = keys_shown(house)
    if json:
        write_json({"keys": keys, "in_use_since": used.since, "hashed_under_older": used.lasting})
        return
    rows = [{"key": one.key, "made": one.made, "in_use": one.in_use, "texts": one.texts} for one in keys]
    table(rows, {"key": "key", "made": "made", "in_use": "in use", "texts": "texts it seals"})
    if len(keys) > 1:
        lasting = used.lasting
        typer.echo(
            f"Hashed under older keys: {lasting.sessions:,} sessions, {lasting.known_clients:,} known clients,"
            f" {lasting.logins:,} logins in progress, {lasting.activations:,} activation codes, {lasting.broker_keys:,} broker keys."
        )


@app.command()
def add(config: Config = None, json: Json = False) -> None:
    """Add a new key to the file, not in use yet: where nodes run on several machines. Copy the file to each, then `keyring rotate`."""
    from sekisho.bootstrap.command_line import open_house
    from sekisho.bootstrap.rotation import add_key

    with open_house(config) as house:
        added = add_key(house)
        file = str(house.settings.keyring.file)
    show([{"key": added.id, "file": file, "in_use": False}], json)


@app.command()
def rotate(config: Config = None, json: Json = False) -> None:
    """Put a new master key in use and seal everything with it, while the house serves. Cut off, it goes on where it was.

    Nodes on several machines: `sekisho keyring add` first, and copy the file to each.
    """
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.bootstrap.rotation import rotate as rotate_keys

    with open_house(config) as house, progress_of("Sealing anew") as told:
        done = rotate_keys(house, actor_name(), told)
        file = str(house.settings.keyring.file)
    if json:
        write_json({"file": file, "key": done.key, "made": done.made, "changed": done.changed, "moved": done.moved})
    else:
        how = "made and in use" if done.made else "in use" if done.changed else "was in use; the rotation before is finished"
        typer.echo(f"Key {done.key}: {how}. {done.moved.texts:,} texts are sealed by it now.")
        typer.echo(f"Copy {file} to the safe. Older keys stay in it until `sekisho keyring retire`.")
    if done.moved.unreadable:
        note(f"{done.moved.unreadable:,} texts could not be opened by any key of the file; they stay as they are. See docs/operate.md.")
        raise typer.Exit(1)


@app.command()
def retire(
    end_logins: Annotated[
        bool, typer.Option("--end-logins", help="A key was stolen: end sessions, known clients and codes that hang on older keys.")
    ] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Remove older keys from the file, once nothing needs them. Keep a copy of the file as long as backups from before are kept."""
    from sekisho.bootstrap.command_line import actor_name, open_house
    from sekisho.bootstrap.rotation import retire as retire_keys

    with open_house(config) as house:
        done = retire_keys(house, actor_name(), end_logins)
    if json:
        write_json({"retired": done.keys, "ended": done.ended})
    elif not done.keys:
        note("There is no older key.")
    else:
        ended = done.ended
        typer.echo(f"Retired: {', '.join(done.keys)}. Backups from before need them: keep the older copy of the file as long as those.")
        typer.echo(
            f"Ended: {ended.sessions:,} sessions, {ended.known_clients:,} known clients, {ended.logins:,} logins in progress,"
            f" {ended.activations:,} activation codes, {ended.broker_keys:,} broker keys."
        )
