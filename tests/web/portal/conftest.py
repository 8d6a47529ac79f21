from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sekisho.adapters.cryptography.hash_pool import ThreadedHashPool, start_hash_pool
from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.adapters.storage import open_storage
from sekisho.domain.accounts import Role
from sekisho.domain.authentication.hashing import HashPolicy
from tests.databases import migrated_file, plain_sealing  # noqa: F401 - a fixture
from tests.web.portal.brokerage import Brokerage

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium


@pytest.fixture(scope="session")
def keyring() -> FileKeyring:
    return FileKeyring([os.urandom(32)])


@pytest.fixture(scope="session")
def pool(keyring: FileKeyring) -> Iterator[ThreadedHashPool]:
    started = start_hash_pool(HashPolicy(), keyring)
    yield started
    started.close()


@pytest.fixture
def brokerage(migrated_file: Path, tmp_path: Path, keyring: FileKeyring, pool: ThreadedHashPool) -> Iterator[Brokerage]:  # noqa: F811
    """A holder and a viewer of one account; nobody has activated a login yet."""
    path = tmp_path / "sekisho.db"
    path.write_bytes(migrated_file.read_bytes())
    path.chmod(0o600)
    storage = open_storage(f"sqlite:///{path}", plain_sealing())
    made = Brokerage(storage, keyring, pool)
    made.open_account("A-1001", "Hanako Yamada")
    made.enrol("hanako", "Hanako Yamada", "+81 90 1234 5642", {"A-1001": Role.HOLDER})
    made.enrol("taro.v", "Taro Viewer", "+81 90 1234 5699", {"A-1001": Role.VIEWER})
    yield made
    storage.close()


@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Chromium]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield started
        started.close()
