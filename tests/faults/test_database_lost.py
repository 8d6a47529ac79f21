"""The database is lost under traffic: 503 within 2 s, nobody let in, and back by itself (DESIGN §4, R6).

A session is answered from memory while the last confirmed read is under a second old (R6); later only 503 remains.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.probing import PATIENCE, Probes, probing
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows

MEMORY = 1.0  # seconds that a session may still be answered from memory (R6)
NOISE = 1.0  # between the fault and our note of it, and between a look at the watcher and the answer
LASTS = 3.0
CROWD = 40  # more callers than threads: nobody may wait for a thread that waits for the database


@contextmanager
def _stopped(server: PostgresServer) -> Iterator[None]:
    server.stop("immediate")
    try:
        yield
    finally:
        server.start()


@contextmanager
def _frozen(server: PostgresServer) -> Iterator[None]:
    """Every process of the server stands still: connections stay open and nobody answers, as behind a cut cable."""
    assert server.folder is not None
    main = int((server.folder / "data/postmaster.pid").read_text().split()[0])
    children = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _parent(entry) == main]
    for process in (main, *children):
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in (*children, main):
            os.kill(process, signal.SIGCONT)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


@pytest.mark.postgres
def test_postgresql_stopped_and_frozen(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 3, own_server.new_database()) as house:
        _survives(house, "PostgreSQL stopped", _stopped(own_server), report)
        _survives(house, "PostgreSQL frozen", _frozen(own_server), report)
        assert house.verified()["ok"]


@contextmanager
def _locked(house: Brokerage) -> Iterator[None]:
    """Another process holds the write lock; readers go on."""
    other = sqlite3.connect(_file(house), isolation_level=None)
    other.execute("PRAGMA busy_timeout = 5000")
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def _moved_away(house: Brokerage) -> Iterator[None]:
    aside = _file(house).with_name("aside")
    _file(house).rename(aside)
    try:
        yield
        assert not _file(house).exists(), "an empty database must not take its place"
    finally:
        aside.rename(_file(house))


@contextmanager
def _full(house: Brokerage) -> Iterator[None]:
    """No file of the worker may grow: what a full disk is to it. The log goes through a file that stays far below."""
    worker = house.worker()
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    files = [size.stat().st_size for size in _file(house).parent.glob("sekisho.db*") if size.suffix != ".db-shm"]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (min(files), before[1]))
    try:
        yield
    finally:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, before)


def test_sqlite_locked_gone_and_full(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 3) as house:
        _survives(house, "SQLite locked", _locked(house), report, sessions_go_on=True, lasts=5)
        _survives(house, "SQLite moved away", _moved_away(house), report)
        _survives(house, "SQLite full", _full(house), report, sessions_go_on=True)
        assert house.verified()["ok"]


def _file(house: Brokerage) -> Path:
    return house.folder / "data/sekisho.db"


def _survives(
    house: Brokerage, run: str, fault: AbstractContextManager[None], report: FaultReport, sessions_go_on: bool = False, lasts: float = LASTS
) -> None:
    """sessions_go_on: the database can be read, so a session is answered; nothing new is let in."""
    worker, rows = house.worker(), Rows(house.database)
    before = rows.sessions(), rows.completed_ceremonies()
    with probing(house, *house.people, CROWD) as probes:
        with fault:
            lost = time.monotonic()
            time.sleep(lasts)
            until(lambda: _all_were_asked(probes, lost, sessions_go_on), 20)
            _nobody_was_let_in(probes, lost, sessions_go_on)
            slowest = probes.slowest(lost)
        back = probes.recovered(time.monotonic(), 20)
    assert slowest < PATIENCE
    assert house.worker() == worker, "it recovered without a restart"
    assert rows.sessions() - before[0] == rows.completed_ceremonies() - before[1]
    report.add(run, slowest_answer_s=round(slowest, 2), recovered_after_s=round(back, 2), refused=_refused(probes, lost))


def _all_were_asked(probes: Probes, lost: float, sessions_go_on: bool) -> bool:
    checked = probes.since(lost + (0 if sessions_go_on else MEMORY + NOISE), "check")
    return bool(checked and probes.since(lost, "log in") and probes.since(lost, "code"))


def _nobody_was_let_in(probes: Probes, lost: float, sessions_go_on: bool) -> None:
    probes.refused_all(lost, "log in")
    probes.refused_all(lost, "code")
    if sessions_go_on:
        assert set(probes.statuses(lost, "check")) == {200}
    else:
        probes.refused_all(lost + MEMORY + NOISE, "check")


def _refused(probes: Probes, lost: float) -> int:
    return sum(probes.statuses(lost, what)[503] for what in probes.answers)
