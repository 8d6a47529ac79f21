"""Schemathesis over the OpenAPI document of a running server: no 5xx, no status and no content type that the document does not name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
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
    for operation, mode in product(chosen, schemathesis.GenerationMode):

        @SEARCH
        @given(case=operation.as_strategy(generation_mode=mode))
        def answered_as_documented(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=demo.ready["base_url"], headers=dict(headers), verify=demo.ready["ca_file"], checks=CHECKS)

        answered_as_documented()
    return len(chosen)
