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
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.secrets import Secret
from tests.adapters.delivery.test_bounce import ID, report
from tests.fakes.outbox import FakeStorage

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NUMBER = "+819012345678"
MAIL = MailPolicy("mail.hakone.example", "notices@hakone.example")


@pytest.fixture
def storage(monkeypatch):
    storage = FakeStorage()

    @contextmanager
    def open_house(config):
        yield SimpleNamespace(storage=storage, clock=lambda: NOW, settings=SimpleNamespace(mail=MAIL))

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


@pytest.fixture
def sent(storage):
    """A mail that its server took."""
    mail = OutboxMessage(
        ID, "trd_1", Channel.EMAIL, Secret("hanako@example.com"), "password_changed", "en", Secret("s"), Secret("the text"), None, NOW, NOW,
        NOW + timedelta(hours=24),
    )  # fmt: skip
    storage.outbox.add(mail)
    storage.outbox.sent(mail, NOW, "")
    return storage


@pytest.mark.parametrize("way", ["standard input", "file", "message"])
def test_a_mail_that_came_back_is_a_dead_letter(sent, tmp_path, way):
    path = tmp_path / "report.eml"
    path.write_bytes(report())
    arguments = {"standard input": [], "file": [str(path)], "message": ["--message", ID]}[way]
    done = CliRunner().invoke(app, ["bounce", "--json", *arguments], input=report() if way == "standard input" else None)
    assert json.loads(done.stdout) == [{"message": ID, "state": "dead", "status": "" if way == "message" else "5.1.1"}]
    assert ID in run("list", "--dead", "--json").output
    event = sent.audit.events[-1]
    assert (event.kind, event.trader, event.actor.startswith("os:")) == ("message.bounced", "trd_1", True)


@pytest.mark.parametrize(
    "arguments, given, kind",
    [
        ([], b"Subject: hello", Kind.INVALID),
        ([], b"", Kind.INVALID),
        ([], report().replace(b"hakone.example>", b"other.example>"), Kind.INVALID),
        ([], report() + b"x" * 11_000_000, Kind.TOO_LARGE),
        (["/nowhere/report.eml"], b"", Kind.INVALID),
        (["--message", "msg_waiting"], b"", Kind.MISSING),
        (["--message", "msg_none"], b"", Kind.MISSING),
        (["report.eml", "--message", ID], b"", Kind.INVALID),
    ],
)
def test_what_is_no_bounce_of_ours_changes_nothing(sent, arguments, given, kind):
    failure = CliRunner().invoke(app, ["bounce", *arguments], input=given).exception
    assert isinstance(failure, SekishoError) and failure.kind is kind
    assert sent.audit.events == []
