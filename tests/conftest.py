"""What all tests share: how Hypothesis searches, and the tools from outside that tests of pages need.

SEKISHO_TEST_SEARCH=1 lets Hypothesis look for new examples; else each change is judged by the same ones.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import expect

ROOT = Path(__file__).parent.parent

# Two busy cores make no promise of milliseconds; a failure prints how to repeat it.
settings.register_profile("house", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("search" if os.environ.get("SEKISHO_TEST_SEARCH") else "house")

_BUSY_BROWSER = 20_000  # ms that a page may take to show what a test waits for


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium that `make browser` found; SEKISHO_TEST_CHROMIUM names another."""
    found = ROOT / ".venv" / "stamps" / "chromium"
    path = os.environ.get("SEKISHO_TEST_CHROMIUM") or (found.read_text().strip() if found.exists() else "")
    if not path or not Path(path).exists():
        pytest.fail("no Chromium for the tests in a browser: run `make browser`")
    expect.set_options(timeout=_BUSY_BROWSER)
    return path


@pytest.fixture(scope="session")
def axe_script() -> Path:
    """The accessibility checker axe-core, to be run inside a page."""
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.fail("axe-core is missing: run `make install`")
    return path


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tests feed the log half surrogates; what was captured of them must still travel between test processes."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report
