"""The built app with its people, for the tests of R7."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.matrix_world import World
from tests.databases import migrated_file  # noqa: F401 - a fixture


def opened(template: Path, folder: Path) -> World:
    path = folder / "sekisho.db"
    path.write_bytes(template.read_bytes())
    path.chmod(0o600)
    return World(f"sqlite:///{path}", folder)


@pytest.fixture(scope="module")
def world(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # noqa: F811
    """For refusals, which change nothing."""
    built = opened(migrated_file, tmp_path_factory.mktemp("matrix"))
    yield built
    built.close()


@pytest.fixture(scope="module")
def control(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # noqa: F811
    """For what is served."""
    built = opened(migrated_file, tmp_path_factory.mktemp("control"))
    yield built
    built.close()
