"""Schemathesis over what programs are served: no 5xx, no status and no content type that the document does not name."""

from __future__ import annotations

import pytest

from tests.promises.running_demo import RunningDemo
from tests.web.searching import search

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def bearer(demo: RunningDemo) -> dict[str, str]:
    return demo.log_in("hanako.sato").headers


def of_programs(method: str, path: str) -> bool:
    return not path.startswith("/v1/broker/")


def test_programs_without_a_session(demo: RunningDemo) -> None:
    assert search(demo, {}, of_programs) >= 8


def test_programs_with_a_session(demo: RunningDemo, bearer: dict[str, str]) -> None:
    """All but the one that would end the session."""
    assert search(demo, bearer, lambda method, path: method != "DELETE" and of_programs(method, path)) >= 7
