"""A demo per file of tests, and a browser. At the end of each: the audit log is whole, and no log line holds a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.promises.running_demo import RunningDemo, until


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """Settings of the environment; a file overrides this fixture."""
    return {}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, settings: dict[str, str]) -> Iterator[RunningDemo]:
    folder: Path = tmp_path_factory.mktemp("promise")
    running = RunningDemo(folder, settings)
    try:
        yield running
        # Whoever was killed held the lease of the sealer for 5 s more.
        until(lambda: running.run("audit", "verify")["unsealed"] == 0)
    finally:
        running.stop()
    assert running.leaked() == []
    verdict = running.run("audit", "verify", "--against", running.audit_heads())
    assert verdict["ok"] and verdict["witnessed"] and (verdict["unsealed"], verdict["uncovered"]) == (0, 0), verdict


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium_path, args=options)
        yield started
        started.close()
