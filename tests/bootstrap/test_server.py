"""The serving process as a whole, with a tiny application: TLS, signals, a renewed certificate, and death of either process."""

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sekisho.adapters.cryptography.local_ca import ensure_certificate
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


def until(check, seconds=60.0):
    """What `check` answers as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = check()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class Serving:
    """A running server and a client of it."""

    def __init__(self, folder):
        self.folder = folder
        self.https, self.http = free_port(), free_port()
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/bootstrap/tiny.py"), str(folder), str(self.https), str(self.http)],
            cwd=folder,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def connect(self, **limits):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        for name, value in limits.items():
            context.set_ciphers(str(value)) if name == "ciphers" else setattr(context, name, value)
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.https), timeout=20), server_hostname="localhost")

    def get(self, path):
        """The body, or None when nobody answers."""
        try:
            with self.connect() as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                return connection.makefile("rb").read().partition(b"\r\n\r\n")[2].decode()
        except OSError:
            return None

    def serial(self):
        """The serial number of the certificate now shown."""
        try:
            with self.connect() as connection:
                return connection.getpeercert()["serialNumber"]
        except OSError:
            return None

    def end(self, number=signal.SIGTERM):
        """Signal the parent; how long it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(20)
        return time.monotonic() - began


def point(folder, made):
    """`live.*` as symbolic links, as certbot keeps them."""
    for kind, target in (("pem", made.chain), ("key", made.key)):
        link = folder / f"live.{kind}"
        link.unlink(missing_ok=True)
        link.symlink_to(target)


@contextmanager
def serving(folder):
    made = ensure_certificate(folder, ("localhost",), datetime.now(UTC))
    point(folder, made)
    server = Serving(folder)
    try:
        until((folder / "ready.json").exists)
        yield server
    finally:
        if server.process.poll() is None:
            server.end()
        server.process.stdout.close()
        server.log.close()
    assert "panicked" not in (folder / "log").read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("serving")) as server:
        yield server


