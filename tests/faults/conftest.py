"""What the fault runs share: the report and its seed, and a PostgreSQL server that a test may stop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import PostgresServer, new_server
from tests.faults.report import FaultReport

_REPORT = pytest.StashKey[FaultReport]()
_FILE = Path(__file__).parents[2] / "reports" / "faults.json"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REPORT] = FaultReport()


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> FaultReport:
    found: FaultReport = request.config.stash[_REPORT]
    return found


@pytest.fixture(autouse=True)
def seed_is_told(report: FaultReport) -> None:
    """Shown by pytest when the test fails."""
    sys.stdout.write(f"SEKISHO_FAULT_SEED={report.seed}\n")


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that this test may stop, freeze and start."""
    server = new_server()
    yield server
    server.remove()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table; with `make faults` the file as well."""
    report = config.stash.get(_REPORT, None)
    if report is None or not report.rows:
        return
    terminalreporter.section("fault runs")
    for line in report.lines():
        terminalreporter.write_line(line)
    if config.option.markexpr == "faults":
        report.write(_FILE)
        terminalreporter.write_line(f"written to {_FILE.relative_to(_FILE.parents[1])}")
