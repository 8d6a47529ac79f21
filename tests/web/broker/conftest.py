"""The broker's door alone, on a real house, with keys of several systems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import ASGIApp

from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.domain.broker_access import Scope
from sekisho.flows.broker_keys import add_broker_key
from sekisho.texts.catalogue import Language
from sekisho.web.broker.door import build_broker
from sekisho.web.http.errors import Errors
from sekisho.web.http.stack import HttpSettings, behind
from tests.databases import *  # noqa: F403
from tests.flows.house import House, open_sealed_storage
from tests.web.http.asgi import Answer, ask

HERE = "203.0.113.7"


@dataclass
class BrokerDoor:
    """secrets: of keys, by the system's name."""

    house: House
    app: ASGIApp
    secrets: dict[str, str] = field(default_factory=dict)

    def key(self, name: str, *scopes: Scope, networks: tuple[str, ...] = (), days: int = 90) -> str:
        issued = add_broker_key(name, frozenset(scopes), networks, timedelta(days=days), "os:desk", self.house.deps)
        self.secrets[name] = issued.secret.reveal()
        return self.secrets[name]

    def send(
        self, method: str, path: str, key: str | None = None, document: Any = None, once: str | None = "", client: str = HERE
    ) -> Answer:
        """once: the Idempotency-Key; "" for a new one, None for none."""
        headers = [("host", "portal.example")]
        headers += [("authorization", f"Bearer {key}")] if key is not None else []
        headers += [("idempotency-key", once or uuid4().hex)] if once is not None else []
        body = b"" if document is None else document if isinstance(document, bytes) else msgspec.json.encode(document)
        headers += [("content-type", "application/json")] if document is not None else []
        return ask(self.app, method, path, headers, body, client=(client, 4711))


def told(answer: Answer) -> Any:
    return json.loads(answer.body)


@pytest.fixture
def door(tmp_path: Path, migrated_file: Path) -> Iterator[BrokerDoor]:
    path = tmp_path / "sekisho.db"
    path.write_bytes(migrated_file.read_bytes())
    path.chmod(0o600)
    keyring = FileKeyring([b"b" * 32])
    storage = open_sealed_storage(f"sqlite:///{path}", keyring)
    house = House(storage, keyring)
    errors = Errors(lambda exchange, status, text, fields, request_id: Response(text, status))
    inner = Starlette(routes=[*build_broker(house.deps)], exception_handlers=errors.handlers())
    yield BrokerDoor(house, behind(inner, HttpSettings(("portal.example",)), errors, lambda headers: Language.EN))
    house.close()
    storage.close()
