"""`sekisho verdict` and `sekisho list`: why it was said, in both languages; and the lists that rules ask."""

from __future__ import annotations

import json

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from sekisho.cli import list as list_commands
from sekisho.cli import verdict
from sekisho.kernel.errors import SekishoError
from tests.flows.house import House
from tests.flows.monitored import open_log
from tests.flows.test_rule_lists import LISTED

WHY = ("--reason", "took stolen money")


@pytest.fixture
def house(opened: House) -> House:
    """A customer whose large withdrawal was held, and whose small one was not."""
    opened.enrol("aiko")
    with open_log(opened, LISTED) as log:
        log.accepted(log.event("small"), log.event("large", amount=2_000_000))
        log.settled()
    return opened


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_a_verdict_is_told_as_an_analyst_would(house: House) -> None:
    said = run(verdict.app, "explain", "brk_1:large")
    assert said.exit_code == 0
    for part in (
        "withdrawal.requested, of 1 April 2026",
        "Verdict: hold, by version 1 of the rules.",
        "Computed again from what was kept: the same.",
        "The rule much_withdrawn fired: hold.",
        "¥2,001,000 was withdrawn within a day.",
        "✓ withdrawn_1d is ¥2,001,000, at least ¥1,000,000",
    ):
        assert part in said.output
    assert (
        "bad_payee" not in said.output and "The rule bad_payee did not fire." in run(verdict.app, "explain", "brk_1:large", "--all").output
    )


def test_and_in_japanese(house: House) -> None:
    said = run(verdict.app, "explain", "brk_1:large", "--language", "ja").output
    assert "当時の判定と一致しました" in said and "1日のうちに2,001,000円が出金されました。" in said
    assert "version" not in said and "Computed" not in said


def test_what_no_rule_spoke_of_is_told_too(house: House) -> None:
    assert "No rule fired on it." in run(verdict.app, "explain", "brk_1:small").output


def test_programs_get_values_and_rules(house: House) -> None:
    found = json.loads(run(verdict.app, "explain", "brk_1:large", "--json").stdout)
    assert found["same"] is True and found["verdict"] == "hold" and found["features"]["withdrawn_1d"] == 2_001_000
    assert found["event"]["payee"] == "bank:1" and found["rules"][0]["conditions"][0]["holds"] is True
    assert found["rules_version"] == 1 and found["instruction"] is None


def test_a_verdict_that_does_not_compute_ends_with_status_1(house: House) -> None:
    with house.storage.transaction() as tx:
        tx._line._driver.execute("UPDATE monitored_events SET verdict = 'allow' WHERE id = 'brk_1:large'")
    said = run(verdict.app, "explain", "brk_1:large")
    assert said.exit_code == 1 and "NOT the same. These differ: the verdict." in said.output


def test_what_was_held_is_listed(house: House) -> None:
    [row] = json.loads(run(verdict.app, "list", "--held", "--account", "SK-4AIKO", "--json").stdout)
    assert row["verdict"] == "hold" and row["reasons"] == ["much_withdrawn"]


def test_a_member_comes_is_shown_and_goes(house: House) -> None:
    [added] = json.loads(run(list_commands.app, "add", "bad_payees", "bank:9", *WHY, "--expires", "2026-12-31", "--json").stdout)
    assert added["expires"] == "2026-12-31T15:00:00.000Z"  # midnight in Tokyo, when that day is over
    run(list_commands.app, "add", "bad_payees", "bank:8", *WHY, "--expires", "30d")
    run(list_commands.app, "add", "bad_payees", "bank:7", *WHY, "--expires", "never")
    shown = {row["member"]: row["expires"] for row in json.loads(run(list_commands.app, "show", "bad_payees", "--json").stdout)}
    assert shown.keys() == {"bank:7", "bank:8", "bank:9"} and shown["bank:7"] is None
    counts = {row["list"]: (row["of"], row["members"]) for row in json.loads(run(list_commands.app, "show", "--json").stdout)}
    assert counts == {"bad_payees": ("payee", 3), "bad_accounts": ("account", 0)}
    assert run(list_commands.app, "remove", "bad_payees", "bank:8", *WHY).exit_code == 0
    assert len(json.loads(run(list_commands.app, "show", "bad_payees", "--json").stdout)) == 2


def test_an_end_has_to_be_said_and_understood(house: House) -> None:
    assert run(list_commands.app, "add", "bad_payees", "bank:9", *WHY).exit_code == 2
    found = run(list_commands.app, "add", "bad_payees", "bank:9", *WHY, "--expires", "soon")
    assert isinstance(found.exception, SekishoError) and "30d" in found.exception.public_message
