"""The demo's sender: one JSON line a message, 0600, whole or not at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sekisho.demo.outbox_file import OutboxFile
from sekisho.domain.notifications import Channel
from sekisho.flows.ports.delivery import Delivered, OutboxMessage
from sekisho.kernel.secrets import Secret

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
PHONE, EMAIL = "+819012345601", "hanako.sato@example.com"


def message(kind: str, code: str | None = None, channel: Channel = Channel.SMS) -> OutboxMessage:
    return OutboxMessage(
        id="msg_1",
        trader="trd_1",
        channel=channel,
        address=Secret(PHONE if channel is Channel.SMS else EMAIL),
        kind=kind,
        language="ja",
        subject=Secret("件名"),
        body=Secret(f"本文 {code}\nzweite Zeile"),
        code=Secret(code) if code else None,
        created=NOW,
        due=NOW,
        expires=NOW + timedelta(minutes=5),
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_code_leaves_to_the_phone_alone(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "outbox.jsonl")
    assert isinstance(outbox.send(message("code.login", "012345")), Delivered)
    (line,) = lines(tmp_path / "outbox.jsonl")
    assert datetime.fromisoformat(line.pop("at")).tzinfo is not None
    assert line == {"channel": "sms", "to": PHONE, "kind": "code.login", "body": "本文 012345\nzweite Zeile", "code": "012345"}
    assert (tmp_path / "outbox.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_mail_is_shown_with_its_subject(tmp_path: Path) -> None:
    outbox = OutboxFile(tmp_path / "outbox.jsonl")
    for channel in (Channel.SMS, Channel.EMAIL):
        outbox.send(message("password_changed", channel=channel))
    assert [(line["channel"], line["to"], line["body"]) for line in lines(tmp_path / "outbox.jsonl")] == [
        ("sms", PHONE, "本文 None\nzweite Zeile"),
        ("email", EMAIL, "件名\n\n本文 None\nzweite Zeile"),
    ]
    assert outbox.count == 2


def test_what_earlier_runs_sent_is_shown_again_without_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "outbox.jsonl"
    OutboxFile(path).send(message("code.login", "012345"))
    with path.open("a") as file:
        file.write('{"at": "2026-04-01T09:')
    again = OutboxFile(path)
    assert [line.code for line in again.lines()] == ["012345"]
