"""The paper of the broker's door: an example for every kind, and Schemathesis against the running server."""

from __future__ import annotations

import msgspec
import pytest

from sekisho.domain.instructions import InstructionKind
from sekisho.domain.monitoring.event import BROKER_KINDS
from sekisho.web.broker.examples import EVENTS, INSTRUCTIONS
from sekisho.web.broker.openapi import TALKS
from sekisho.web.http.openapi import Talk
from tests.promises.conftest import demo, settings  # noqa: F401 - fixtures
from tests.promises.running_demo import RunningDemo, until
from tests.web.searching import search


@pytest.mark.parametrize("talk", TALKS.values(), ids=map(" ".join, TALKS))
def test_every_kind_has_an_example_that_is_one(talk: Talk) -> None:
    for shape, example in ((talk.takes, talk.sent), (talk.gives, talk.answered)):
        assert (shape is None) == (not example)
        if shape is not None:
            msgspec.convert(example, shape, strict=False)
            assert set(example) <= set(shape.__struct_fields__)


def test_every_kind_of_event_and_instruction_has_an_example() -> None:
    assert set(EVENTS) == BROKER_KINDS and all(one["kind"] == kind for kind, one in EVENTS.items())
    assert set(INSTRUCTIONS) == set(InstructionKind) and all(one["kind"] == kind for kind, one in INSTRUCTIONS.items())


def test_each_example_is_taken_as_it_stands(demo: RunningDemo) -> None:  # noqa: F811
    key = {"authorization": f"Bearer {demo.ready['broker_api_key']}"}
    operation = demo.client.get("/openapi.json").json()["paths"]["/v1/broker/events"]["post"]
    told = operation["requestBody"]["content"]["application/json"]["examples"]
    assert set(told) == {"several"} | BROKER_KINDS
    first = next(iter(told.values()))["value"]
    until(
        lambda: demo.client.post("/v1/broker/events", json=first, headers=key).status_code == 200, 60
    )  # the event log may not be open yet
    for name, example in told.items():
        assert demo.client.post("/v1/broker/events", json=example["value"], headers=key).status_code == 200, name
    for name, example in INSTRUCTIONS.items():
        assert demo.client.post("/v1/broker/instructions", json=dict(example), headers=key).status_code == 200, name


def of_the_broker(method: str, path: str) -> bool:
    return path.startswith("/v1/broker/")


@pytest.mark.timeout(600)
def test_systems_of_the_broker(demo: RunningDemo) -> None:  # noqa: F811
    """With a key that opens everything, and without one."""
    key = {"authorization": f"Bearer {demo.ready['broker_api_key']}"}
    assert search(demo, {}, of_the_broker) == search(demo, key, of_the_broker) == len(TALKS)
