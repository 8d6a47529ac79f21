"""`sekisho events`: the log as files that other tools read, single events, and counts."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sekisho.adapters.event_files import read_events
from sekisho.cli.events import app
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import EventKind
from tests.flows.house import House
from tests.flows.monitored import open_log


@pytest.fixture
def house(opened: House) -> House:
    """Two days of events; on the second, a withdrawal was held."""
    opened.enrol("aiko")
    with open_log(opened) as log:
        log.accepted(log.order("o1", attributes={"order_type": "limit", "limit_price": 2500}))
        log.settled()
    opened.clock.advance(days=1)
    with open_log(opened) as log:
        log.accepted(log.event("w1", amount=2_000_000))
        log.settled()
    return opened


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.mark.parametrize(("name", "more"), [("log.jsonl", []), ("log.parquet", []), ("log.bin", ["--parquet"])])
def test_an_export_has_all_events_and_can_be_read_again(house: House, tmp_path: Path, name: str, more: list[str]) -> None:
    if name != "log.jsonl":
        pytest.importorskip("pyarrow")
    file = tmp_path / name
    assert json.loads(run("export", file, *more, "--json").stdout) == {"file": str(file), "events": len(logged(house))}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = file.rename(tmp_path / "log.parquet") if more else file
    assert [tuple(getattr(one, field) for field in one.__struct_fields__) for one in read_events(read)] == [
        tuple(getattr(one.event, field) for field in one.event.__struct_fields__) for one in logged(house)
    ]
    assert house.audited(EventKind.EVENTS_EXPORTED, events=len(logged(house))) == 1
    assert [path.name for path in tmp_path.glob(".*")] == []


def logged(house: House):
    with house.storage.reading() as tx:
        return tx.events.read(0, 1000)


def test_the_verdict_goes_along(house: House, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    run("export", file)
    last = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    assert last["verdict"] == "hold" and last["rules"] == 2 and "much_withdrawn" in last["reasons"]


@pytest.mark.parametrize(
    ("options", "held", "others"),
    [
        (["--since", "2026-04-02"], True, False),  # the clock of the tests begins on 1 April, 18:00 in Tokyo
        (["--until", "2026-04-02"], False, True),
        (["--since", "2026-04-01T17:00", "--until", "2026-04-03"], True, True),
        (["--since", "2026-04-03"], False, False),
    ],
)
def test_a_time_is_chosen_in_the_firms_zone(house: House, tmp_path: Path, options: list[str], held: bool, others: bool) -> None:
    file = tmp_path / "log.jsonl"
    assert run("export", file, *options).exit_code == 0
    ids = {one.id for one in read_events(file)}
    assert ("brk_1:w1" in ids) is held and ("brk_1:o1" in ids) is others


def test_a_file_that_exists_is_not_overwritten(house: House, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("precious", encoding="utf-8")
    assert isinstance(run("export", file).exception, SekishoError) and file.read_text(encoding="utf-8") == "precious"


def test_what_is_no_time_is_told(house: House, tmp_path: Path) -> None:
    for options in (["--since", "yesterday"], ["--since", "2026-04-03", "--until", "2026-04-01"]):
        assert isinstance(run("export", tmp_path / "log.jsonl", *options).exception, SekishoError)
    assert not (tmp_path / "log.jsonl").exists()


def test_one_event_and_counts(house: House) -> None:
    shown = json.loads(run("show", "brk_1:o1", "--json").stdout)
    assert shown["limit_price"] == 2500 and shown["verdict"] == "allow" and "payee" not in shown
    counts = {row["kind"]: (row["events"], row["hold"]) for row in json.loads(run("counts", "--json").stdout)}
    assert counts["withdrawal.requested"] == (1, 1) and counts["order.placed"] == (1, 0)
    assert "order.placed" not in run("counts", "--since", "2026-04-02").output
