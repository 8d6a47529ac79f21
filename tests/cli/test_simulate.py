"""`sekisho simulate` writes the same events as JSON lines and as Parquet, with labels beside them."""

import json

import pytest
from typer.testing import CliRunner

from sekisho.adapters import event_files
from sekisho.cli.main import app
from sekisho.demo.simulation.files import read_events, read_labels
from sekisho.kernel.errors import SekishoError

SIZE = ["--traders", "120", "--days", "28", "--attacks", "2", "--seed", "4"]


def simulate(*options):
    return CliRunner().invoke(app, ["simulate", *SIZE, *map(str, options)])


def test_json_lines_and_parquet_hold_the_same_events(tmp_path):
    lines, table, labels = tmp_path / "market.jsonl", tmp_path / "market.parquet", tmp_path / "labels.jsonl"
    told = json.loads(simulate("--out", lines, "--labels", labels, "--json").stdout)
    assert simulate("--out", table).exit_code == 0
    events = list(read_events(lines))
    assert told["events"] == len(events) == sum(told["kinds"].values()) > 1000
    assert events == list(read_events(table))
    marked = read_labels(labels)
    assert told["attacked"].keys() == {label.attack_kind for label in marked.values()}
    assert marked.keys() <= {event.id for event in events}


def test_the_same_command_writes_the_same_bytes(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        assert simulate("--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(event_files, "import_module", missing)
    refused = simulate("--out", tmp_path / "market.parquet").exception
    assert isinstance(refused, SekishoError) and "sekisho[parquet]" in str(refused.public_message)


def test_a_market_that_is_too_small_is_refused_with_the_reason(tmp_path):
    refused = CliRunner().invoke(app, ["simulate", "--traders", "10", "--out", str(tmp_path / "market.jsonl")])
    assert isinstance(refused.exception, SekishoError) and "50 traders" in str(refused.exception.detail)
    assert not (tmp_path / "market.jsonl").exists()


def test_a_line_that_is_no_event_is_named(tmp_path):
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id":"evt-1","kind":"login.refused","own_time":1}\n{"id":7}\n')
    with pytest.raises(SekishoError) as refused:
        list(read_events(broken))
    assert "line 2" in refused.value.detail
