"""Schemathesis over the OpenAPI document of a running server: no 5xx, no status and no content type that the document does not name."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.promises.running_demo import RunningDemo

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SEARCH = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same requests at every run: a failure is the code's, not the day's
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def api(demo: RunningDemo) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_dict(demo.client.get("/openapi.json").json())


@pytest.fixture(scope="module")
def bearer(demo: RunningDemo) -> dict[str, str]:
    return demo.log_in("hanako.sato").headers


def search(api: schemathesis.BaseSchema, demo: RunningDemo, headers: Mapping[str, str], without: frozenset[str] = frozenset()) -> int:
    """Generated requests, valid ones and others, to every operation but the methods of `without`; how many operations there were."""
    operations = [found.ok() for found in api.get_all_operations()]
    chosen = [operation for operation in operations if operation.method.upper() not in without]
    for operation, mode in product(chosen, schemathesis.GenerationMode):

        @SEARCH
        @given(case=operation.as_strategy(generation_mode=mode))
        def answered_as_documented(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=demo.ready["base_url"], headers=dict(headers), verify=demo.ready["ca_file"], checks=CHECKS)

        answered_as_documented()
    return len(chosen)


def test_programs_without_a_session(api: schemathesis.BaseSchema, demo: RunningDemo) -> None:
    assert search(api, demo, {}) >= 8


def test_programs_with_a_session(api: schemathesis.BaseSchema, demo: RunningDemo, bearer: dict[str, str]) -> None:
    """All but the one that would end the session."""
    assert search(api, demo, bearer, without=frozenset({"DELETE"})) >= 7
