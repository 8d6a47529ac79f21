"""Hostile bytes over real sockets: refused with 4xx or by closing, never a 5xx; the log stays one JSON object a line; the worker lives.

Issue, "Bad input and faults"; ASVS V4.2, V16.4.1; DESIGN §6.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.hostile import HTTP1, HTTP2, Hostile, fine_requests, statuses_of, talk
from tests.faults.processes import Brokerage, open_brokerage
from tests.faults.report import FaultReport

_OURS = frozenset({"error", "critical"})
_PUT_IN = (b"\r\n", b"\n", b"\x00", b"\xff", b"%00", b"\xe2\x80\xa8", b'"', b"\\ud800", b" ", b"a" * 5000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokerage]:
    with open_brokerage(tmp_path_factory.mktemp("hostile") / "house", 1) as opened:
        yield opened


@pytest.fixture(autouse=True)
def unshaken(house: Brokerage) -> Iterator[None]:
    """After each test: the same worker serves, and nothing that came in broke a line of the log or shows in it as an error of ours."""
    worker, said = house.worker(), len(house.log())
    yield
    assert statuses_of(talk(house, fine_requests()[0])) == [200]
    assert house.worker() == worker
    lines = [json.loads(line) for line in house.log()[said:].splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    assert not [line for line in lines if line.get("level") in _OURS or line.get("status", 200) >= 500]


@pytest.mark.parametrize("hostile", HTTP1, ids=lambda hostile: hostile.name)
def test_a_hostile_request_is_refused(house: Brokerage, hostile: Hostile) -> None:
    answered = statuses_of(talk(house, hostile.wire, hostile.waits))
    assert set(answered) <= hostile.statuses
    assert answered or hostile.silent


@pytest.mark.parametrize("name", HTTP2)
def test_odd_http2_ends_with_its_connection(house: Brokerage, name: str) -> None:
    talk(house, HTTP2[name], waits=1, protocol="h2")


def test_requests_spoilt_at_random(house: Brokerage, report: FaultReport) -> None:
    _spoil(house, 100, report)


@pytest.mark.faults
def test_many_requests_spoilt_at_random(house: Brokerage, report: FaultReport) -> None:
    _spoil(house, 3000, report)


def _spoil(house: Brokerage, count: int, report: FaultReport) -> None:
    chance, seen = report.chance("hostile input"), Counter[int]()
    for _ in range(count):
        wire = _spoilt(chance.choice(fine_requests()), chance)
        answered = statuses_of(talk(house, wire, 0.3))
        assert all(status < 500 for status in answered), wire
        seen.update(answered or [0])
    told = {f"answered_{status or 'by_closing'}": times for status, times in sorted(seen.items())}
    report.add("hostile input", spoilt_requests=count, **told)


def _spoilt(wire: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, put in, taken out, said twice, or the end cut off."""
    spoilt = bytearray(wire)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(spoilt) + 1)
        match chance.randrange(5):
            case 0:
                spoilt[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                spoilt[at:at] = chance.choice(
                    [b"\r\n", b"\n", b"\x00", b"\xff", b"%00", b"\xe2\x80\xa8", b'"', b"\\ud800", b" ", b"a" * 5000]
                )
            case 2:
                del spoilt[at : at + chance.randint(1, 20)]
            case 3:
                spoilt[at:at] = spoilt[max(0, at - 30) : at]
            case _ if chance.random() < 0.3:
                del spoilt[at:]
    return bytes(spoilt)
