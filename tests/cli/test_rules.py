"""`sekisho rules`: from a file with problems to rules in force by two persons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sekisho.cli.rules import app
from sekisho.flows import rules_in_force
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House
from tests.flows.monitored import RULES, open_log

WHY = ["--reason", "thin stocks were pumped"]


@pytest.fixture
def house(opened: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(rules_in_force, "shipped_rules", lambda: RULES)
    return opened


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch):
    """Who acts from now on."""
    return lambda name: monkeypatch.setenv("SUDO_USER", name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ours.rules"
    path.write_text(RULES.replace(">= 1000000", ">= 500"), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_every_problem_is_shown_with_its_line_and_a_caret(tmp_path: Path) -> None:
    path = tmp_path / "bad.rules"
    path.write_text(RULES.replace("withdrawn_1d >=", "withdrawn_2d >=").replace("    queue   cash\n", ""), encoding="utf-8")
    found = run("check", path)
    assert found.exit_code == 2 and "2 problems; nothing was stored" in found.output
    lines = found.output.splitlines()
    place = next(at for at, line in enumerate(lines) if "did you mean withdrawn_1d?" in line)
    assert lines[place].startswith(f"{path}:7:13: ") and lines[place + 2].strip() == "^" * len("withdrawn_2d")
    problems = json.loads(run("check", path, "--json").stdout)["problems"]
    assert [one["line"] for one in problems] == sorted(one["line"] for one in problems) and len(problems) == 2


def test_a_good_file_is_counted(file: Path) -> None:
    assert "3 rules, 2 features, 0 lists" in run("check", file).output


def test_a_window_longer_than_events_are_kept_is_warned_of(house: House, person, tmp_path: Path) -> None:
    """A habit's seven days count. The standard is 730 days."""
    path = tmp_path / "long.rules"
    habit = "feature {} = count of login.completed by trader over {}d habit\n"
    path.write_text(habit.format("usual", 724) + habit.format("fits", 723) + RULES, encoding="utf-8")
    [warning] = json.loads(run("check", path, "--json").stdout)["warnings"]
    assert warning.startswith("usual looks back 731d, but events are kept for 730d")
    person("ana")
    assert f"Warning: {warning}" in run("check", path).stderr and f"Warning: {warning}" in run("publish", path, *WHY).stderr
    person("ben")
    assert f"Warning: {warning}" in run("approve", "1", *WHY).stderr


def test_what_cannot_be_read_as_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "picture.rules"
    path.write_bytes(b"\x89PNG\xff")
    found = run("check", path)
    assert isinstance(found.exception, SekishoError) and found.exception.kind is Kind.INVALID


def test_two_persons_put_rules_in_force(house: House, person, file: Path) -> None:
    house.enrol("aiko")
    with open_log(house) as log:
        log.accepted(log.event("w1", amount=600))
        log.settled()
    person("ana")
    [proposed] = json.loads(run("publish", file, *WHY, "--json").stdout)
    version = str(proposed["version"])
    assert proposed["state"] == "proposed" and proposed["proposed_by"] == "os:ana"
    alone = run("approve", version, *WHY)
    assert isinstance(alone.exception, SekishoError) and alone.exception.kind is Kind.FORBIDDEN
    person("ben")
    wide = run("approve", version, *WHY)
    assert isinstance(wide.exception, SekishoError) and "--accept-blast-radius" in wide.exception.detail
    assert "much_withdrawn" in wide.output and "100.00% of customers would be held" in wide.output
    [live] = json.loads(run("approve", version, *WHY, "--accept-blast-radius", "--json").stdout)
    assert live["state"] == "live" and live["decided_by"] == "os:ben" and live["would_hold"] == 1.0
    assert [row["state"] for row in json.loads(run("list", "--json").stdout)] == ["live", "retired"]
    assert run("show").stdout == file.read_text(encoding="utf-8")
    [back] = json.loads(run("rollback", "--reason", "honest people are held", "--json").stdout)
    assert back["state"] == "live" and back["decided_by"] == "os:ben" and back["version"] != live["version"]


def test_a_bad_file_is_not_proposed(house: House, tmp_path: Path) -> None:
    path = tmp_path / "bad.rules"
    path.write_text("rule x\n    on nothing\n", encoding="utf-8")
    assert run("publish", path, *WHY).exit_code == 2
    assert json.loads(run("list", "--json").stdout) == []


def test_a_test_of_a_file_changes_nothing(house: House, file: Path) -> None:
    found = json.loads(run("test", file, "--days", "3", "--json").stdout)
    assert (
        found["events"] == 0
        and found["days"] == 3
        and {one["rule"] for one in found["rules"]} == {"much_withdrawn", "many_buys", "thin_buy"}
    )
    assert json.loads(run("list", "--json").stdout) == []


def test_a_difference_names_rules_and_lines(house: House, person, file: Path) -> None:
    person("ana")
    run("publish", file, *WHY)
    found = json.loads(run("diff", "1", "--json").stdout)
    assert found["changed"] == ["rule much_withdrawn"] and found["added"] == found["removed"] == []
    assert "-    when    withdrawn_1d >= 1000000" in found["lines"] and "+    when    withdrawn_1d >= 500" in found["lines"]
