"""The file of heads and the export file, on a real disk."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from sekisho.adapters.audit_heads.export_file import read_export, write_export
from sekisho.adapters.audit_heads.file import FileSink, read_heads
from sekisho.domain.audit.chain import ORIGIN
from sekisho.domain.audit.head import Head
from sekisho.domain.audit.lines import head_line
from sekisho.flows.export_audit import export_lines, stored_rows
from sekisho.flows.seal_audit import publish_head
from sekisho.flows.verify_audit import Unreadable, verify_log
from sekisho.kernel.errors import SekishoError
from tests.fakes.audit_log import NOW, happen, sealing


def head(number: int) -> Head:
    return Head(number, number * 10, "ab", 1_000, "frm_1", 1, ("trd_1",), "key-1", "QQ==")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "heads.jsonl"


def test_heads_are_appended_and_read_back(path):
    sink = FileSink(path)
    for number in (1, 2, 3):
        sink.publish(head(number))
    assert list(read_heads(path)) == [head(1), head(2), head(3)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().count("\n") == 3


def test_each_head_is_on_the_disk_before_publish_returns(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    FileSink(path).publish(head(1))
    FileSink(path).publish(head(2))
    assert synced == [False, True, False]  # the file, its folder when new, the file


def test_a_full_disk_is_an_error_and_half_a_line_is_made_good(path, monkeypatch):
    sink, write = FileSink(path), os.write
    sink.publish(head(1))

    def half(descriptor, data):
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError):
        sink.publish(head(2))
    monkeypatch.undo()
    assert list(read_heads(path)) == [head(1)]
    sink.publish(head(2))
    assert list(read_heads(path)) == [head(1), head(2)]


def test_short_writes_are_completed(path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    FileSink(path).publish(head(1))
    assert list(read_heads(path)) == [head(1)]


def test_a_symbolic_link_is_refused(path):
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(OSError):
        FileSink(path).publish(head(1))


def test_heads_appended_after_the_start_of_reading_are_left_out(path):
    sink = FileSink(path)
    sink.publish(head(1))
    reading = read_heads(path)
    sink.publish(head(2))
    assert list(reading) == [head(1)]


@pytest.mark.parametrize("rubbish", [b"\n", b"{}\n", b"\xff\xfe\n", b"x" * (1 << 20) + b"yy\n", b"\x00" * 10 + b"\n"])
def test_rubbish_among_the_heads_is_reported_by_its_line(path, rubbish):
    line = head_line(head(2)).encode() + b"\n"
    path.write_bytes(head_line(head(1)).encode() + b"\n" + rubbish + b"{}\n" + line)
    found = list(read_heads(path))
    assert found[0] == head(1) and found[-1] == head(2)
    assert {row.line for row in found if isinstance(row, Unreadable)} >= {3}


def test_an_export_is_written_whole_and_read_back(tmp_path):
    deps = sealing()
    happen(deps, 5)
    publish_head(NOW, deps)
    happen(deps, 1)
    log, file = deps.storage.audit, tmp_path / "log.jsonl"
    assert write_export(file, export_lines(log)) == 7
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    start, rows = read_export(file)
    assert start == ORIGIN and list(rows) == list(stored_rows(log))


def test_an_export_never_overwrites_and_leaves_nothing_half_written(tmp_path):
    file = tmp_path / "log.jsonl"

    def failing():
        yield "{}"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_export(file, failing())
    assert not list(tmp_path.iterdir())
    file.write_text("mine")
    with pytest.raises(SekishoError):
        write_export(file, ["{}"])
    assert file.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"{}\n", b"\xff\n", b"PK\x03\x04"])
def test_a_file_that_is_no_export_is_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SekishoError):
        read_export(tmp_path / "x")


def test_an_export_that_ends_within_a_line_is_not_whole(tmp_path):
    deps = sealing()
    happen(deps, 3)
    publish_head(NOW, deps)
    file = tmp_path / "log.jsonl"
    write_export(file, export_lines(deps.storage.audit))
    file.write_bytes(file.read_bytes()[:-1])
    report = verify_log(*read_export(file), (), deps.storage.audit.key.authentic)
    assert not report.ok and report.findings[0].position == 3
