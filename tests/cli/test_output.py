"""Tables, JSON and questions of the command line."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest

from sekisho.cli import output
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret


class Role(StrEnum):
    VIEW = "view"


@pytest.mark.parametrize(
    ("value", "simple", "shown"),
    [
        (None, None, ""),
        (True, True, "yes"),
        (5, 5, "5"),
        (Secret("x"), "***", "***"),
        (Role.VIEW, "view", "view"),
        (timedelta(minutes=15), "15m", "15m"),
        (datetime(2027, 4, 1, tzinfo=UTC), "2027-04-01T00:00:00.000Z", "2027-04-01T00:00:00.000Z"),
        (date(2027, 4, 1), "2027-04-01", "2027-04-01"),
        (("a", "b"), ["a", "b"], "a, b"),
        ({"a": Secret("x")}, {"a": "***"}, '{"a": "***"}'),
        ("関所", "関所", "関所"),
        ("a\nb\x1b[2J\u202e", "a\nb\x1b[2J\u202e", "a\\nb\\x1b[2J\\u202e"),
        ("\ud800", "\ud800", "\\ud800"),
    ],
)
def test_values(value, simple, shown):
    assert output.plain(value) == simple
    assert output.printable(value) == shown


def test_a_table_has_the_columns_asked_for_in_both_forms(capsys):
    rows = [{"id": "trd_1", "name": "[red]x[/red]\x1b", "hidden": 1}]
    columns = {"name": "Name", "id": "Trader", "none": "None"}
    output.table(rows, columns, json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": "[red]x[/red]\x1b", "id": "trd_1", "none": None}]
    output.table(rows, columns)
    shown = capsys.readouterr().out
    assert "[red]x[/red]\\x1b" in shown and "Trader" in shown and "hidden" not in shown


def test_an_empty_table_is_an_empty_list_for_programs(capsys):
    output.table([], {"id": "Trader"}, json=True)
    output.table([], {"id": "Trader"})
    assert capsys.readouterr().out == "[]\nNothing to show.\n"


def test_a_record(capsys):
    output.record({"id": "a", "x": 1}, {"id": "Trader", "at": "Added"})
    assert capsys.readouterr().out == "Trader  a\nAdded   \n"
    output.record({"id": "a", "x": 1}, {"id": "Trader"}, json=True)
    assert json.loads(capsys.readouterr().out) == {"id": "a"}


def test_progress_without_a_terminal_is_silent(capsys):
    assert list(output.progress([1, 2], "Work")) == [1, 2]
    assert capsys.readouterr().err == ""


def test_a_secret_comes_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\nmore\n"))
    assert output.ask_secret("Password").reveal() == "correct horse"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SekishoError, match="Nothing was entered"):
        output.ask_secret("Password")


@pytest.mark.parametrize(("second", "accepted"), [("a", True), ("b", False)])
def test_a_secret_is_asked_twice_on_a_terminal(monkeypatch, second, accepted):
    entries = iter(["a", second])
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(entries))
    if accepted:
        assert output.ask_secret("Password", again=True).reveal() == "a"
    else:
        with pytest.raises(SekishoError, match="differ"):
            output.ask_secret("Password", again=True)
