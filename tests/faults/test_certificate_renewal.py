"""SIGHUP takes up a renewed certificate under traffic: no request is dropped, and no TLS handshake is cut (DESIGN §4)."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from sekisho.adapters.cryptography.local_ca import CertificatePaths, ensure_certificate
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.visitor import CUT, Visitor

RATE = 200  # requests a second
CLIENTS = 10
UNGREETED = -1  # a handshake that was cut


def test_a_renewal_under_traffic_drops_no_request(tmp_path: Path, report: FaultReport) -> None:
    _renew(tmp_path, report, 1)


@pytest.mark.faults
def test_five_renewals_under_traffic_drop_no_request(tmp_path: Path, report: FaultReport) -> None:
    _renew(tmp_path, report, 5)


def _renew(tmp_path: Path, report: FaultReport, renewals: int) -> None:
    folder = tmp_path / "house"
    with open_brokerage(folder, 1, serve=False) as house:
        made = [ensure_certificate(tmp_path / f"certificate-{number}", ("localhost",), datetime.now(UTC)) for number in range(renewals + 1)]
        _trust(house, made)
        _point(house, made[0])
        house.more_env = {"SEKISHO__SERVER__CERTIFICATE": f"{folder}/live.pem", "SEKISHO__SERVER__CERTIFICATE_KEY": f"{folder}/live.key"}
        house.start()
        with Visitor(house.people[0], house) as visitor:
            token = visitor.log_in()
        with traffic(house, token) as statuses:
            for number in range(1, renewals + 1):
                before = _serial(house)
                _point(house, made[number])
                assert house.process is not None
                house.process.send_signal(signal.SIGHUP)
                until(lambda old=before: _renewed(house, old), 60)
                serving = len(house.events("serving"))
                assert serving == number + 1
                time.sleep(6)  # until the old worker has gone
        assert set(statuses) == {200}, statuses
    report.add(f"{renewals} certificates renewed", requests=statuses[200], dropped=statuses[CUT], handshakes_cut=statuses[UNGREETED])


@contextmanager
def traffic(house: Brokerage, token: str) -> Iterator[Counter[int]]:
    """RATE requests a second in all: half of the clients keep their connection, half open a new one for each request."""
    statuses, stop, lock = Counter[int](), threading.Event(), threading.Lock()

    def run(keeps: bool) -> None:
        client = _client(house, token)
        due = time.monotonic()
        while not stop.is_set():
            status = _check(client)
            with lock:
                statuses[status] += 1
            if not keeps or status in (CUT, UNGREETED):
                client.close()
                client = _client(house, token)
            due = max(due + CLIENTS / RATE, time.monotonic() - 1)
            stop.wait(max(0.0, due - time.monotonic()))
        client.close()

    threads = [threading.Thread(target=run, args=(number % 2 == 0,), daemon=True) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def _client(house: Brokerage, token: str) -> httpx2.Client:
    headers = {"authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=f"https://127.0.0.1:{house.https}", verify=house.trust, headers=headers, timeout=20, trust_env=False)


def _check(client: httpx2.Client) -> int:
    try:
        return client.get("/v1/session").status_code
    except httpx2.ConnectError:
        return UNGREETED
    except httpx2.TransportError:
        return CUT


def _point(house: Brokerage, paths: CertificatePaths) -> None:
    """The live names lead to this certificate, as certbot's do."""
    for name, target in (("live.pem", paths.chain), ("live.key", paths.key)):
        draft = house.folder / f"{name}.draft"
        draft.symlink_to(target)
        draft.rename(house.folder / name)


def _trust(house: Brokerage, made: list[CertificatePaths]) -> None:
    """Clients know every authority from the start."""
    trusted = house.folder / "data/ca/ca.pem"
    trusted.parent.mkdir()
    trusted.write_bytes(b"".join(paths.ca.read_bytes() for paths in made))


def _renewed(house: Brokerage, old: str) -> bool:
    try:
        return _serial(house) != old
    except OSError:  # a busy machine: the handshake took too long
        return False


def _serial(house: Brokerage) -> str:
    """Of the certificate that a new connection sees."""
    with (
        socket.create_connection(("127.0.0.1", house.https), 5) as plain,
        house.trust.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        found = tls.getpeercert()
    assert found is not None
    return str(found["serialNumber"])
