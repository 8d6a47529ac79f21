"""Attackers meet the same house as the tests of flows, on SQLite; where the database matters, a module asks for both again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.databases import migrated_file, migrated_template, postgres  # noqa: F401 - fixtures
from tests.flows.conftest import aiko, asked, change, house  # noqa: F401 - fixtures
from tests.web.portal.conftest import brokerage, keyring, pool  # noqa: F401 - fixtures


@pytest.fixture
def storage_url(migrated_file: Path, tmp_path: Path) -> str:  # noqa: F811
    """The url of a migrated database of this test's own, without rows."""
    path = tmp_path / "house.db"
    shutil.copyfile(migrated_file, path)
    path.chmod(0o600)
    return f"sqlite:///{path}"
