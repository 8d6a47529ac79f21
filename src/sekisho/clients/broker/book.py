"""The broker's book: accounts, traders and their mandates. What is sent twice is done once, by a key that goes with each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from sekisho.clients.broker.faults import NotAnswered
from sekisho.clients.broker.line import Ask, Line, path_of
from sekisho.clients.broker.patience import Patience

__all__ = ["Account", "Accounts", "Enrolment", "Mandate", "Traders"]

Found = TypeVar("Found")
_KEEPING = Patience(total=20.0, one=10.0)


@dataclass(frozen=True, slots=True)
class Mandate:
    id: str
    username: str
    role: str
    since: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Account:
    """frozen: the reasons; empty means open."""

    id: str
    number: str
    title: str
    frozen: tuple[str, ...]
    mandates: tuple[Mandate, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """activation_code: handed to the trader in person or by post; it never prints."""

    trader: str
    username: str
    activation_code: str
    valid_until: str


class Accounts:
    def __init__(self, line: Line) -> None:
        self._line = line

    def add(self, number: str, title: str, once: str = "") -> Account:
        """once: an Idempotency-Key of one's own, to be the same after a restart too."""
        return _account(_post(self._line, path_of("accounts"), {"number": number, "title": title}, once))

    def see(self, number: str) -> Account:
        return _account(self._line.send(Ask("GET", path_of("accounts", number)), _KEEPING))

    def set_networks(self, number: str, networks: Sequence[str], reason: str, identity_check: str, once: str = "") -> Mapping[str, Any]:
        """The whole list; empty allows any network. What it newly allows waits for the delay."""
        document = {"networks": list(networks), "reason": reason, "identity_check": identity_check}
        return _object(_post(self._line, path_of("accounts", number, "networks"), document, once))


class Traders:
    def __init__(self, line: Line) -> None:
        self._line = line

    def add(
        self,
        username: str,
        name: str,
        phone: str,
        accounts: Mapping[str, str],
        email: str = "",
        language: str = "ja",
        once: str = "",
    ) -> Enrolment:
        """accounts: number → role: holder, viewer, trader, treasurer or security."""
        document = {
            "username": username,
            "name": name,
            "phone": phone,
            "email": email,
            "language": language,
            "accounts": [{"number": number, "role": role} for number, role in accounts.items()],
        }
        told = _object(_post(self._line, path_of("traders"), document, once))
        return _read(lambda: Enrolment(told["trader"], told["username"], told["activation_code"], told["valid_until"]))

    def grant(self, username: str, number: str, role: str, once: str = "") -> Mandate:
        return _mandate(_post(self._line, path_of("traders", username, "mandates"), {"number": number, "role": role}, once))

    def end_mandate(self, username: str, mandate: str) -> None:
        self._line.send(Ask("DELETE", path_of("traders", username, "mandates", mandate), again=False), _KEEPING)


def _post(line: Line, path: str, document: Mapping[str, Any], once: str) -> Any:
    return line.send(Ask("POST", path, document, once or uuid4().hex), _KEEPING)


def _account(told: Any) -> Account:
    mandates = [_mandate(one) for one in _object(told).get("mandates", [])]
    return _read(lambda: Account(told["account"], told["number"], told["title"], tuple(told["frozen"]), tuple(mandates)))


def _mandate(told: Any) -> Mandate:
    found = _object(told)
    return _read(lambda: Mandate(found["mandate"], found["username"], found["role"], found["since"], found["until"]))


def _object(told: Any) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise NotAnswered("nonsense", "no object")
    return told


def _read(make: Callable[[], Found]) -> Found:
    try:
        return make()
    except (KeyError, TypeError):
        raise NotAnswered("nonsense", "fields are missing") from None