def test_the_ready_file_is_private_and_true(server):
    file = server.folder / "ready.json"
    assert json.loads(file.read_text()) == {"base_url": f"https://localhost:{server.https}"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert server.get("/-/health/ready") == "ready"


def test_the_parent_has_not_loaded_the_application(server):
    assert json.loads(server.process.stdout.readline()) == []


def test_the_worker_does_not_load_modules_from_the_working_directory(server):
    assert json.loads(server.get("/any"))["path"] not in {"", str(server.folder)}


def test_the_plain_door_leads_to_the_other(server):
    with socket.create_connection(("127.0.0.1", server.http), timeout=20) as connection:
        connection.sendall(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert f"Location: https://localhost:{server.https}/login\r\n" in connection.makefile("rb").read().decode()


STRONG_12 = {
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
}


@pytest.mark.parametrize("cipher", sorted(STRONG_12))
def test_strong_suites_of_tls_1_2_are_served(server, cipher):
    with server.connect(maximum_version=ssl.TLSVersion.TLSv1_2, ciphers=cipher) as connection:
        assert connection.cipher()[0] == cipher


@pytest.mark.parametrize(
    "limits",
    [
        {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1, "ciphers": "ALL:@SECLEVEL=0"},
        {"minimum_version": ssl.TLSVersion.TLSv1_1, "maximum_version": ssl.TLSVersion.TLSv1_1, "ciphers": "ALL:@SECLEVEL=0"},
        {
            "maximum_version": ssl.TLSVersion.TLSv1_2,
            "ciphers": ":".join(["ALL", "COMPLEMENTOFALL", *(f"!{cipher}" for cipher in sorted(STRONG_12)), "@SECLEVEL=0"]),
        },
    ],
    ids=["TLS 1.0", "TLS 1.1", "any other suite"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_weak_tls_is_not_served(server, limits):
    with pytest.raises(ssl.SSLError):
        server.connect(**limits)


def test_http_2_is_offered(server):
    context = ssl.create_default_context(cafile=server.folder / "ca.pem")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", server.https), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        assert connection.selected_alpn_protocol() == "h2"
        assert connection.version() == "TLSv1.3"


def test_a_taken_port_is_refused_although_the_server_shares_it(server):
    rival = subprocess.run(
        [sys.executable, str(ROOT / "tests/bootstrap/tiny.py"), str(server.folder), str(server.https), str(free_port())],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert rival.returncode != 0 and f"port {server.https}" in rival.stderr
    assert (server.folder / "ready.json").exists()  # the rival removed nothing


def test_hup_takes_up_a_renewed_certificate_and_refuses_a_broken_one(server):
    before, pid = server.serial(), server.get("/pid")
    (server.folder / "live.key").unlink()
    (server.folder / "live.key").write_text("no key")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "is not taken up" in (server.folder / "log").read_text())
    point(server.folder, ensure_certificate(server.folder / "renewed", ("localhost",), datetime.now(UTC)))
    (server.folder / "ca.pem").write_bytes((server.folder / "ca.pem").read_bytes() + (server.folder / "renewed/ca.pem").read_bytes())
    assert (server.serial(), server.get("/pid")) == (before, pid)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: server.serial() not in {before, None} and (server.folder / f"ended-{pid}").exists(), 30)
    until(lambda: server.get("/pid") not in {pid, None})


def test_an_old_worker_leaves_new_connections_to_its_successor(server):
    """It lives on for a while, to finish handshakes and requests; kept connections are closed with their next answer."""
    old, said = server.get("/pid"), (server.folder / "log").read_text().count("takes new connections")
    with server.connect() as kept:
        kept.sendall(b"GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert old in kept.recv(4096).decode()
        server.process.send_signal(signal.SIGHUP)
        until(lambda: (server.folder / "log").read_text().count("takes new connections") > said)
        seen = {server.get("/pid") for _ in range(30)}
        assert not (server.folder / f"ended-{old}").exists() and len(seen) == 1 and seen.isdisjoint({old, None})
        kept.sendall(b"GET /pid HTTP/1.1\r\nHost: localhost\r\n\r\n")
        last = kept.makefile("rb").read().decode()  # until the server closes
        assert old in last and "connection: close" in last.lower()
    until((server.folder / f"ended-{old}").exists)


def test_an_application_that_cannot_start_ends_the_server_with_its_reason(tmp_path):
    point(tmp_path, ensure_certificate(tmp_path, ("localhost",), datetime.now(UTC)))
    (tmp_path / "broken").touch()
    server = Serving(tmp_path)
    assert server.process.wait(20) != 0
    server.process.stdout.close()
    server.log.close()
    said = (tmp_path / "log").read_text()
    assert "cannot start: run this and that" in said and "Traceback" not in said
    assert not (tmp_path / "ready.json").exists()


def test_the_end_does_not_wait_long_for_a_take_over(tmp_path):
    with serving(tmp_path) as server:
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert server.end() < 12
        assert server.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path, number):
    with serving(tmp_path) as server:
        worker = int(server.get("/pid"))
        idle = server.connect()  # a client that keeps its connection and says nothing
        slow = server.connect()
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        until((tmp_path / "slow").exists)
        assert server.end(number) < 12
        assert server.process.returncode == 0
        assert slow.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"  # in flight: answered
        assert (tmp_path / f"ended-{worker}").exists()
        assert not (tmp_path / "ready.json").exists()
        assert not Path(f"/proc/{worker}").exists()
        for connection in (idle, slow):
            connection.close()


def test_a_killed_worker_is_replaced_and_a_killed_parent_takes_the_worker_with_it(tmp_path):
    with serving(tmp_path) as server:
        first = int(server.get("/pid"))
        os.kill(first, signal.SIGKILL)
        second = int(until(lambda: server.get("/pid")))
        assert second != first
        server.end(signal.SIGKILL)
        until(lambda: gone(second))


def gone(process):
    """Nobody is left to bury it when the parent died: a zombie is gone, too."""
    try:
        return "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
