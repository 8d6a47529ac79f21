"""`sekisho broker-key`: a key is printed once, and nothing else ever shows it."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sekisho.cli.broker_key import app
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House


@pytest.fixture
def house(opened: House) -> House:
    return opened


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_life_of_a_key(house: House) -> None:
    options = ["--scope", "events", "--scope", "instructions", "--ip", "203.0.113.0/24", "--days", "30", "--json"]
    [added] = json.loads(run("add", "order-desk", *options).stdout)
    assert added["key"].startswith("sek_") and added["scopes"] == ["events", "instructions"]
    [rotated] = json.loads(run("rotate", "order-desk", "--json", "--overlap", "1h").stdout)
    assert rotated["key"] != added["key"] and rotated["older_until"] == "2026-04-01T10:00:00.123Z"
    listed = run("list", "--json")
    assert {row["prefix"] for row in json.loads(listed.stdout)} == {key["key"][:12] for key in (rotated, added)}
    assert added["key"] not in listed.output and rotated["key"] not in listed.output
    assert json.loads(run("revoke", "order-desk", "--json").stdout)[0]["revoked"]
    assert json.loads(run("list", "--json").stdout) == []
    assert {row["state"] for row in json.loads(run("list", "--past", "--json").stdout)} == {"revoked"}


def test_people_are_told_to_keep_it_and_what_it_opens(house: House) -> None:
    said = run("add", "order-desk").output
    assert "not shown again" in said and "opens nothing" in said


@pytest.mark.parametrize(
    "arguments, kind",
    [
        (["add", "order-desk", "--scope", "everything"], Kind.INVALID),
        (["add", "order-desk", "--scope", "instructions"], Kind.INVALID),
        (["add", "Order Desk"], Kind.INVALID),
        (["rotate", "order-desk"], Kind.MISSING),
        (["rotate", "order-desk", "--overlap", "soon"], Kind.INVALID),
        (["revoke", "sek_00000000"], Kind.MISSING),
    ],
)
def test_what_cannot_be_is_refused(house: House, arguments: list[str], kind: Kind) -> None:
    failure = run(*arguments).exception
    assert isinstance(failure, SekishoError) and failure.kind is kind
