"""`sekisho serve` as a process that these tests may kill: real TLS, a real database, a real SMS gateway over HTTP."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.fakes.sms_gateway import FakeSmsGateway, fake_sms_gateway
from tests.faults.enrolment import Person, enrol
from tests.ports import free_port

__all__ = ["Brokerage", "open_brokerage", "until"]

SEKISHO = Path(sys.executable).with_name("sekisho")
# Limits so wide that a run counts to many failures; the faults are looked at here, not the restrictions.
_SETTINGS = """
[firm]
name = "Fault Securities"
short_name = "Fault"
service_phone = "+81312345678"
phishing_resistant_from = "2027-01-01"
[server]
https_port = {https}
http_port = {http}
metrics_port = 0
data_folder = "{folder}/data"
[database]
url = "{database}"
[keyring]
file = "{folder}/keys/master.key"
[audit]
key_file = "{folder}/keys/audit.key"
heads_file = "{folder}/heads.jsonl"
[sends]
per_lane = 20
lane_window = "1m"
per_lane_daily = 50
per_firm_hourly = 1000000
[outbound]
private_networks = ["127.0.0.0/8"]
[sms_gateway]
url = "{gateway}"
token = "a token of the gateway"
{more}
"""
UNRESTRICTED = "[lockout]\nsoft_failures = 99\nhard_failures = 100\ndisable_total = 100\n"
Found = TypeVar("Found")


def until(look: Callable[[], Found | None], seconds: float = 10.0) -> Found:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s")


@dataclass
class Brokerage:
    """A folder with settings, keys and data, the gateway beside it, and the server while it runs. more_env: for the server alone."""

    folder: Path
    database: str
    gateway: FakeSmsGateway
    https: int = field(default_factory=free_port)
    more_env: dict[str, str] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    dead: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "sekisho.toml"

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "data/ca/ca.pem"))

    @property
    def ready(self) -> Path:
        return self.folder / "ready.json"

    def start(self) -> float:
        """Serve; how long it took until it was ready."""
        began = time.monotonic()
        self.launch()
        started = self.process
        assert started is not None
        until(lambda: self.ready.exists() or started.poll() is not None, 60)
        assert started.poll() is None, self.log()[-3000:]
        return time.monotonic() - began

    def launch(self) -> None:
        """Serve, and wait for nothing."""
        self.ready.unlink(missing_ok=True)
        with (self.folder / "log").open("ab") as log:
            command = [SEKISHO, "serve", "--config", str(self.config), "--ready-file", str(self.ready)]
            self.process = subprocess.Popen(command, env=_environment(self.more_env), stdout=log, stderr=log)

    def stop(self) -> float:
        """As an operator would; how long it took. Ours is named by its id."""
        began = time.monotonic()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill("all")
                raise
        return time.monotonic() - began

    def kill(self, what: str) -> None:
        """kill -9 of the "worker", its "parent", or "all": both at once, as a power cut does. Returns when what died is gone."""
        assert self.process is not None
        self.dead = worker = self.worker()
        if what != "worker":
            self.process.kill()
        if what != "parent":
            _kill(worker)
        if what != "worker":
            self.process.wait(10)
        until(lambda: not Path(f"/proc/{worker}").exists(), 20)

    def recover(self, what: str) -> float:
        """Served again, by a new worker of the same parent or by a new start; how long it took."""
        if what != "worker":
            return self.start()
        began = time.monotonic()
        until(lambda: self.worker() != self.dead, 60)
        until(self._connects, 30)
        return time.monotonic() - began

    def worker(self) -> int:
        """The process that serves now, by its own word."""
        return int(self.events("serving")[-1]["pid"])

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """Log records of that name."""
        lines = [line for line in self.log().splitlines() if f'"{name}"' in line and line.endswith("}")]
        return [record for record in map(json.loads, lines) if record.get("event") == name]

    def command(self, *arguments: str, actor: str = "") -> Any:
        """A command of the firm's staff, in JSON. actor: who gives it, unless it is whoever runs the tests."""
        command = [SEKISHO, *arguments, "--config", str(self.config), "--json"]
        environment = _environment({"SUDO_USER": actor} if actor else {})
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command that the test may kill."""
        command = [SEKISHO, *arguments, "--config", str(self.config), "--json"]
        return subprocess.Popen(command, env=_environment({}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def verified(self) -> Any:
        """What `audit verify` says against the exported heads."""
        return self.command("audit", "verify", "--against", str(self.folder / "heads.jsonl"))

    def _connects(self) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", self.https), 1) as plain,
                self.trust.wrap_socket(plain, server_hostname="localhost"),
            ):
                return True
        except OSError:
            return False


@contextmanager
def open_brokerage(folder: Path, people: int, database: str = "", more: str = UNRESTRICTED, serve: bool = True) -> Iterator[Brokerage]:
    """A brokerage that serves so many enrolled traders. database: a URL, or "" for SQLite in its folder. more: further settings."""
    for name in ("data", "keys"):
        (folder / name).mkdir(mode=0o700, parents=True)
    for words, name in (("init", "master.key"), ("init-audit", "audit.key")):
        subprocess.run([SEKISHO, "keyring", words, str(folder / "keys" / name)], check=True, capture_output=True, env=_environment({}))
    with fake_sms_gateway() as gateway:
        house = Brokerage(folder, database or f"sqlite:///{folder}/data/sekisho.db", gateway)
        values = {"https": house.https, "http": free_port(), "folder": folder, "database": house.database, "gateway": gateway.url}
        house.config.write_text(_SETTINGS.format(more=more, **values))
        house.people = enrol(house.config, people)
        try:
            if serve:
                house.start()
            yield house
        finally:
            house.stop()


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("SEKISHO_")}
    return {**plain, **more}
