"""R9: `keyring rotate` beside a serving house, killed at any moment and run again: nobody is thrown out, nothing is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.second_node import second_node
from tests.faults.traffic import traffic
from tests.faults.visitor import Visitor

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ROTATE = ("keyring", "rotate")


@pytest.fixture
def new_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its URL; "" for SQLite."""
    if request.getfixturevalue("database") == "sqlite":
        return ""
    found: PostgresServer = request.getfixturevalue("own_server")
    monkeypatch.setenv("PATH", f"{found.binaries}{os.pathsep}{os.environ['PATH']}")
    return found.new_database()


@pytest.mark.parametrize("database", BOTH)
def test_kill_in_the_middle_of_a_rotation(database: str, new_database: str, tmp_path: Path, report: FaultReport) -> None:
    _kill_rotations(2, new_database, tmp_path, report, f"kill -9 of keyring rotate, {database}, two")


@pytest.mark.faults
@pytest.mark.parametrize("database", BOTH)
def test_kill_in_the_middle_of_many_rotations(database: str, new_database: str, tmp_path: Path, report: FaultReport) -> None:
    _kill_rotations(15, new_database, tmp_path, report, f"kill -9 of keyring rotate, {database}")


def _kill_rotations(kills: int, database: str, folder: Path, report: FaultReport, run: str) -> None:
    chance = report.chance(run)
    with open_brokerage(folder, 3, database) as house:
        idle, guesser, trader = house.people
        with Visitor(idle, house) as visitor:
            token = visitor.log_in()
        with traffic(house, [guesser], [], [trader]) as ledger:
            for _ in range(kills):
                process = house.begin(*ROTATE)
                time.sleep(chance.uniform(0.5, 9))  # its steps take some seven seconds
                process.kill()
                process.wait(20)
                with Visitor(idle, house) as visitor:
                    assert visitor.check(token).status == 200
            done = house.command(*ROTATE)
        shown = house.command("keyring", "show")["keys"]
        assert [one["key"] for one in shown if one["in_use"]] == [done["key"]] == [shown[0]["key"]]
        if _left(house):  # sealed by a request that had begun before the key changed
            assert house.command(*ROTATE)["key"] == done["key"] and _left(house) == 0
        assert not ledger.twice and set(ledger.statuses) <= {200, 401, 503}, ledger.statuses
        with Visitor(idle, house) as visitor:
            assert visitor.check(token).status == 200
            visitor.log_in()
        house.stop()
        verified = house.verified()
        assert verified["ok"] and verified["uncovered"] == 0, verified["findings"]
    report.add(run, kills=kills, keys=len(shown), answers=sum(ledger.statuses.values()), texts=sum(one["texts"] for one in shown))


def _left(house: Brokerage) -> int:
    """Texts under keys that are not in use."""
    return sum(one["texts"] for one in house.command("keyring", "show")["keys"] if not one["in_use"])


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"])
def test_two_nodes_change_over_and_pass_sessions_to_each_other(database: str, new_database: str, tmp_path: Path) -> None:
    with open_brokerage(tmp_path / "first", 2, new_database) as first, second_node(first) as second:
        early, late = first.people
        with Visitor(early, first) as visitor:
            token = visitor.log_in()
        rotated = first.begin(*ROTATE)
        tried = 0
        while rotated.poll() is None:
            for node in (first, second):
                with Visitor(early, node) as visitor:
                    assert visitor.check(token).status == 200
                    tried += 1
        assert rotated.returncode == 0 and tried > 20
        with Visitor(late, first) as visitor:
            fresh = visitor.log_in()
        with Visitor(late, second) as visitor:
            assert until(lambda: visitor.check(fresh).status == 200, 15)
