"""What the checks look at, opened when the first of them needs it. Nothing is made, migrated or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from sekisho.adapters.cryptography.audit_key import AuditKey, load_audit_key
from sekisho.adapters.cryptography.keyring import FileKeyring, load_keyring
from sekisho.adapters.storage import Sealing, SqlStorage
from sekisho.adapters.storage.diagnosis import revision_of
from sekisho.adapters.storage.line import Line
from sekisho.adapters.storage.schema import HEAD
from sekisho.adapters.storage.storage import open_unchanged
from sekisho.adapters.storage.transaction import SqlTransaction
from sekisho.bootstrap.house import database_url, named_key
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.errors import SekishoError
from sekisho.settings import Settings, SettingsError, load_settings

__all__ = ["NotLooked", "Scene", "scene_of"]


def scene_of(config: Path | None, offline: bool, now: datetime) -> Scene:
    """With the settings of that file, or of the standard places."""
    try:
        loaded = load_settings(config)
    except SettingsError as error:
        problems = tuple(f"{name}: {why}" for name, why in error.fields.items()) or (error.detail,)
        return Scene(None, offline, now, None, problems)
    return Scene(loaded.settings, offline, now, loaded.file, ())


class NotLooked(Exception):
    """A check cannot look because another one failed, or was told not to."""


class Scene:
    """settings: None when they are not valid; problems says why. file: they were read from. offline: nothing outside this machine and
    its database is asked. now: this machine's clock.
    """

    def __init__(self, settings: Settings | None, offline: bool, now: datetime, file: Path | None, problems: tuple[str, ...]) -> None:
        self.offline = offline
        self.now = now
        self.settings_problems = problems
        self.settings_file = file
        self._settings = settings
        self._storage: SqlStorage | None = None

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            raise NotLooked("needs the settings (check 1)")
        return self._settings

    def keyring(self) -> FileKeyring:
        """SekishoError says what is wrong with its file."""
        return load_keyring(named_key(self.settings.keyring.file, "keyring.file"), self.settings.server.data_folder)

    def audit_key(self) -> AuditKey:
        return load_audit_key(named_key(self.settings.audit.key_file, "audit.key_file"), self.settings.server.data_folder)

    def database_file(self) -> Path | None:
        """Of SQLite; None for a server."""
        url = make_url(database_url(self.settings))
        return Path(str(url.database)) if url.drivername.startswith("sqlite") else None

    def storage(self) -> SqlStorage:
        """The database as it is. SekishoError when it cannot be opened."""
        if self._storage is None:
            file = self.database_file()
            if file is not None and not file.exists():
                raise NotLooked("there is no database yet; `sekisho serve` makes it")
            opened = open_unchanged(database_url(self.settings), self._sealing())
            try:
                opened.ping()
            except BaseException:
                opened.close()
                raise
            self._storage = opened
        return self._storage

    @contextmanager
    def reading(self) -> Iterator[tuple[SqlTransaction, Line]]:
        """A snapshot of a database whose schema is this version's."""
        try:
            storage = self.storage()
        except SekishoError:
            raise NotLooked("needs the database (check 5)") from None
        if revision_of(storage.database) != HEAD:
            raise NotLooked("needs this version's schema (check 6)")
        with storage.database.reading() as line:
            yield SqlTransaction(line, self._sealing()), line

    def close(self) -> None:
        if self._storage is not None:
            self._storage.close()

    def _sealing(self) -> Sealing:
        """Nothing is written, and what is sealed is opened by nobody here."""
        return Sealing(mac=lambda data: b"", seal=lambda plain, context: "", open=self._open)

    def _open(self, sealed: str, context: str) -> str:
        with suppress(SekishoError):
            return self.keyring().open(Purpose.FIELDS, sealed, context)
        return ""
