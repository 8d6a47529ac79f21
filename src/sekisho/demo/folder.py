"""The demo's folder: settings, throw-away keys, passwords, outbox, log. Everything in it is 0600 and none of it secret (R9, R15).

DIR/demo.toml       settings, so that `sekisho --config DIR/demo.toml` commands work beside the running demo
DIR/people.json     the passwords of this demo's people
DIR/running.json    what the ready file holds, while the demo runs
DIR/outbox.jsonl    every message, one a line
DIR/demo.log        what the server says
DIR/audit_heads.jsonl
DIR/keys/           master key and audit key
DIR/data/           database and local CA; marked as the demo's too, so that `serve` refuses it
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from sekisho.adapters.cryptography.audit_key import create_audit_key
from sekisho.adapters.cryptography.keyring import create_master_key
from sekisho.bootstrap.serving.folder_lock import hold_folder
from sekisho.bootstrap.serving.ready_file import write_ready_file
from sekisho.demo.people import PEOPLE, Begins
from sekisho.kernel.secrets import new_letters

__all__ = ["DemoFolder", "Kept", "Ports", "hold_demo_folder"]

_SETTINGS = """\
# Written anew by `sekisho demo` at each start. While it runs, other commands see the same house:
#   sekisho trader list --config {path}
[firm]
name = "Example Securities"
short_name = "Example"
service_phone = "03-0000-0000"
id = "example"
languages = ["en", "ja"]
default_language = "en"
phishing_resistant_from = {phishing_resistant_from}

[server]
hostnames = ["localhost", "127.0.0.1"]
https_address = "127.0.0.1"
https_port = {https}
http_port = {http}
metrics_address = "127.0.0.1"
metrics_port = {metrics}
data_folder = "data"

[keyring]
file = "keys/master.key"

[audit]
key_file = "keys/audit.key"
heads_file = "audit_heads.jsonl"

# No mail server is asked: what leaves, leaves into outbox.jsonl.
[mail]
host = "localhost"
from_address = "notices@example.com"

[sends]
countries = ["+81"]

[logging]
format = "json"
"""


@dataclass(frozen=True, slots=True)
class Ports:
    https: int
    http: int
    metrics: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What the demo must remember of its people. passwords and activation_codes by username.

    broker_api_key: "" until the house is peopled. market_begins: first day of its market, ISO 8601; "" until its past is written.
    """

    broker_api_key: str
    passwords: dict[str, str]
    activation_codes: dict[str, str] = field(default_factory=dict)
    market_begins: str = ""


@dataclass(frozen=True, slots=True)
class DemoFolder:
    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "demo.toml"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox.jsonl"

    @property
    def heads(self) -> Path:
        return self.root / "audit_heads.jsonl"

    @property
    def log(self) -> Path:
        return self.root / "demo.log"

    @property
    def running(self) -> Path:
        return self.root / "running.json"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def _people(self) -> Path:
        return self.root / "people.json"

    def kept(self) -> Kept:
        return Kept(**json.loads(self._people.read_text("utf-8")))

    def keep(self, kept: Kept) -> None:
        write_ready_file(self._people, asdict(kept))

    def prepare(self, ports: Ports, today: date) -> None:
        """Keys and passwords at the first start, settings at each."""
        keys = self.root / "keys"
        keys.mkdir(mode=0o700, exist_ok=True)
        for path, create in ((keys / "master.key", create_master_key), (keys / "audit.key", create_audit_key)):
            if not path.exists():
                create(path)
        if not self._people.exists():
            self.keep(_drawn())
        for path in (self.outbox, self.log):
            path.touch(0o600)
        told = {"path": self.settings, "phishing_resistant_from": date(today.year + 1, 4, 1), **asdict(ports)}
        self.settings.touch(0o600)
        self.settings.write_text(_SETTINGS.format_map(told), "utf-8")


def _drawn() -> Kept:
    """Passwords of 80 random bits, in groups that people can type; Begins.NOT_ACTIVATED chooses his own."""
    passwords = {person.username: _password() for person in PEOPLE if person.begins is not Begins.NOT_ACTIVATED}
    return Kept(broker_api_key="", passwords=passwords)


def _password() -> str:
    letters = new_letters(16).reveal().lower()
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


@contextmanager
def hold_demo_folder(root: Path) -> Iterator[DemoFolder]:
    """Both folders locked and marked: whoever points `serve` at the inner one is refused as well."""
    with hold_folder(root, demo=True), hold_folder(root / "data", demo=True):
        yield DemoFolder(root)
