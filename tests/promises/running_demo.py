"""`sekisho demo` as a process of its own, driven from outside only: HTTPS, the command line, the outbox file, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.ports import free_port

__all__ = ["ProgramLogin", "RunningDemo", "holds", "until"]

SEKISHO = Path(sys.executable).with_name("sekisho")
Found = TypeVar("Found")


def until(look: Callable[[], Found | None], seconds: float = 30.0) -> Found:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


@dataclass(frozen=True)
class ProgramLogin:
    """A complete login of a program."""

    session_token: str
    client_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.session_token}"}


class RunningDemo:
    """secrets: what was typed or handed out here and must stand in no log. quiet: without the market, whose events only take time."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, quiet: bool = True) -> None:
        self.quiet = quiet
        self.folder, self.settings = folder / "demo", dict(settings or {})
        self.ready_file, self.errors = folder / "ready.json", folder / "errors"
        self.https, self.http = free_port(), free_port()
        self.secrets: set[str] = set()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        options = ["--data", str(self.folder), "--https-port", str(self.https), "--http-port", str(self.http)]
        options += ["--quiet"] if self.quiet else []
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [SEKISHO, "demo", *options, "--ready-file", str(self.ready_file)],
                env={**_plain_environment(), **self.settings},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        until(lambda: self.ready_file.exists() or self.process.poll() is not None, 100)
        assert self.process.poll() is None, self.errors.read_text()
        self.ready: dict[str, Any] = json.loads(self.ready_file.read_text())
        self.client = self.new_client()
        self.secrets |= {trader["password"] for trader in self.ready["traders"]} | {self.ready["broker_api_key"]}
        self.secrets |= {trader["phone"] for trader in self.ready["traders"]}

    def stop(self) -> None:
        """As an operator would. The process is ours: it is named by its id."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    def kill_parent(self) -> None:
        """Power off: nothing gets to say goodbye. The worker ends by itself."""
        worker = self.worker()
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists(), 60)
        self.ready_file.unlink()

    def kill_worker(self) -> None:
        """The parent starts another one; back when that serves."""
        worker = self.worker()
        os.kill(worker, signal.SIGKILL)
        until(lambda: self.worker() != worker, 60)
        until(self._answers, 30)

    def worker(self) -> int:
        """The process that serves now, by its own word."""
        serving = [line for line in self.log().splitlines() if '"event": "serving"' in line]
        return int(json.loads(serving[-1])["pid"])

    def _answers(self) -> bool:
        try:
            return self.client.get("/-/health/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def log(self) -> str:
        return (self.folder / "demo.log").read_text()

    def new_client(self, **options: Any) -> httpx2.Client:
        trusted = ssl.create_default_context(cafile=self.ready["ca_file"])
        return httpx2.Client(base_url=self.ready["base_url"], verify=trusted, trust_env=False, timeout=20, **options)

    def run(self, *arguments: str) -> Any:
        """A command of the firm's staff, in JSON."""
        command = [SEKISHO, *arguments, "--config", self.ready["settings_file"], "--json"]
        done = subprocess.run(command, env={**_plain_environment(), **self.settings}, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def trader(self, username: str) -> dict[str, Any]:
        everybody = (*self.ready["traders"], *self.ready["to_activate"])
        return next(trader for trader in everybody if trader["username"] == username)

    def messages(self, to: str, kind: str = "") -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in Path(self.ready["outbox_file"]).read_text("utf-8").splitlines()]
        return [line for line in lines if line["to"] == to and line["kind"].startswith(kind)]

    def start_login(self, username: str, password: str, client_token: str | None = None) -> httpx2.Response:
        body = {"username": username, "password": password, "channel": "api"}
        answer = self.client.post("/v1/login", json=body | ({"client_token": client_token} if client_token else {}))
        self.secrets.add(password)
        if answer.status_code == 200:
            self.secrets.add(answer.json()["login"])
        return answer

    def next_code(self, username: str, login: str) -> str:
        """Asks for a code and reads it from the outbox file."""
        phone = self.trader(username)["phone"]
        before = len(self.messages(phone, "code."))
        assert self.client.post(f"/v1/login/{login}/security-code", json={}).status_code == 202
        code = str(until(lambda: self.messages(phone, "code.")[before:])[0]["code"])
        self.secrets.add(code)
        return code

    def log_in(self, username: str, client_token: str | None = None) -> ProgramLogin:
        started = self.start_login(username, self.trader(username)["password"], client_token)
        assert started.status_code == 200, started.text
        login = started.json()["login"]
        code = self.next_code(username, login)
        done = self.client.post(f"/v1/login/{login}/verify", json={"factor": "security_code", "code": code})
        assert done.status_code == 200, done.text
        complete = ProgramLogin(done.json()["session_token"], done.json()["client_token"])
        self.secrets |= {complete.session_token, complete.client_token}
        return complete

    def leaked(self) -> list[str]:
        """Log lines with a secret in them; a six-digit code counts where it stands as a number of its own."""
        lines = (self.log() + self.errors.read_text()).splitlines()
        return [line for line in lines if any(holds(line, secret) for secret in self.secrets)]

    def audit_heads(self) -> str:
        return str(self.folder / "audit_heads.jsonl")


def holds(line: str, secret: str) -> bool:
    """Whether the secret stands in that line; digits only where they stand by themselves."""
    if not secret.isdigit():
        return secret in line
    return re.search(rf"(?<![\w.]){secret}(?![\w]|\.[0-9])", line) is not None  # part of a time or an id is no code


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("SEKISHO_")}
