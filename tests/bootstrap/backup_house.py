"""Houses with keys and databases of their own, on both kinds of database, for tests of backups and of the doctor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.audit_key import create_audit_key
from sekisho.adapters.cryptography.keyring import create_master_key
from sekisho.bootstrap.house import House, open_house
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.notifications.policies import SmsGatewayPolicy
from sekisho.kernel.secrets import Secret
from sekisho.settings import Settings
from sekisho.settings.sections import AuditSettings, DatabaseSettings, KeyringSettings, ServerSettings
from tests.databases import PostgresServer
from tests.ports import free_port

__all__ = ["Ground", "ground"]

FIRM = FirmPolicy("Hakone Securities", "Hakone", "0120-000-000", phishing_resistant_from=date(2035, 4, 1))


@dataclass
class Ground:
    """folder: keys, data folders and backups stand below it. server: None for SQLite."""

    folder: Path
    server: PostgresServer | None

    def settings(self, name: str = "house") -> Settings:
        """Of a house with the same keys and an empty database of its own."""
        url = "" if self.server is None else self.server.new_database()
        return Settings(
            FIRM,
            server=ServerSettings(data_folder=self.folder / name, https_port=free_port(), http_port=0, metrics_port=0),
            database=DatabaseSettings(url=url),
            keyring=KeyringSettings(self.folder / "keys" / "master.key"),
            audit=AuditSettings(key_file=self.folder / "keys" / "audit.key", heads_file=self.folder / "heads.jsonl"),
            sms_gateway=SmsGatewayPolicy("https://sms.example/v1/messages", token=Secret("a token of the gateway")),
        )

    def open(self, settings: Settings) -> House:
        return open_house(settings)

    def with_other_keys(self, settings: Settings) -> Settings:
        """The same house as somebody sees it who has keys of his own."""
        folder = self.folder / "other keys"
        if not folder.exists():
            folder.mkdir(mode=0o700)
            create_master_key(folder / "master.key")
            create_audit_key(folder / "audit.key")
        audit = replace(settings.audit, key_file=folder / "audit.key")
        return replace(settings, keyring=KeyringSettings(folder / "master.key"), audit=audit)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """PostgreSQL's own programs are those of the server, whatever else the machine has."""
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    if server is not None and server.binaries is not None:
        monkeypatch.setenv("PATH", f"{server.binaries}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "keys").mkdir(mode=0o700)
    create_master_key(tmp_path / "keys" / "master.key")
    create_audit_key(tmp_path / "keys" / "audit.key")
    yield Ground(tmp_path, server)
