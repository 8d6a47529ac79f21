"""Schemathesis over the OpenAPI document of a running server: no 5xx, no status and no content type that the document does not name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from itertools import product

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.promises.running_demo import RunningDemo

__all__ = ["search"]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SEARCH = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same requests at every run: a failure is the code's, not the day's
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


def search(demo: RunningDemo, headers: Mapping[str, str], wanted: Callable[[str, str], bool]) -> int:
    """Generated requests, valid ones and others, to every operation whose method and path are wanted; how many operations there were."""
    api = schemathesis.openapi.from_dict(demo.client.get("/openapi.json").json())
    operations = [found.ok() for found in api.get_all_operations()]
    chosen = [operation for operation in operations if wanted(operation.method.upper(), operation.path)]
    with requests.Session() as session:  # a handshake for each request would take longer than its answer
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for operation, mode in product(chosen, schemathesis.GenerationMode):
            _try(operation.as_strategy(generation_mode=mode), demo, headers, session)
    return len(chosen)


def _try(cases: SearchStrategy[schemathesis.Case], demo: RunningDemo, headers: Mapping[str, str], session: requests.Session) -> None:
    @SEARCH
    @given(case=cases)
    def answered_as_documented(case: schemathesis.Case) -> None:
        case.call_and_validate(demo.ready["base_url"], session, dict(headers), CHECKS, verify=demo.ready["ca_file"], timeout=60)

    answered_as_documented()
