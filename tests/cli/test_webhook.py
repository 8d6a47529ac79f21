"""`sekisho webhook` shows what happens to webhooks, and never what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from sekisho.adapters.cryptography.keyring import FileKeyring
from sekisho.bootstrap import command_line
from sekisho.cli.webhook import app
from sekisho.domain.webhooks import WebhookPolicy
from sekisho.flows.deliver_webhooks import queue_webhook
from tests.flows.house import House, open_sealed_storage


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    keyring = FileKeyring([b"k" * 32])
    storage = open_sealed_storage(f"sqlite:///{tmp_path}/sekisho.db", keyring)
    built = House(storage, keyring)

    @contextmanager
    def open_house(config: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(storage=storage, clock=built.clock)

    monkeypatch.setattr(command_line, "open_house", open_house)
    with storage.transaction() as tx:
        queue_webhook(WebhookPolicy("https://broker.example"), "account.frozen", {"account": "U1000007"}, built.clock(), tx)
    yield built
    built.close()
    storage.close()


def test_a_dead_letter_is_listed_without_its_body_and_tried_again(house: House) -> None:
    with house.storage.transaction() as tx:
        claimed = tx.webhooks.claim_due(house.clock())
        assert claimed is not None and tx.webhooks.dead(claimed, house.clock(), "status_410")
    listed = CliRunner().invoke(app, ["list", "--dead", "--json"])
    [row] = json.loads(listed.stdout)
    assert (row["webhook"], row["kind"], row["reason"]) == (claimed.id, "account.frozen", "status_410")
    assert "U1000007" not in listed.output
    assert CliRunner().invoke(app, ["retry", claimed.id]).exit_code == 0
    assert [one["state"] for one in json.loads(CliRunner().invoke(app, ["list", "--json"]).stdout)] == ["waiting"]
    assert CliRunner().invoke(app, ["retry", claimed.id]).exit_code != 0


def test_a_key_is_made_once_and_its_public_half_is_told(tmp_path: Path) -> None:
    file = tmp_path / "webhook.key"
    [made] = json.loads(CliRunner().invoke(app, ["key", str(file), "--json"]).stdout)
    assert made["public_key"].startswith("whpk_") and file.stat().st_mode & 0o777 == 0o600
    assert CliRunner().invoke(app, ["key", str(file)]).exit_code != 0
