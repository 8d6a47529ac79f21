"""The stolen broker key: what a key of one scope, in the hands of whoever has it, does not open (R7, R13, R14, R15).

Over TLS, against `sekisho serve` as it runs, on both databases where the database decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from bench.processes import pss_of
from tests.attacks.broker_door import ACCOUNT, EVERY_KEY, ORDER, SCOPES, Door, opened
from tests.faults.hostile import statuses_of, talk
from tests.faults.processes import open_brokerage

pytestmark = pytest.mark.timeout(600)
MB = 1024 * 1024


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with open_brokerage(tmp_path_factory.mktemp("thief") / "house", 1) as house:
        yield opened(house, EVERY_KEY)


# Other scopes


def routes(door: Door) -> list[tuple[str, str]]:
    described = door.ask("GET", "/openapi.json", "desk").json()["paths"]
    return [(method.upper(), path) for path, methods in described.items() if path.startswith("/v1/broker/") for method in methods]


def scope_of(path: str) -> str:
    return path.split("/")[3]


def filled(path: str, door: Door) -> str:
    values = {"number": ACCOUNT, "username": door.trader, "mandate": "man_1", "instruction": "ins_1"}
    return path.format(**values)


def test_a_key_of_one_scope_opens_no_route_of_another(door: Door) -> None:
    """Every route that the running house describes, with every key: 403 before a field is looked at, and nothing was done."""
    found = routes(door)
    assert {scope_of(path) for _, path in found} == set(SCOPES) and len(found) >= 14
    for method, path in found:
        for scope in set(SCOPES) - {scope_of(path)}:
            answer = door.ask(method, filled(path, door), scope, {"no": "such"} if method == "POST" else None)
            assert answer.status_code == 403, (method, path, scope, answer.text)
            assert "scope" not in answer.text and ACCOUNT not in answer.text
    assert door.ask("GET", f"/v1/broker/accounts/{ACCOUNT}", "accounts").json()["frozen"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/session", "/v1/login", "/", "/security", "/metrics", "/-/health/ready",
        "/v1/broker/events/../accounts/KT-1000", "/v1/broker/events/%2e%2e/accounts/KT-1000", "/v1/broker/events%2f..%2faccounts%2fKT-1000",
        "//v1/broker/accounts/KT-1000", "/v1/broker//accounts/KT-1000", "/V1/broker/accounts/KT-1000", "/v1/broker/accounts/KT-1000/",
        "/v1/broker/accounts/KT-1000;events", "/v1/broker/accounts/KT-1000?scope=accounts",
    ],
)  # fmt: skip
def test_no_other_way_leads_to_what_the_scope_does_not_open(door: Door, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {door.keys['events']}\r\n\r\n"
    answer = talk(door.house, request.encode())
    assert b"Key Thief" not in answer and door.trader.encode() not in answer
    (status,) = statuses_of(answer)
    assert status in (303, 307, 308, 400, 401, 403, 404, 405, 421) or (status == 200 and b"ready" in answer), status


SMUGGLED = {
    "two keys": "Authorization: Bearer {events}\r\nAuthorization: Bearer {accounts}\r\n",
    "two keys in one": "Authorization: Bearer {events}, Bearer {accounts}\r\n",
    "a key in a fold": "Authorization: Bearer {events}\r\n Bearer {accounts}\r\n",
    "a key behind a tab": "Authorization:\tBearer\t{accounts}\r\n",
    "a key of a proxy": "Authorization: Bearer {events}\r\nX-Forwarded-Authorization: Bearer {accounts}\r\n",
    "a proxy's own": "Authorization: Bearer {events}\r\nProxy-Authorization: Bearer {accounts}\r\n",
    "basic": "Authorization: Basic {accounts}\r\n",
    "a cookie": "Cookie: authorization={accounts}\r\n",
    "another url": "Authorization: Bearer {events}\r\nX-Original-URL: /v1/broker/events\r\nX-Rewrite-URL: /v1/broker/events\r\n",
    "another method": "Authorization: Bearer {events}\r\nX-HTTP-Method-Override: POST\r\n",
}


@pytest.mark.parametrize("headers", SMUGGLED.values(), ids=SMUGGLED)
def test_a_smuggled_header_opens_nothing(door: Door, headers: str) -> None:
    request = (
        f"GET /v1/broker/accounts/{ACCOUNT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers.format(**door.keys) + "\r\n"
    )
    answer = talk(door.house, request.encode())
    assert b"Key Thief" not in answer and all(status in (400, 401, 403) for status in statuses_of(answer))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"])
def test_from_elsewhere_no_header_brings_the_key_home(door: Door, header: str) -> None:
    """127.0.0.1 is where the key may come from; the thief comes from 127.0.0.9 and says otherwise."""
    told = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
    transport = httpx2.HTTPTransport(verify=door.house.trust, local_address="127.0.0.9")
    with httpx2.Client(transport=transport, trust_env=False, timeout=20) as client:
        url = f"https://127.0.0.1:{door.house.https}/v1/broker/accounts/{ACCOUNT}"
        answer = client.get(url, headers={"authorization": f"Bearer {door.keys['desk']}", header: told})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 400\r\n",
        "Content-Length: +4\r\n",
    ],
)
def test_a_request_hidden_in_anothers_body_is_not_answered(door: Door, framing: str) -> None:
    """Whatever the framing says: never two answers, and the hidden claim is never carried out."""
    instruction, hash_ = door.asked(f"hidden-{uuid4().hex[:8]}")
    claim = json.dumps({"hash": hash_})
    hidden = (
        f"POST /v1/broker/instructions/{instruction}/execution HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {door.keys['desk']}\r\n"
    )
    hidden += f"Content-Type: application/json\r\nContent-Length: {len(claim)}\r\n\r\n{claim}"
    outer = f"POST /v1/broker/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {door.keys['events']}\r\n"
    outer += f"Content-Type: application/json\r\n{framing}\r\n0\r\n\r\n"
    told = statuses_of(talk(door.house, (outer + hidden).encode(), 2))
    state = door.ask("GET", f"/v1/broker/instructions/{instruction}", "desk").json()["state"]
    assert state == "allowed" and len(told) <= 1 and 200 not in told


# What belongs to another system


def test_another_systems_names_open_nothing_of_it(door: Door) -> None:
    """Its instruction, its event's id and its Idempotency-Key are nobody else's: absent, new, and never its answer."""
    instruction, hash_ = door.asked("shared-name")
    for answer in (
        door.ask("GET", f"/v1/broker/instructions/{instruction}", "other"),
        door.claim(instruction, hash_, "other"),
        door.ask("POST", f"/v1/broker/instructions/{instruction}/cancellation", "other", {}),
    ):
        assert answer.status_code == 404 and instruction not in answer.text
    nothing = door.ask("GET", "/v1/broker/instructions/ins_01m8bx44xtfyjtqq8hbncp5vs8", "other")
    assert nothing.json() == door.ask("GET", f"/v1/broker/instructions/{instruction}", "other").json()
    mine, _ = door.asked("shared-name", "other")
    assert mine != instruction
    new = {
        "username": f"thief.{uuid4().hex[:4].translate(str.maketrans('0123456789', 'ghkmnpqrtu'))}",
        "name": "New One",
        "phone": "+819055556666",
    }
    first = door.ask("POST", "/v1/broker/traders", "desk", new, **{"idempotency-key": "the-same-key-of-both"})
    assert first.status_code == 201
    stolen = door.ask("POST", "/v1/broker/traders", "other", new, **{"idempotency-key": "the-same-key-of-both"})
    assert stolen.status_code == 409 and first.json()["activation_code"] not in stolen.text


def test_what_was_recorded_and_is_sent_again_does_nothing_twice(door: Door) -> None:
    document = door.instruction("recorded")
    one, two = (door.ask("POST", "/v1/broker/instructions", "desk", document).json() for _ in range(2))
    assert one == two
    assert [door.claim(one["instruction"], document["hash"]).status_code for _ in range(3)] == [200, 409, 409]
    seen = door.ask("POST", "/v1/broker/instructions", "desk", document).json()
    assert (seen["instruction"], seen["state"]) == (one["instruction"], "executing")


def test_an_event_and_an_instruction_of_one_name_are_not_taken_for_each_other(door: Door) -> None:
    """Who may send events cannot lay down the answer of an instruction that comes later, nor the other way round."""
    document = door.instruction("one-name")
    event = {"id": "one-name", "kind": "order.placed", "time": datetime.now(UTC).isoformat(), "account": ACCOUNT, **ORDER}
    first = door.ask("POST", "/v1/broker/events", "desk", {"events": [event]})
    assert first.status_code == 200, first.text
    assert door.ask("POST", "/v1/broker/instructions", "desk", document).status_code == 409
    door.asked("other-name")
    told = door.ask("POST", "/v1/broker/events", "desk", {"events": [{**event, "id": "other-name"}]})
    assert told.status_code in (200, 409) and '"accepted"' not in told.text and '"duplicate"' not in told.text


# Hostile words and sizes


TEXTS = ("a\x00b", "\ud800", "\x1b[31m", "\u2028", "\x85")
WRONG = [
    ("payee", 5), ("amount", -1), ("amount", 10**30), ("amount", 1.5), ("amount", True), ("amount", "1000"), ("currency", "jpy"),
    ("currency", "JPYX"), ("payee", ""), ("payee", "p" * 65), ("payee_name", "n" * 101), ("account", "A" * 65), ("hash", "0" * 63),
    ("hash", "G" * 64), ("address", "999.1.1.1"), ("kind", "transfer"), ("id", ""), ("id", "x" * 65), ("verdict", "allow"),
    ("state", "allowed"), ("payee", {"a": 1}), ("trader", None),
]  # fmt: skip


@pytest.mark.parametrize("field", ["id", "payee", "payee_name", "trader", "account", "session"])
def test_text_that_no_bank_writes_is_refused(door: Door, field: str) -> None:
    for number, text in enumerate(TEXTS):
        document = door.instruction(f"odd-{number}", "withdrawal") | {field: text}
        body = json.dumps(document).encode()  # escaped, as the lone surrogate can only be
        with httpx2.Client(verify=door.house.trust, trust_env=False, timeout=20) as client:
            headers = {"authorization": f"Bearer {door.keys['instructions']}", "content-type": "application/json"}
            told = client.post(f"https://localhost:{door.house.https}/v1/broker/instructions", content=body, headers=headers)
        assert told.status_code == 400, (field, text)


@pytest.mark.parametrize("name, value", WRONG)
def test_a_value_that_cannot_be_is_named_and_judged_by_nobody(door: Door, name: str, value: Any) -> None:
    answer = door.ask(
        "POST", "/v1/broker/instructions", "instructions", door.instruction(f"wrong-{uuid4().hex[:6]}", "withdrawal") | {name: value}
    )
    assert answer.status_code == 422 and "verdict" not in answer.json(), answer.text
    assert name in [one["field"] for one in answer.json()["errors"]]


@pytest.mark.parametrize("name", ["Aiko\u202emirO", "\u2066http://evil.example\u2069", "<b>A</b>", "'; DROP TABLE", "%s{0}", "日本橋" * 30])
def test_names_that_mislead_never_make_an_allow(door: Door, name: str) -> None:
    document = door.instruction(f"name-{uuid4().hex[:6]}", "withdrawal", payee_name=name, amount=10**15)
    answer = door.ask("POST", "/v1/broker/instructions", "instructions", document)
    assert answer.status_code == 200 and answer.json()["verdict"] in ("challenge", "hold") and name not in answer.text


def test_bodies_without_end_are_refused_and_cost_nothing(door: Door) -> None:
    before = pss_of(door.house.worker())
    head = "POST /v1/broker/instructions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {door.keys['instructions']}\r\n"
    big = b'{"id": "' + b"a" * (10 * MB) + b'"}'
    sized = f"{head}Content-Length: {len(big)}\r\n\r\n".encode() + big
    chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n{len(big):x}\r\n".encode() + big + b"\r\n0\r\n\r\n"
    for wire in (sized, chunked):
        assert set(statuses_of(talk(door.house, wire, 10))) <= {413}
    nested = b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert statuses_of(talk(door.house, f"{head}Content-Length: {len(nested)}\r\n\r\n".encode() + nested, 10)) == [400]
    assert pss_of(door.house.worker()) - before < 60 * MB
