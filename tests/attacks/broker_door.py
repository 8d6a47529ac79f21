"""The broker's door of a running `sekisho serve`, with a key of each scope: what the thief of a key stands before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from sekisho.clients.broker.instructions import instruction_hash
from tests.faults.processes import Brokerage

__all__ = ["ACCOUNT", "EVERY_KEY", "ORDER", "SCOPES", "Door", "opened", "with_account"]

SCOPES = ("accounts", "traders", "events", "instructions")
ACCOUNT = "KT-1000"
ORDER: dict[str, Any] = {"symbol": "7203", "side": "sell", "quantity": 100, "amount_jpy": 5000, "liquidity": "liquid"}
EVERY_KEY = {**{scope: (scope,) for scope in SCOPES}, "desk": SCOPES, "other": SCOPES}
CASH: dict[str, Any] = {"amount": 1000, "currency": "JPY", "payee": "bank:0001-7"}


@dataclass
class Door:
    """keys: by name; `desk` has every scope."""

    house: Brokerage
    keys: dict[str, str]
    trader: str
    account: str = ACCOUNT

    def ask(self, method: str, path: str, key: str, document: Any = None, **headers: str) -> httpx2.Response:
        sent = {"authorization": f"Bearer {self.keys.get(key, key)}", "idempotency-key": uuid4().hex, **headers}
        with httpx2.Client(verify=self.house.trust, trust_env=False, timeout=30) as client:
            return client.request(method, f"https://localhost:{self.house.https}{path}", json=document, headers=sent)

    def instruction(self, id_: str, kind: str = "order", **changed: Any) -> dict[str, Any]:
        details = {**(ORDER if kind == "order" else CASH), **changed}
        hashed = instruction_hash(kind, self.account, self.trader, details)
        return {"id": id_, "kind": kind, "account": self.account, "trader": self.trader, "hash": hashed, **details}

    def asked(self, id_: str, key: str = "desk") -> tuple[str, str]:
        """An allowed order: Sekisho's id of it, and its hash."""
        document = self.instruction(id_)
        answer = self.ask("POST", "/v1/broker/instructions", key, document)
        assert answer.status_code == 200 and answer.json()["verdict"] == "allow", answer.text
        return answer.json()["instruction"], document["hash"]

    def claim(self, instruction: str, hash_: str, key: str = "desk") -> httpx2.Response:
        return self.ask("POST", f"/v1/broker/instructions/{instruction}/execution", key, {"hash": hash_})

    def audited(self, kind: str) -> int:
        exported = self.house.folder / f"{uuid4().hex}.jsonl"
        self.house.command("audit", "export", str(exported))
        return sum(json.loads(line).get("kind") == kind for line in exported.read_text().splitlines())


def opened(house: Brokerage, wanted: Mapping[str, Sequence[str]]) -> Door:
    """wanted: the scopes of each key."""
    keys = {}
    for name, scopes in wanted.items():
        words = [word for scope in scopes for word in ("--scope", scope)]
        (issued,) = house.command("broker-key", "add", name, *words, "--ip", "127.0.0.1")
        keys[name] = issued["key"]
    return with_account(Door(house, keys, house.people[0].username))


def with_account(door: Door) -> Door:
    added = door.ask("POST", "/v1/broker/accounts", "desk", {"number": door.account, "title": "Key Thief"})
    assert added.status_code == 201, added.text
    granted = door.ask("POST", f"/v1/broker/traders/{door.trader}/mandates", "desk", {"number": door.account, "role": "holder"})
    assert granted.status_code == 201, granted.text
    return door
