"""A program that logs in at `/v1/login` from an address of its own, honest or not."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx2

from sekisho.demo.attacks.target import Target
from sekisho.kernel.errors import SekishoError, invalid, unavailable

__all__ = ["Login", "Program", "soon"]

_PATIENCE = 15.0
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Login:
    """session: its id, which the broker sends along. token: what the program sends. client: makes the next login one of a known client."""

    session: str
    token: str
    client: str


class Program:
    """address: of this machine, from which it connects."""

    def __init__(self, target: Target, address: str) -> None:
        self.address = address
        self._target = target
        trusted = ssl.create_default_context(cafile=target.ca_file)
        transport = httpx2.HTTPTransport(verify=trusted, local_address=address, trust_env=False)
        self._client = httpx2.Client(base_url=target.base_url, transport=transport, timeout=_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._client.close()

    def try_password(self, username: str, password: str) -> bool:
        """Whether the password was taken."""
        return self._password(username, password).status_code == 200

    def log_in(self, username: str, client: str = "") -> Login:
        """With the password and the code that went to the phone. Raises SekishoError when the demo lets nobody in under that name."""
        answer = self._password(username, self._target.traders[username]["password"], client)
        if answer.status_code != 200:
            raise _closed(username)
        login, before = answer.json()["login"], len(self._target.codes(username))
        self._send("POST", f"/v1/login/{login}/security-code", json={})
        code = soon(lambda: self._target.codes(username)[before:])
        if code is None:
            raise _closed(username)
        done = self._send("POST", f"/v1/login/{login}/verify", json={"factor": "security_code", "code": code[0]})
        if done.status_code != 200:
            raise _closed(username)
        complete = done.json()
        return Login(self.look(complete["session_token"])["session"], complete["session_token"], complete["client_token"])

    def look(self, token: str) -> dict[str, Any]:
        """What the demo tells of a session; {} when it opens nothing."""
        answer = self._send("GET", "/v1/session", headers={"authorization": f"Bearer {token}"})
        told: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return told

    def _password(self, username: str, password: str, client: str = "") -> httpx2.Response:
        known = {"client_token": client} if client else {}
        return self._send("POST", "/v1/login", json={"username": username, "password": password, "channel": "api", **known})

    def _send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        try:
            return self._client.request(method, path, **options)
        except httpx2.TransportError as fault:
            detail = f"{type(fault).__name__} from {self.address}: on other systems than Linux that address has to be added first"
            raise unavailable(detail) from None


def soon(look: Callable[[], Found | None], seconds: float = 6.0) -> Found | None:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found or None


def _closed(username: str) -> SekishoError:
    return invalid(
        "The demo lets nobody in under that name just now.", f"{username}: restricted, frozen, or out of codes; begin a new --data folder"
    )
