"""Parts of a path are a stranger's: what no id can be is missing, before any database sees it (R7; never a 500)."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from sekisho.kernel.errors import Kind, SekishoError
from sekisho.web.http.routes import Visit


def _visit(part: str) -> Visit[None]:
    return Visit(Request({"type": "http", "headers": [], "path_params": {"account": part}}), None)


@pytest.mark.parametrize("part", ["\x00", "acc_1\n", "a\u202eb", "a" * 129, "\ud800"])
def test_what_no_id_can_be_is_missing(part: str) -> None:
    with pytest.raises(SekishoError) as refused:
        _visit(part).part("account")
    assert refused.value.kind is Kind.MISSING and part not in str(refused.value)


def test_an_id_passes() -> None:
    assert _visit("acc_06bq").part("account") == "acc_06bq"
