"""A program that talks to `/v1` from an address of its own, and remembers no more than a client can know."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage, until

__all__ = ["Answer", "Visitor", "codes_sent_to"]

_CODE = re.compile(r"#([0-9]{6})\s*$")  # the message ends with the origin-bound form (R4)
CUT = 0  # a status: the connection ended before the answer


@dataclass(frozen=True, slots=True)
class Answer:
    """status: CUT when none came. seconds: how long it took."""

    status: int
    body: Any
    seconds: float
    asked_at: float


def codes_sent_to(phone: str, house: Brokerage) -> list[str]:
    """Codes that the gateway delivered to a number, in order; a repeat of one message counts once."""
    messages = [json.loads(body) for body in list(house.gateway.delivered.values())]
    return [found[1] for one in messages if one["to"] == phone and (found := _CODE.search(one["text"]))]


class Visitor:
    """One keep-alive connection; not for two threads. prepare: does something to each request before it leaves."""

    def __init__(self, person: Person, house: Brokerage, prepare: Callable[[httpx2.Request], None] = lambda request: None) -> None:
        self.person, self._house = person, house
        transport = httpx2.HTTPTransport(verify=house.trust, local_address=person.source)
        hooks: dict[str, list[Callable[..., Any]]] = {"request": [prepare]}
        base = f"https://127.0.0.1:{house.https}"
        self._client = httpx2.Client(base_url=base, transport=transport, timeout=45, trust_env=False, event_hooks=hooks)

    def ask(self, method: str, path: str, body: object = None, token: str = "") -> Answer:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        began = time.monotonic()
        try:
            got = self._client.request(method, path, json=body, headers=headers)
        except httpx2.TransportError:
            return Answer(CUT, None, time.monotonic() - began, began)
        answered = json.loads(got.content) if got.content.startswith(b"{") else None
        return Answer(got.status_code, answered, time.monotonic() - began, began)

    def give_password(self, password: str) -> Answer:
        return self.ask("POST", "/v1/login", {"username": self.person.username, "password": password, "channel": "api"})

    def send_code(self, login: str) -> Answer:
        return self.ask("POST", f"/v1/login/{login}/security-code", {})

    def give_code(self, login: str, code: str) -> Answer:
        return self.ask("POST", f"/v1/login/{login}/verify", {"factor": "security_code", "code": code})

    def check(self, token: str) -> Answer:
        return self.ask("GET", "/v1/session", token=token)

    def start_login(self, seconds: float = 5) -> tuple[str, str] | None:
        """A login in progress and the code that reached the phone within `seconds`; None when something was cut or refused."""
        known = len(codes_sent_to(self.person.phone, self._house))
        started = self.give_password(self.person.password)
        if started.status != 200:
            return None
        login = str(started.body["login"])
        if self.send_code(login).status != 202:
            return None
        try:
            codes = until(lambda: codes_sent_to(self.person.phone, self._house)[known:], seconds)
        except AssertionError:
            return None
        return login, codes[-1]

    def log_in(self) -> str:
        """The token of a new session."""
        started = self.start_login(30)
        assert started is not None, f"{self.person.username} cannot log in"
        done = self.give_code(*started)
        assert done.status == 200, done
        return str(done.body["session_token"])

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
