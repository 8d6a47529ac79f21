"""An older copy of a database, the heads that outlive it, and what an operator does about it; for tests of R9."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from sekisho.adapters.audit_heads.file import FileSink, read_heads
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage import SqlStorage
from sekisho.domain.audit.head import Head
from sekisho.domain.lockout import LockoutPolicy
from sekisho.flows.audit_report import Report
from sekisho.flows.export_audit import stored_rows
from sekisho.flows.ports.security import Purpose
from sekisho.flows.restore_accept import Acceptance, Accepted, accept_restored
from sekisho.flows.restore_witness import closed_because, heads_after
from sekisho.flows.seal_audit import SealDependencies, publish_head
from sekisho.flows.see_standing import standing_since
from sekisho.flows.verify_audit import verify_log
from tests.databases import PostgresServer
from tests.fakes.audit_log import Key, Watch
from tests.flows.house import House, open_sealed_storage

__all__ = ["KEY", "WHY", "Place", "accepted", "place", "verified", "why_closed"]

KEYRING = FileKeyring([b"k" * 32])
WHY = "the disk of the server is gone"


class SigningKey(Key):
    """The audit key whose MAC is that of `open_sealed_storage`."""

    def mac(self, data: bytes) -> bytes:
        return KEYRING.keyed_hash(Purpose.TOKENS, data.hex()).encode()


KEY = SigningKey()


@dataclass
class Place:
    """One database after another, and the file of heads that outlives them."""

    house: House
    url: str
    folder: Path
    server: PostgresServer | None

    @property
    def heads(self) -> Path:
        return self.folder / "heads"

    @contextmanager
    def sealing(self, house: House | None = None) -> Iterator[SealDependencies]:
        """As the owner. The lease outlasts any step of the clock."""
        storage, now = (house or self.house).storage, (house or self.house).clock()
        with storage.transaction() as tx:
            lease = tx.leases.acquire("owner", "here", now, now + timedelta(days=900))
        assert lease is not None
        yield SealDependencies(storage, lease, KEY, (FileSink(self.heads),), "frm_1", standing_since, Watch())

    def publish(self, house: House | None = None) -> Head:
        house = house or self.house
        with self.sealing(house) as deps:
            return publish_head(house.clock(), deps)

    def newest(self) -> Head:
        return [head for head in read_heads(self.heads) if isinstance(head, Head)][-1]

    def copy(self) -> str:
        """The url of a copy as the database is now."""
        url = make_url(self.url)
        if self.server is None:
            with self.house.storage.transaction() as tx:  # nobody writes meanwhile
                path = self.folder / f"copy-{len(list(self.folder.iterdir()))}.db"
                shutil.copyfile(str(url.database), path)
                wal = Path(f"{url.database}-wal")
                if wal.exists():
                    shutil.copyfile(wal, f"{path}-wal")
                assert tx.upkeep.restored() is None
            return f"sqlite:///{path}"
        self.house.storage.database.close()
        return self.server.new_database(str(url.database))

    @contextmanager
    def opened(self, url: str) -> Iterator[House]:
        """The house on another copy; its clock goes on."""
        storage: SqlStorage = open_sealed_storage(url, KEYRING)
        house = House(storage, KEYRING)
        house.clock.now = self.house.clock.now
        try:
            yield house
        finally:
            house.close()
            storage.close()


@pytest.fixture
def place(house: House, storage_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("postgres") if storage_url.startswith("postgresql") else None
    folder = tmp_path / "restore"
    folder.mkdir()
    return Place(house, storage_url, folder, server)


def why_closed(place: Place, house: House) -> str:
    with house.storage.reading() as tx:
        closed = closed_because(place.newest(), tx)
    return closed.why if closed else ""


def accepted(place: Place, house: House, **changed: object) -> Accepted | None:
    with house.storage.reading() as tx:
        own = tx.audit.last_head()
    heads = heads_after(own, read_heads(place.heads), KEY.authentic, lost=False)
    asked = Acceptance("os:operator", WHY, own, heads, False, {"file": place.newest().number})
    with place.sealing(house) as deps:
        return accept_restored(replace(asked, **changed), LockoutPolicy(), house.deps.webhooks, house.clock(), deps)  # type: ignore[arg-type]


def verified(place: Place, house: House) -> Report:
    with house.storage.reading() as tx:
        return verify_log(tx.audit.checkpoint(), stored_rows(tx.audit), read_heads(place.heads), KEY.authentic, KEY.mac)
