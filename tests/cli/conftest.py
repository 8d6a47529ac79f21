"""A house on SQLite that the commands open in place of the one in the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.bootstrap import command_line
from tests.flows.house import House, open_sealed_storage


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    keyring = FileKeyring([b"k" * 32])
    storage = open_sealed_storage(f"sqlite:///{tmp_path}/sekisho.db", keyring)
    built = House(storage, keyring)

    @contextmanager
    def open_house(config: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(command_line=lambda: built.deps, clock=built.clock, storage=built.storage)

    monkeypatch.setattr(command_line, "open_house", open_house)
    yield built
    built.close()
    storage.close()
