"""DESIGN §6: login for programs, end to end over HTTPS; refusals are one (R1); malformed input has its status and its reason."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
import pytest

from tests.promises.running_demo import RunningDemo, holds, until

JSON = {"content-type": "application/json"}
GOOD: dict[str, Any] = {"username": "hanako.sato", "password": "any password", "channel": "api"}


def test_the_ready_file_says_what_the_contract_says(demo: RunningDemo) -> None:
    ready = demo.ready
    assert {"base_url", "http_url", "ca_file", "outbox_file", "broker_api_key", "traders", "staff"} <= set(ready)
    assert demo.ready_file.stat().st_mode & 0o777 == 0o600
    first = ready["traders"][0]
    assert {"username", "password", "phone", "email", "accounts"} <= set(first)
    assert first["accounts"] == [{"number": "U1000007", "role": "holder"}]
    shared = [role["role"] for trader in ready["traders"] for role in trader["accounts"] if role["number"] == "U1000023"]
    assert sorted(shared) == ["holder", "trader", "viewer"]


def test_a_program_logs_in_works_and_logs_off(demo: RunningDemo) -> None:
    started = demo.start_login("hanako.sato", demo.trader("hanako.sato")["password"])
    assert started.json() | {"login": "x"} == {"login": "x", "state": "second_factor", "factors": ["security_code"]}
    login = started.json()["login"]
    code = demo.next_code("hanako.sato", login)
    done = demo.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": code})
    assert (done.status_code, done.json()["state"], done.json()["token_type"]) == (200, "complete", "Bearer")
    bearer = {"authorization": f"Bearer {done.json()['session_token']}"}
    demo.secrets |= {done.json()["session_token"], done.json()["client_token"]}

    assert demo.client.get("/v1/session", headers=bearer).json()["username"] == "hanako.sato"
    assert [account["number"] for account in demo.client.get("/v1/accounts", headers=bearer).json()["accounts"]] == ["U1000007"]
    told = demo.client.post("/v1/session/activity", headers=bearer, json={"seconds_since_input": 0})
    assert told.status_code == 200 and told.json()["seconds_left"] >= told.json()["idle_seconds"] - 2
    again = demo.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": code})
    assert again.status_code == 401, "a code is good once"
    assert demo.client.delete("/v1/session", headers=bearer).status_code == 204
    assert demo.client.get("/v1/session", headers=bearer).status_code == 401


def test_a_client_token_makes_the_program_known(demo: RunningDemo) -> None:
    """R3, R10: the first login is told of as one from an unknown client, the next one with its token is not; the token rotates."""
    phone = demo.trader("kenji.mori")["phone"]
    first = demo.log_in("kenji.mori")
    until(lambda: len(demo.messages(phone, "login_unknown_client")) == 1)
    second = demo.log_in("kenji.mori", first.client_token)
    assert second.client_token != first.client_token
    demo.log_in("kenji.mori", first.client_token)
    until(lambda: len(demo.messages(phone, "login_unknown_client")) == 2)  # a spent token is a stranger's


def test_every_refused_login_is_answered_alike(demo: RunningDemo) -> None:
    """R1: wrong password, unknown name, restricted login, dead login, wrong code, no session."""
    started = demo.start_login("john.miller", demo.trader("john.miller")["password"])
    login = started.json()["login"]
    code = demo.next_code("john.miller", login)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answers = [
        demo.start_login("john.miller", "not his password at all"),
        demo.start_login("nobody.knows", "not his password at all"),
        demo.start_login("yuki.abe", demo.trader("yuki.abe")["password"]),
        demo.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": wrong}),
        demo.client.post("/v1/login/no-such-login-in-progress/verify", json={"factor": "security_code", "code": wrong}),
        demo.client.post("/v1/login/no-such-login-in-progress/security-code", json={}),
        demo.client.get("/v1/session"),
        demo.client.get("/v1/accounts", headers={"authorization": "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple((name, value) for name, value in answer.headers.items() if name != "date") for answer in answers}) == 1


MALFORMED = [
    ("no JSON", 400, b"{", JSON),
    ("half a string", 400, b'{"username": "a', JSON),
    ("not UTF-8", 400, b'{"username": "\xff\xfe"}', JSON),
    ("no media type", 415, json.dumps(GOOD).encode(), {}),
    ("a form", 415, b"username=a&password=b", {"content-type": "application/x-www-form-urlencoded"}),
    ("too large", 413, json.dumps(GOOD | {"password": "x" * 70_000}).encode(), JSON),
    ("a list", 422, b"[]", JSON),
    ("nothing of it", 422, b"{}", JSON),
    ("a number for a name", 422, json.dumps(GOOD | {"username": 7}).encode(), JSON),
    ("no name", 422, json.dumps(GOOD | {"username": ""}).encode(), JSON),
    ("an unknown field", 422, json.dumps(GOOD | {"admin": True}).encode(), JSON),
    ("a field twice", 422, b'{"username":"a","username":"b","password":"c","channel":"api"}', JSON),
    ("an unknown channel", 422, json.dumps(GOOD | {"channel": "portal"}).encode(), JSON),
    ("a long password", 422, json.dumps(GOOD | {"password": "x" * 1025}).encode(), JSON),
]


@pytest.mark.parametrize(("status", "body", "headers"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_malformed_input_is_refused_with_a_reason(demo: RunningDemo, status: int, body: bytes, headers: dict[str, str]) -> None:
    answer = demo.client.post("/v1/login", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status and answer.json()["detail"]


def test_a_protected_route_looks_at_the_session_before_its_fields(demo: RunningDemo) -> None:
    answers = [
        demo.client.post("/v1/session/activity", content=body, headers=JSON) for body in (b"{", b"{}", b'{"seconds_since_input": 1}')
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]


@pytest.mark.parametrize(
    ("line", "secret", "found"),
    [
        ('{"code": "012345"}', "012345", True),
        ("sent 012345", "012345", True),
        ('{"at": "2026-11-22T23:12:06.012345Z"}', "012345", False),  # a fraction of a second
        ('{"request_id": "a012345b"}', "012345", False),
        ('{"path": "/v1/login/AbC-1/verify"}', "AbC-1", True),
        ("+819012345601 called", "+819012345601", True),
    ],
)
def test_the_search_for_secrets_finds_them(line: str, secret: str, found: bool) -> None:
    assert holds(line, secret) is found


def test_no_log_line_holds_a_secret(demo: RunningDemo) -> None:
    """Every file of promises asks this at its end, too."""
    demo.log_in("aiko.tanaka")
    assert len(demo.secrets) > 10 and "/v1/login" in demo.log()
    assert demo.leaked() == []


def test_a_bearer_token_with_a_portal_session_is_refused(demo: RunningDemo) -> None:
    """R4: portal sessions come by cookie, program sessions by bearer, never both."""
    headers = {"authorization": "Bearer AAAAAAAAAAAAAAAAAAAAAAAA", "cookie": "__Host-session=AAAAAAAAAAAAAAAAAAAAAAAA"}
    answer: httpx2.Response = demo.client.get("/v1/session", headers=headers)
    assert answer.status_code == 400


def test_a_notice_reaches_phone_and_email_through_the_outbox(demo: RunningDemo) -> None:
    """N45, J13: each message has a reference of its own, by which the portal knows it again."""
    person = demo.trader("hanako.sato")
    before = {to: len(demo.messages(to, "login_unknown_client")) for to in (person["phone"], person["email"])}
    demo.log_in("hanako.sato")
    new = [until(lambda to=to, old=old: demo.messages(to, "login_unknown_client")[old:])[0] for to, old in before.items()]
    assert [line["channel"] for line in new] == ["sms", "email"]
    assert new[1]["body"].startswith("Login from a new device or program\n\n")
    references = {line["body"].rpartition(" ")[2] for line in new}
    assert len(references) == 2 and all(re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", one) for one in references)
    assert demo.run("trader", "show", "hanako.sato")[0]["email"] == "h··o@example.com"


@pytest.mark.parametrize(
    ("path", "size", "headers", "status"),
    [
        ("/v1/login", 70_000, JSON, 413),
        ("/v1/login", 300_000, JSON, 413),
        ("/v1/session/activity", 60_000, JSON, 401),
        ("/v1/login", 60_000, {"content-type": "text/plain"}, 415),
        ("/v1/nothing", 60_000, JSON, 404),
        ("/v1/broker/events", 900_000, JSON, 401),
    ],
)
def test_a_refusal_before_the_end_of_a_body_leaves_no_dead_connection(
    demo: RunningDemo, path: str, size: int, headers: dict[str, str], status: int
) -> None:
    """The next request over the same client is answered: the server took the rest of the body, or said that it closes."""
    for _ in range(20):
        refused = demo.client.post(path, content=b"x" * size, headers=headers)
        assert (refused.status_code, refused.headers.get("connection")) == (status, "close" if status == 413 else None)
        assert demo.client.get("/v1/session").status_code == 401
