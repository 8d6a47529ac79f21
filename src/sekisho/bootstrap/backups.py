"""`sekisho backup` and `sekisho restore`: which database, which keys, and in which order things are checked (R9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from sekisho import __version__
from sekisho.adapters.backup.file import BackupWriter, Told, check_content, chunks, new_backup, open_backup
from sekisho.adapters.backup.manifest import Contents, Manifest, signed
from sekisho.adapters.backup.sqlite import check_no_database, copy_sqlite, put_back_sqlite
from sekisho.adapters.cryptography.audit_key import AuditKey, load_audit_key
from sekisho.adapters.cryptography.keyring import FileKeyring, load_keyring
from sekisho.adapters.storage.schema import HEAD
from sekisho.bootstrap.house import CANARY, House, database_url, named_key
from sekisho.bootstrap.serving.folder_lock import hold_folder
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import Kind, SekishoError, invalid
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.kernel.times import to_ms, utc_now
from sekisho.settings import Settings
from sekisho.texts.catalogue import N_

__all__ = ["make_backup", "restore_backup"]


def make_backup(house: House, path: Path, actor: str, told: Told) -> Manifest:
    """A new file, consistent and on the disk, while the house serves. Its date stands in the database, for `sekisho doctor`."""
    url = make_url(database_url(house.settings))
    now = house.clock()
    with _disk_told(N_("The backup cannot be written.")), new_backup(path) as writer:
        contents = _copy(url, path, writer, told)
        manifest = signed(_manifest(contents, url, house, to_ms(now), writer), house.audit_key.key_id, house.audit_key.sign)
        writer.finish(manifest)
    facts: dict[str, Fact] = {"sha256": manifest.sha256, "position": manifest.position, "head": manifest.head, "epoch": manifest.epoch}
    with house.storage.transaction() as tx:
        tx.upkeep.note_backup(now)
        tx.audit.append(Event(EventKind.BACKUP_MADE, actor=actor, facts=facts), house.clock())
    return manifest


def _copy(url: URL, path: Path, writer: BackupWriter, told: Told) -> Contents:
    if _kind(url) == "sqlite":
        return copy_sqlite(Path(str(url.database)), path, writer, told)
    from sekisho.adapters.backup.postgresql import dump_postgresql

    return dump_postgresql(url, writer, told)


def _manifest(contents: Contents, url: URL, house: House, now_ms: int, writer: BackupWriter) -> Manifest:
    return Manifest(
        version=__version__,
        database=_kind(url),
        firm=house.settings.firm.id,
        made_at_ms=now_ms,
        revision=contents.revision,
        epoch=contents.epoch,
        position=contents.position,
        head=contents.head,
        canary=contents.canary,
        size=writer.size,
        sha256=writer.sha256,
    )


def restore_backup(settings: Settings, path: Path, told: Told) -> Manifest:
    """The database of the settings is then this copy, closed until it is accepted. Raises SekishoError; then nothing was changed."""
    folder = settings.server.data_folder
    keyring = load_keyring(named_key(settings.keyring.file, "keyring.file"), folder)
    audit_key = load_audit_key(named_key(settings.audit.key_file, "audit.key_file"), folder)
    url = make_url(database_url(settings))
    now_ms = to_ms(utc_now())
    with open_backup(path) as (manifest, file):
        _check_manifest(manifest, url, settings, keyring, audit_key)
        check_content(manifest, file, told)
        with _disk_told(N_("The backup cannot be put back.")), hold_folder(folder, demo=False):
            if _kind(url) == "sqlite":
                put_back_sqlite(chunks(file), Path(str(url.database)), now_ms)
            else:
                from sekisho.adapters.backup.postgresql import put_back_postgresql

                put_back_postgresql(chunks(file), url, now_ms)
    return manifest


def _check_manifest(manifest: Manifest, url: URL, settings: Settings, keyring: FileKeyring, audit_key: AuditKey) -> None:
    if not manifest.authentic(audit_key.key_id, audit_key.public.verifies):
        detail = f"name the key {manifest.key_id} in audit.key_file, or take another backup"
        raise invalid("The backup was changed, or signed with another audit key.", detail)
    if manifest.firm != settings.firm.id:
        raise invalid("This is the backup of another firm.", f"firm {manifest.firm}, and the settings say {settings.firm.id}")
    if manifest.revision > HEAD:
        raise SekishoError(
            Kind.CONFLICT,
            "The backup was made by a newer version of Sekisho. Please install that version.",
            f"version {manifest.version}, database revision {manifest.revision}; this one knows up to {HEAD}",
        )
    if manifest.database != _kind(url):
        raise invalid("This backup is of another kind of database.", f"it is of {manifest.database}: name such a one in database.url")
    try:
        keyring.open(Purpose.FIELDS, manifest.canary, CANARY)
    except SekishoError:
        raise invalid("The backup needs another master key.", "set keyring.file to the one that its database was made with (R9)") from None
    if _kind(url) == "sqlite":
        check_no_database(Path(str(url.database)))


def _kind(url: URL) -> str:
    return "sqlite" if url.drivername.partition("+")[0] == "sqlite" else "postgresql"


@contextmanager
def _disk_told(problem: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise invalid(problem, f"{error.filename or 'disk'}: {error.strerror}") from error
