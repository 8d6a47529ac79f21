"""R9 with real processes: a backup taken under load restores on an empty machine, closed; kill -9 leaves nothing half restored."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows
from tests.faults.traffic import traffic
from tests.faults.visitor import Visitor

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
ACCOUNT = "U1000007"
ACCEPT = ("restore", "accept", "--reason", "the server burnt down")


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> PostgresServer | None:
    """None for SQLite. The programs of PostgreSQL are those of the server, whatever else the machine has."""
    if request.getfixturevalue("database") == "sqlite":
        return None
    found: PostgresServer = request.getfixturevalue("own_server")
    monkeypatch.setenv("PATH", f"{found.binaries}{os.pathsep}{os.environ['PATH']}")
    return found


def _new_database(server: PostgresServer | None) -> str:
    return "" if server is None else server.new_database()


def _lose_everything(house: Brokerage, server: PostgresServer | None) -> None:
    """But the keys, the settings, the exported heads and the backup."""
    house.stop()
    shutil.move(house.folder / "data", house.folder / f"lost {time.monotonic_ns()}")
    (house.folder / "data").mkdir(mode=0o700)
    if server is not None:
        fresh = server.new_database()
        house.config.write_text(house.config.read_text().replace(house.database, fresh))
        house.database = fresh


def _health(house: Brokerage) -> tuple[int, str]:
    """Status and word of /-/health/ready; (0, "") while nobody answers."""
    try:
        with (
            socket.create_connection(("127.0.0.1", house.https), 2) as plain,
            house.trust.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(b"GET /-/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), str(json.loads(body)["status"])
    except (OSError, ValueError, IndexError):
        return 0, ""


@pytest.mark.parametrize("database", BOTH)
def test_a_backup_under_load_restores_on_an_empty_machine(
    database: str, server: PostgresServer | None, tmp_path: Path, report: FaultReport
) -> None:
    backup = str(tmp_path / "monday.backup")
    with open_brokerage(tmp_path, 4, _new_database(server), more="") as house:
        restricted, idle, guesser, trader = house.people
        house.command("account", "add", ACCOUNT, "Hanako Sato")
        mandate = house.command("account", "grant", ACCOUNT, idle.username, "--role", "viewer")[0]["mandate"]
        with Visitor(idle, house) as visitor:
            token = visitor.log_in()
        with traffic(house, [guesser], [], [trader]) as ledger:
            until(lambda: ledger.statuses.total() > 5, 30)
            made = house.command("backup", backup)
        with Visitor(restricted, house) as visitor:
            assert [visitor.give_password("not the password").status for _ in range(5)] == [401] * 5
        house.command("account", "end", mandate, "--reason", "left the family business")
        _lose_everything(house, server)
        assert house.command("restore", backup)["sha256"] == made["sha256"]
        _nobody_gets_in(house, token)
        accepted = house.command(*ACCEPT)["restore"]
        assert accepted["epoch"] == 2 and accepted["stopped"]["ended"] == 1, accepted
        assert accepted["stopped"]["restricted"] in (1, 2), "and the one who guessed, if he went on after the backup"
        until(house.ready.exists, 20)
        with Visitor(idle, house) as visitor:
            assert visitor.check(token).status == 401
            visitor.log_in()
        with Visitor(restricted, house) as visitor:
            assert visitor.give_password(restricted.password).status == 401
        (row,) = [one for one in house.command("account", "show", ACCOUNT) if one["mandate"] == mandate]
        assert row["until"] is not None
        house.stop()
        ended = house.verified()
        assert ended["ok"] and ended["uncovered"] == 0 and len(ended["restores"]) == 1, ended["findings"]
    report.add(f"backup under load, restored, {database}", entries_lost=accepted["lost"], size=made["size"])


def _nobody_gets_in(house: Brokerage, token: str) -> None:
    house.launch()
    status, why = until(lambda: (found := _health(house))[0] and found, 60)
    assert status == 503 and "sekisho restore accept" in why
    for person in house.people:
        with Visitor(person, house) as visitor:
            assert visitor.give_password(person.password).status == 503
            assert visitor.check(token).status == 503
            assert visitor.ask("GET", "/").status == 503


@pytest.mark.parametrize("database", ["sqlite"])
def test_kill_in_the_middle_of_a_restore(database: str, server: PostgresServer | None, tmp_path: Path, report: FaultReport) -> None:
    _kill_restores(server, 1, tmp_path, report, "kill -9 of restore and acceptance, one")


@pytest.mark.faults
@pytest.mark.parametrize("database", BOTH)
def test_kill_in_the_middle_of_many_restores(database: str, server: PostgresServer | None, tmp_path: Path, report: FaultReport) -> None:
    _kill_restores(server, 15, tmp_path, report, f"kill -9 of restore and acceptance, {database}")


def _kill_restores(server: PostgresServer | None, kills: int, folder: Path, report: FaultReport, run: str) -> None:
    backup, chance = str(folder / "monday.backup"), report.chance(run)
    whole = cut = 0
    with open_brokerage(folder, 2, _new_database(server), more="") as house:
        with Visitor(house.people[0], house) as visitor:
            visitor.log_in()
            house.command("backup", backup)
            assert [visitor.give_password("not the password").status for _ in range(5)] == [401] * 5
        for _ in range(kills):
            _lose_everything(house, server)
            process = house.begin("restore", backup)
            time.sleep(chance.uniform(0.3, 1.5))
            process.kill()
            process.wait(20)
            stands = _is_whole_or_nothing(house)
            whole, cut = whole + stands, cut + (not stands)
            if not stands:
                house.command("restore", backup)
            _kill_acceptance(house)
    report.add(run, kills=2 * kills, found_whole=whole, found_empty=cut)


def _is_whole_or_nothing(house: Brokerage) -> bool:
    rows = Rows(house.database)
    if house.database.startswith("sqlite"):
        if not (house.folder / "data/sekisho.db").exists():
            return False
    else:
        until(lambda: rows.others_at_work() == 0, 20)  # the programs that were fed see the end and roll back
        if rows.tables() == 0:
            return False
    assert rows.epoch() == (1, True) and rows.tables() > 20
    return True


def _kill_acceptance(house: Brokerage) -> None:
    """Killed before its commit it has changed nothing; killed after it, all of it stands, and the next head tells."""
    rows = Rows(house.database)
    with rows.write_lock():
        process = house.begin(*ACCEPT)
        until(lambda: process.poll() is not None or _waits(process.pid), 20)
        process.kill()
        process.wait(20)
    assert rows.epoch() == (1, True)
    process = house.begin(*ACCEPT)
    until(lambda: rows.epoch() != (1, True), 40)
    process.kill()
    process.wait(20)
    epoch, waits = rows.epoch()
    assert epoch > 1 and not waits
    assert house.command(*ACCEPT) == {"accepted": False, "restore": None}
    house.start()
    until(lambda: f'"epoch":{epoch}' in (house.folder / "heads.jsonl").read_text(), 40)  # the dead one's lease runs out first
    house.stop()
    ended = house.verified()
    assert ended["ok"] and ended["restores"], ended["findings"]


def _waits(process: int) -> bool:
    """Whether it has opened the database."""
    opened = []
    with suppress(FileNotFoundError):  # a file that was closed meanwhile
        opened = [os.readlink(file) for file in Path(f"/proc/{process}/fd").iterdir()]
    return any("sekisho.db" in one or "socket" in one for one in opened)
