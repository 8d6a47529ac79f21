"""A brokerage to measure: settings, keys and traders in a temporary folder, and `sekisho serve` over it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.seed import BenchTrader, seed
from sekisho.adapters.cryptography.audit_key import create_audit_key
from sekisho.adapters.cryptography.keyring import create_master_key

__all__ = ["Brokerage", "Server", "free_port", "open_brokerage"]

_SETTINGS = """
[firm]
name = "Bench Securities"
short_name = "Bench"
service_phone = "+81312345678"
phishing_resistant_from = "2027-01-01"

[server]
https_port = {https}
http_port = {http}
metrics_port = {metrics}
data_folder = "{folder}/data"

[database]
url = "{database}"

[keyring]
file = "{folder}/keys/master.key"

[audit]
key_file = "{folder}/keys/audit.key"

[sends]
per_lane = 20
lane_window = "1m"
per_lane_daily = 50
per_firm_hourly = 1000000

[outbound]
private_networks = ["127.0.0.0/8"]

[sms_gateway]
url = "http://127.0.0.1:{gateway}/"
headers = {{}}
"""


@dataclass
class Brokerage:
    """traders: each keeps to one loopback address (GATE R2). taken: how many of them a measurement has used up."""

    folder: Path
    port: int
    gateway: int
    traders: list[BenchTrader] = field(default_factory=list)
    taken: int = 0

    @property
    def config(self) -> Path:
        return self.folder / "sekisho.toml"

    @property
    def ca_file(self) -> str:
        return str(self.folder / "data/ca/ca.pem")

    def take(self, count: int) -> list[BenchTrader]:
        """So many traders whom no other measurement has touched."""
        chosen = self.traders[self.taken : self.taken + count]
        if len(chosen) < count:
            raise RuntimeError("the bench has seeded too few traders")
        self.taken += count
        return chosen

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """`sekisho serve`, from its ready file to its clean end."""
        ready = self.folder / "ready.json"
        command = [sys.executable, "-m", "bench.sekisho", "serve", "--config", str(self.config), "--ready-file", str(ready)]
        with (self.folder / "serve.log").open("a") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                began = time.monotonic()
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() - began > 60:
                        raise RuntimeError(f"the server did not start: {(self.folder / 'serve.log').read_text()[-2000:]}")
                    time.sleep(0.02)
                yield Server(process.pid, json.loads(ready.read_text())["ca_file"])
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)


@dataclass(frozen=True)
class Server:
    """pid: of the parent; its tree is the whole server."""

    pid: int
    ca_file: str


@contextmanager
def open_brokerage(folder: Path, gateway: int, database: str, traders: int) -> Iterator[Brokerage]:
    """Keys, settings and so many activated traders. database: a URL, or "" for SQLite in the folder."""
    for name in ("data", "keys"):
        (folder / name).mkdir(mode=0o700)
    create_master_key(folder / "keys/master.key")
    create_audit_key(folder / "keys/audit.key")
    https, http, metrics = free_port(), free_port(), free_port()
    brokerage = Brokerage(folder, https, gateway)
    settings = _SETTINGS.format(https=https, http=http, metrics=metrics, folder=folder, database=database, gateway=gateway)
    brokerage.config.write_text(settings)
    os.environ["SEKISHO_CONFIG"] = str(brokerage.config)
    brokerage.traders = seed(brokerage.config, traders, secrets.token_urlsafe(24))
    yield brokerage


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
