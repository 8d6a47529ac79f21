"""The proxies' configurations as docs/nodes.md prints them, run on loopback: other addresses, ports and file names, nothing else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from sekisho.adapters.cryptography.local_ca import ensure_certificate
from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage, until
from tests.faults.visitor import Visitor
from tests.ports import free_port

__all__ = ["HOSTNAME", "PROXY_ADDRESS", "RunningProxy", "ask", "recipe", "running", "seen_at", "status_of"]

PAPER = Path(__file__).parents[2] / "docs/nodes.md"
HOSTNAME = "portal.hakone.example"
PROXY_ADDRESS = "127.0.0.2"  # from which the proxy connects to the nodes
_NODES = ("10.20.0.11:443", "10.20.0.12:443")
_SEEN = re.compile(r'<dd class="mono">([^<]+)</dd>')


@dataclass(frozen=True)
class RunningProxy:
    """What clients need to know of it."""

    folder: Path
    https: int
    http: int

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "data/ca/ca.pem"))

    def visitor(self, person: Person, house: Brokerage) -> Visitor:
        """A client who comes through the proxy; `house` has the gateway that his codes leave by."""

        def name_it(request: httpx2.Request) -> None:
            request.headers["host"] = HOSTNAME
            request.extensions = {**request.extensions, "sni_hostname": HOSTNAME}

        return Visitor(person, replace(house, folder=self.folder, https=self.https, process=None), name_it)


def recipe(language: str) -> str:
    """The one block of that language in the paper."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAPER.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(found) == 1, f"{len(found)} blocks of {language}"
    return str(found[0])


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, f"{old!r} stands no longer in the recipe"
        text = text.replace(old, new)
    return text


@contextmanager
def running(kind: str, folder: Path, nodes: Sequence[Brokerage]) -> Iterator[RunningProxy]:
    """nginx or haproxy in front of these nodes (one node stands for both). Skips where it is not installed."""
    program = shutil.which(kind, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip(f"{kind} is not installed")
    folder.mkdir()
    made = ensure_certificate(folder / "data/ca", (HOSTNAME,), datetime.now(UTC))
    (folder / "portal.pem").write_bytes(made.chain.read_bytes() + made.key.read_bytes())
    (folder / "portal.key").write_bytes(made.key.read_bytes())
    (folder / "sekisho-ca.pem").write_bytes(b"".join((node.folder / "data/ca/ca.pem").read_bytes() for node in nodes))
    proxy = RunningProxy(folder, free_port(), free_port())
    config = folder / "proxy.conf"
    ends = [f"127.0.0.1:{node.https}" for node in (nodes[0], nodes[-1])]
    adapted = _nginx(folder, proxy, ends) if kind == "nginx" else _haproxy(folder, proxy, ends)
    config.write_text(adapted)
    command = [program, "-p", str(folder), "-c", str(config)] if kind == "nginx" else [program, "-db", "-f", str(config)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: _open(proxy.https) or process.poll() is not None, 40)
        assert process.poll() is None, (folder / "log").read_text()
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _nginx(folder: Path, proxy: RunningProxy, ends: Sequence[str]) -> str:
    places = {name: str(folder / name) for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")}
    own = "".join(f"    {name}_temp_path {path};\n" for name, path in places.items())
    changes = dict(zip(_NODES, ends, strict=True)) | {
        "pid /run/nginx.pid;": f"daemon off;\npid {folder}/nginx.pid;",
        "worker_processes auto;": "worker_processes 1;",
        "http {\n": f"http {{\n{own}",
        "/var/log/nginx/": f"{folder}/",
        "/etc/nginx/": f"{folder}/",
        "listen 443 ssl": f"listen 127.0.0.1:{proxy.https} ssl",
        "listen 80;": f"listen 127.0.0.1:{proxy.http};",
        "proxy_connect_timeout": f"proxy_bind {PROXY_ADDRESS};\n            proxy_connect_timeout",
    }
    return _replaced(recipe("nginx"), changes)


def _haproxy(folder: Path, proxy: RunningProxy, ends: Sequence[str]) -> str:
    changes = dict(zip(_NODES, ends, strict=True)) | {
        "/etc/haproxy/": f"{folder}/",
        "bind :443": f"bind 127.0.0.1:{proxy.https}",
        "bind :80": f"bind 127.0.0.1:{proxy.http}",
        "option httpchk": f"option httpchk\n    source {PROXY_ADDRESS}",
        "maxconn 8192": "maxconn 200",
    }
    return _replaced(recipe("haproxy"), changes)


def _open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(trust: ssl.SSLContext, port: int, source: str, headers: Sequence[tuple[str, str]], host: str = HOSTNAME, sni: str = "") -> str:
    """The whole answer of /where; the headers travel exactly as they stand here. source: the client's own address."""
    address = "::1" if ":" in source else "127.0.0.1"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    request = f"GET /where HTTP/1.1\r\nHost: {host}\r\nAccept-Language: en\r\nConnection: close\r\n{lines}\r\n"
    with (
        socket.create_connection((address, port), 10, (source, 0)) as plain,
        trust.wrap_socket(plain, server_hostname=sni or host) as connection,
    ):
        connection.sendall(request.encode("latin-1"))
        return connection.makefile("rb").read().decode("utf-8", "replace")


def seen_at(answer: str) -> str | None:
    """The address that the page /where shows; None where it says that there is none."""
    assert status_of(answer) == 200, answer[:300]
    found = _SEEN.search(answer)
    assert found or "We cannot establish your address." in answer, answer[:2000]
    return found[1] if found else None


def status_of(answer: str) -> int:
    return int(answer.split(" ", 2)[1])
