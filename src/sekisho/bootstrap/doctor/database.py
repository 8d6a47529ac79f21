"""The database, its clock and its copies, and the folder of data (DESIGN §4, R6, R9)."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta

from sqlalchemy import make_url

from sekisho.adapters.audit_heads.newest import newest_head
from sekisho.adapters.storage.diagnosis import postgresql_settings, revision_of
from sekisho.adapters.storage.schema import HEAD
from sekisho.adapters.storage.sqlite import file_uri
from sekisho.bootstrap.closure import heads_file, signature_check
from sekisho.bootstrap.doctor.finding import Finding, fail, fine, skip, warn
from sekisho.bootstrap.doctor.scene import Scene
from sekisho.bootstrap.house import database_url
from sekisho.flows.restore_witness import closed_because
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.times import show_duration

__all__ = ["backups", "clock", "closed", "data_folder", "disk", "durable", "reachable", "schema"]

_SKEW = timedelta(seconds=1)
_LITTLE, _LEAST = 5 << 30, 1 << 30
_DAILY = timedelta(hours=26)


def reachable(scene: Scene) -> Finding:
    url = make_url(database_url(scene.settings))
    named = str(url.database) if scene.database_file() else f"{url.database} on {url.host or url.query.get('host', 'this machine')}"
    try:
        scene.storage()
    except SekishoError as error:
        return fail(error.detail or str(error.public_message), "set database.url, and database.password_file where one is asked for")
    return fine(named)


def schema(scene: Scene) -> Finding:
    found = revision_of(scene.storage().database)
    if found is None:
        return warn("the database is empty", "start `sekisho serve`, which makes the tables")
    if found < HEAD:
        return warn(f"revision {found}, this version has {HEAD}", "make a backup, then restart `sekisho serve`, which brings it up to date")
    if found > HEAD:
        return fail(f"revision {found}, this version knows up to {HEAD}", "install the version that made it")
    return fine(f"revision {found}")


def durable(scene: Scene) -> Finding:
    """Committed is on disk, on the primary."""
    file = scene.database_file()
    if file is not None:
        scene.storage()
        with closing(sqlite3.connect(file_uri(file), uri=True)) as connection:
            journal = str(connection.execute("PRAGMA journal_mode").fetchone()[0])
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            return fail(f"{file} can be reached by others (mode {mode:04o})", f"chmod 600 {file}*")
        return fine(f"journal {journal}, and every connection sets synchronous=FULL; mode {mode:04o}")
    with scene.storage().database.reading() as line:
        found = postgresql_settings(line)
    if found["in_recovery"] == "true":
        return fail("the server is a replica", "name the primary in database.url")
    if found["fsync"] != "on" or found["full_page_writes"] != "on":
        seen = f"fsync={found['fsync']}, full_page_writes={found['full_page_writes']}: a power cut damages the database"
        return fail(seen, "ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()")
    return fine(f"PostgreSQL {found['server_version']}, the primary; fsync=on, synchronous_commit={found['synchronous_commit']}")


def clock(scene: Scene) -> Finding:
    if scene.database_file() is not None:
        newest = scene.storage().newest_time()
        if newest is not None and newest - scene.now > _SKEW:
            seen = f"the clock stands {show_duration(newest - scene.now)} behind what the database has seen"
            return fail(seen, "timedatectl set-ntp true")
        return fine("this machine's clock is the database's own")
    skew = abs(scene.storage().clock() - scene.now)
    if skew > _SKEW:
        seen = f"{skew.total_seconds():.1f} s apart; a node more than a second off refuses to serve"
        return fail(seen, "timedatectl set-ntp true, on both machines")
    return fine(f"{skew.total_seconds() * 1000:.0f} ms apart from the database's")


def data_folder(scene: Scene) -> Finding:
    folder = scene.settings.server.data_folder
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        return fail(f"{folder}: {error.strerror}", f"install -d -m 700 -o sekisho {folder}")
    if mode & 0o077:
        return fail(f"{folder} can be reached by others (mode {mode:04o})", f"chmod 700 {folder}")
    if (folder / "DEMO").exists():
        return fail(f"{folder} belongs to the demo, whose keys are not secret", "set server.data_folder to another one")
    return fine(f"{folder}, mode {mode:04o}")


def disk(scene: Scene) -> Finding:
    folder = scene.settings.server.data_folder
    if not folder.is_dir():
        return skip("there is no data folder yet")
    free = shutil.disk_usage(folder).free
    seen = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < _LEAST:
        return fail(seen, "make room: with a full disk nobody gets in")
    return warn(seen, "make room, or a larger disk") if free < _LITTLE else fine(seen)


def closed(scene: Scene) -> Finding:
    """Whether the database is the newest copy, by the word of the exported heads."""
    newest = newest_head(heads_file(scene.settings), signature_check(scene.audit_key().public))
    with scene.reading() as (tx, _):
        found, epoch = closed_because(newest, tx), tx.audit.epoch()
    if found is not None:
        return fail(
            f"the house is closed: {found.why}", "sekisho restore accept --reason TEXT" if found.older else "docs/troubleshooting.md"
        )
    return fine(f"epoch {epoch}, not behind its exported heads")


def backups(scene: Scene) -> Finding:
    with scene.reading() as (tx, _):
        last = tx.upkeep.backed_up()
    if last is None:
        return warn("no backup was ever made with `sekisho backup`", "sekisho backup FILE, every night, to another machine")
    age = scene.now - last
    seen = f"the last one is of {last:%Y-%m-%d %H:%M} UTC"
    return warn(f"{seen}: older than a day", "sekisho backup FILE, every night") if age > _DAILY else fine(seen)
