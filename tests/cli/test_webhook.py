"""`sekisho webhook` shows what happens to webhooks, and never what is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.cli.webhook import app
from sekisho.domain.webhooks import WebhookPolicy
from sekisho.flows.deliver_webhooks import queue_webhook
from tests.flows.house import House


@pytest.fixture
def house(opened: House) -> House:
    with opened.storage.transaction() as tx:
        queue_webhook(WebhookPolicy("https://broker.example"), "account.frozen", {"account": "U1000007"}, opened.clock(), tx)
    return opened


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
