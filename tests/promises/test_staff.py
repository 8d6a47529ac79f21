"""What the firm's staff do on the command line beside a running server: seen at once, written in the audit log (R6, R8, R12)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.ports import free_port
from tests.promises.running_demo import SEKISHO, RunningDemo, until


def test_an_ended_session_is_refused_at_once(demo: RunningDemo) -> None:
    login = demo.log_in("hanako.sato")
    session = demo.client.get("/v1/session", headers=login.headers).json()["session"]
    listed = demo.run("session", "list", "--username", "hanako.sato")
    assert [row["session"] for row in listed] == [session]
    demo.run("session", "end", session)
    until(lambda: demo.client.get("/v1/session", headers=login.headers).status_code == 401)
    assert demo.run("session", "list", "--username", "hanako.sato") == []


def test_a_reset_ends_everything_and_tells_the_trader(demo: RunningDemo) -> None:
    login = demo.log_in("john.miller")
    given = ("--reason", "forgot his password", "--identity-check", "passport seen at the branch")
    answer = demo.run("trader", "reset", "john.miller", *given)
    demo.secrets.add(answer[0]["activation_code"])
    until(lambda: demo.client.get("/v1/session", headers=login.headers).status_code == 401)
    assert demo.start_login("john.miller", demo.trader("john.miller")["password"]).status_code == 401
    until(lambda: demo.messages(demo.trader("john.miller")["phone"], "trader_reset"))


def test_the_audit_log_is_whole_while_the_server_runs(demo: RunningDemo) -> None:
    demo.log_in("aiko.tanaka")
    until(lambda: demo.run("audit", "verify")["unsealed"] == 0)
    public_key = str(Path(demo.ready["settings_file"]).parent / "keys" / "audit.key.pub")
    verdict = demo.run("audit", "verify", "--against", demo.audit_heads(), "--public-key", public_key)
    assert verdict["ok"] and verdict["entries"] > 20


def test_the_demo_refuses_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("customers")
    ports = ["--https-port", str(free_port()), "--http-port", "0"]
    done = subprocess.run([SEKISHO, "demo", "--data", str(tmp_path), *ports], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "not empty" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"precious", "serve.lock"}
