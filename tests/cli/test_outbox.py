"""`sekisho outbox` shows what happens to messages, and never what is in them."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from sekisho.bootstrap import command_line
from sekisho.cli.outbox import app
from sekisho.domain.notifications import Channel
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.fakes.outbox import FakeStorage

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER = "+819012345678"


@pytest.fixture
def storage(monkeypatch):
    storage = FakeStorage()

    @contextmanager
    def open_house(config):
        yield SimpleNamespace(storage=storage, clock=lambda: NOW)

    monkeypatch.setattr(command_line, "open_house", open_house)
    for name in ("msg_waiting", "msg_dead"):
        storage.outbox.add(
            OutboxMessage(
                name, "trd_1", Channel.SMS, Secret(NUMBER), "password_changed", "en", Secret("s"), Secret("the text"), None, NOW, NOW,
                NOW + timedelta(hours=24),
            )
        )  # fmt: skip
    storage.outbox.dead(storage.outbox.rows["msg_dead"].message, NOW, "status_400")
    return storage


def run(*arguments: str):
    return CliRunner().invoke(app, arguments, catch_exceptions=True)


@pytest.mark.parametrize("option, message, reason", [(["--dead"], "msg_dead", "status_400"), ([], "msg_waiting", "")])
def test_it_lists_messages_without_address_or_text(storage, option, message, reason):
    asked = run("list", "--json", *option)
    [row] = json.loads(asked.stdout)
    assert (row["message"], row["reason"], row["kind"]) == (message, reason, "password_changed")
    for output in (asked.output, run("list", *option).output):
        assert message in output
        assert NUMBER not in output and NUMBER[-4:] not in output and "the text" not in output


def test_a_dead_letter_is_tried_once_more_and_the_audit_log_names_who_wished_it(storage):
    assert run("retry", "msg_dead").exit_code == 0
    assert json.loads(run("counts", "--json").stdout) == [{"waiting": 2, "sent": 0, "dead": 0, "oldest_due": "2026-03-01T00:00:00.000Z"}]
    assert storage.audit.events[-1].actor.startswith("os:")


@pytest.mark.parametrize("message", ["msg_waiting", "msg_none"])
def test_only_dead_letters_are_tried_again(storage, message):
    failure = run("retry", message).exception
    assert isinstance(failure, SekishoError) and failure.kind is Kind.MISSING
