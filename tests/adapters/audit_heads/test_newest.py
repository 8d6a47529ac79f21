"""The newest head is found by the end of its file alone; what cannot be relied on is no witness, and says so (R9)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sekisho.adapters.audit_heads.newest import newest_head
from sekisho.domain.audit.chain import ORIGIN
from sekisho.domain.audit.head import Head, sign, unsigned_head
from sekisho.domain.audit.lines import head_line
from sekisho.kernel.errors import SekishoError
from tests.fakes.audit_log import NOW, Key

KEY = Key()


def head(number: int, epoch: int = 1) -> Head:
    return sign(replace(unsigned_head(None, ORIGIN, NOW, "firm", epoch, ()), number=number), KEY.key_id, KEY.sign)


def written(path: Path, *lines: str, end: str = "\n") -> Path:
    path.write_text("\n".join(lines) + end)
    return path


def newest(path: Path) -> Head | None:
    return newest_head(path, KEY.authentic)


def test_no_file_and_an_empty_one_know_of_none(tmp_path: Path) -> None:
    assert newest(tmp_path / "heads") is None
    assert newest(written(tmp_path / "heads", end="")) is None
    assert newest(written(tmp_path / "heads", head_line(head(1))[:40], end="")) is None, "half of the first one"


def test_the_last_whole_and_genuine_one_counts(tmp_path: Path) -> None:
    forged = head_line(replace(head(9), position=5))
    path = written(tmp_path / "heads", head_line(head(1)), head_line(head(2)), forged, "rubbish", head_line(head(3))[:40], end="")
    assert newest(path) == head(2)


def test_a_later_epoch_wins_over_a_greater_number(tmp_path: Path) -> None:
    assert newest(written(tmp_path / "heads", head_line(head(9)), head_line(head(5, epoch=2)))) == head(5, epoch=2)


def test_a_long_file_is_read_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "heads"
    line = head_line(head(1)) + "\n"
    path.write_text(line * (5 * (1 << 20) // len(line)) + head_line(head(2)) + "\n")
    assert newest(path) == head(2)


@pytest.mark.parametrize("content", ["rubbish\n", head_line(replace(head(1), position=9)) + "\n"])
def test_a_file_without_any_genuine_head_is_no_witness(content: str, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(content)
    with pytest.raises(SekishoError) as refused:
        newest(tmp_path / "heads")
    assert "audit.key_file" in refused.value.detail


def test_a_file_that_cannot_be_read_is_no_witness(tmp_path: Path) -> None:
    with pytest.raises(SekishoError):
        newest(tmp_path)
