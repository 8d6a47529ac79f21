"""A mail that came back is a dead letter which the operator lists, the audit log names and the metrics count (R10)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.adapters.delivery.test_bounce import ID, report
from tests.promises.running_demo import SEKISHO, RunningDemo, until


def test_a_report_piped_in_makes_a_dead_letter(demo: RunningDemo, tmp_path: Path) -> None:
    person = demo.trader("kenji.mori")
    before, earlier = len(demo.messages(person["email"])), set(_mails(demo, tmp_path))
    demo.log_in("kenji.mori")
    until(lambda: demo.messages(person["email"])[before:])
    message, dead = (
        until(lambda: [one for one in _mails(demo, tmp_path) if one not in earlier])[-1],
        demo.run("outbox", "counts")[0]["dead"],
    )
    came_back = report().replace(ID.encode(), message.encode()).replace(b"hakone.example", b"example.com")

    done = _piped(demo, came_back)
    assert (done.returncode, json.loads(done.stdout)) == (0, [{"message": message, "state": "dead", "status": "5.1.1"}])
    listed = demo.run("outbox", "list", "--dead")
    assert (listed[0]["message"], listed[0]["channel"], listed[0]["reason"]) == (message, "email", "bounced: 5.1.1")
    assert demo.run("outbox", "counts")[0]["dead"] == dead + 1  # what the metric `sekisho_outbox_messages` shows
    until(lambda: [entry for entry in _exported(demo, tmp_path) if entry.get("kind") == "message.bounced"])

    again = _piped(demo, came_back)
    assert (again.returncode, again.stdout) == (2, b"") and b"dead letter already" in again.stderr


def _mails(demo: RunningDemo, folder: Path) -> list[str]:
    """By the audit log: the report of a real mail server has it from the Message-ID. Entries are exported once they are sealed."""
    facts = [entry["facts"] for entry in _exported(demo, folder) if entry.get("kind") == "notice.queued"]
    read = [json.loads(one) if isinstance(one, str) else one for one in facts]
    return [str(one["message"]) for one in read if one["channel"] == "email"]


def _exported(demo: RunningDemo, folder: Path) -> list[dict[str, Any]]:
    path = folder / f"audit-{len(list(folder.iterdir()))}.jsonl"
    command = [SEKISHO, "audit", "export", path, "--config", demo.ready["settings_file"]]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _piped(demo: RunningDemo, mail: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [SEKISHO, "outbox", "bounce", "--json", "--config", demo.ready["settings_file"]]
    return subprocess.run(command, input=mail, capture_output=True, timeout=60)
