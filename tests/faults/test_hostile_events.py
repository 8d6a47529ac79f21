"""Bad input at the broker's door, on a real server: answered with a reason or handled as declared, memory bounded, and a log that names
no key, account or payee in full (R9, R14, R15).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.processes import pss_of
from sekisho.clients.broker import Event
from sekisho.clients.broker.patience import Patience
from tests.faults.broker_storm import Broker, account_of
from tests.faults.event_rows import EventRows, Replay
from tests.faults.hostile import statuses_of, talk
from tests.faults.processes import open_brokerage, until
from tests.faults.report import FaultReport

pytestmark = pytest.mark.timeout(600)
PAYEE = "bank:0001-123-4567890-pay"
EVENTS = "/v1/broker/events"
MB = 1024 * 1024


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with open_brokerage(tmp_path_factory.mktemp("hostile-events") / "house", 2) as house:
        yield Broker.of([house])


@pytest.fixture(autouse=True)
def unshaken(broker: Broker) -> Iterator[None]:
    """After each test: the same worker serves, the log of the server is one JSON object a line, names nobody and tells of no fault."""
    (house,) = broker.nodes
    worker, said = house.worker(), len(house.log())
    yield
    assert house.worker() == worker
    log = house.log()[said:]
    lines = [json.loads(line) for line in log.splitlines()]
    assert not [line for line in lines if line.get("level") in ("error", "critical") or line.get("status", 200) >= 500]
    for secret in (broker.key, account_of(0), account_of(1), PAYEE):
        assert secret not in log


def _event(broker: Broker, id_: str, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    known = {"id": id_, "kind": "withdrawal.requested", "time": now, "account": account_of(0), "trader": broker.people[0].username}
    return known | {"amount": 1000, "currency": "JPY", "payee": PAYEE} | more


def _sent(broker: Broker, *events: dict[str, Any]) -> list[dict[str, Any]]:
    with broker.visitor(broker.nodes[0]) as visitor:
        answer = visitor.ask("POST", EVENTS, {"events": list(events)}, broker.key)
    assert answer.status == 200, answer
    results: list[dict[str, Any]] = answer.body["results"]
    return results


def _raw(broker: Broker, body: bytes, length: int | None = None) -> list[int]:
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {broker.key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return statuses_of(talk(broker.nodes[0], head.encode() + body, 10))


def _as_json(broker: Broker, old: str, new: str) -> bytes:
    return json.dumps({"events": [_event(broker, "hostile", amount=1000)]}).replace(old, new).encode()


def test_what_is_no_json_or_too_much_of_it_is_refused(broker: Broker) -> None:
    (house,) = broker.nodes
    before = pss_of(house.worker())
    huge = json.dumps({"events": [_event(broker, f"huge-{number}") for number in range(40_000)]}).encode()
    assert len(huge) > 7 * MB
    assert set(_raw(broker, huge)) <= {413}
    assert set(_raw(broker, b"[" * (10 * MB))) <= {413}
    assert _raw(broker, b"{", 10**10) == [413]
    for old, new in (
        ("1000,", "NaN,"), ("1000,", "Infinity,"), ("1000,", "1e999,"), ("1000,", "9" * 5000 + ","),
        ("hostile", "a\\u0000b"), ("hostile", "\\ud800"), ("hostile", "a\\u001b[31m"), ('"hostile"', "[" * 30_000), ("hostile", "\u2028"),
    ):  # fmt: skip
        assert _raw(broker, _as_json(broker, old, new)) == [400], new[:20]
    assert _raw(broker, _as_json(broker, '"id"', '"kind"')) == [422]  # a name twice
    assert _raw(broker, _as_json(broker, "1000,", "-5,")) == [200]
    assert pss_of(house.worker()) - before < 60 * MB


def test_each_bad_item_is_told_its_reason(broker: Broker) -> None:
    now = datetime.now(UTC)
    results = _sent(
        broker,
        _event(broker, "amount", amount=10**30),
        _event(broker, "below", amount=-1),
        _event(broker, "fraction", amount=10.5),
        _event(broker, "deep", attributes={"payee_kind": {"a": [[]]}}),
        _event(broker, "huge", kind="order.placed", attributes={"limit_price": 10**25}),
        _event(broker, "future", time=(now + timedelta(minutes=5)).isoformat()),
        _event(broker, "first", time="0001-01-01T00:00:00+14:00"),
        _event(broker, "unknown", account="FA-9999999"),
        _event(broker, "kind", kind="withdrawal.request"),
        _event(broker, "x" * 65),
        _event(broker, "long", payee="p" * 65),
        _event(broker, "text", payee_name="A"),
    )
    assert {one["status"] for one in results} == {"refused"} and all(one["problem"] for one in results)
    assert "future" in results[5]["problem"] and "1970" in results[6]["problem"] and "did you mean" in results[8]["problem"]
    texts = (
        "<script>alert(1)</script>",
        "'; DROP TABLE accounts; --",
        "\u202egnirts",
        "{amount:yen}%s%n",
        "../../etc/passwd",
        "𠮷野家👩‍💻",
    )
    taken = _sent(broker, *(_event(broker, f"t{number} {text}"[:64], payee=text) for number, text in enumerate(texts)))
    assert {one["status"] for one in taken} == {"accepted"}
    late = (now - timedelta(days=3)).isoformat()
    (stale,) = _sent(broker, _event(broker, "stale", time=late, amount=10**15))
    assert stale["status"] == "accepted" and "verdict" not in stale  # logged, not judged


def test_the_same_id_within_and_across_batches_is_one_event(broker: Broker) -> None:
    one = _event(broker, "twice")
    results = _sent(broker, one, one, {**one, "amount": 7})
    assert [each["status"] for each in results] == ["accepted", "duplicate", "refused"]
    (again,) = _sent(broker, one)
    assert again["status"] == "duplicate" and again["sequence"] == results[0]["sequence"] == results[1]["sequence"]


def test_ten_thousand_payees_of_one_account(broker: Broker) -> None:
    (house,) = broker.nodes
    before = pss_of(house.worker())
    for start in range(0, 10_000, 1000):
        many = [_event(broker, f"payee-{number}", payee=f"{PAYEE}-{number}") for number in range(start, start + 1000)]
        assert {one["status"] for one in _sent(broker, *many)} == {"accepted"}
    assert pss_of(house.worker()) - before < 80 * MB
    Replay(EventRows(house.database)).follow()


def test_a_full_queue_is_told_and_the_sdk_waits(tmp_path: Path, report: FaultReport) -> None:
    """429 with Retry-After instead of loss; the SDK comes again, and everything is there once."""
    more = "[lockout]\nsoft_failures = 99\nhard_failures = 100\ndisable_total = 100\n[monitoring]\nqueue = 1000\n"
    with open_brokerage(tmp_path, 2, more=more) as house:
        broker, statuses = Broker.of([house]), Counter[int]()
        with ThreadPoolExecutor(8) as threads:
            raw = [threads.submit(_push, broker, f"raw{number}", statuses) for number in range(4)]
            told = [threads.submit(_push_with_sdk, broker, f"sdk{number}") for number in range(4)]
            sent = sum(one.result(200) for one in [*raw, *told])
        replay = Replay(EventRows(house.database))
        until(lambda: not EventRows(house.database).intake(), 60)
        replay.follow()
        theirs = [id_ for id_ in replay.sequences if ":" in id_]
    assert len(theirs) == sent and statuses[429] and set(statuses) <= {200, 429, 503}
    report.add("a full queue", events=sent, answered_429=statuses[429])


def _push(broker: Broker, run: str, statuses: Counter[int]) -> int:
    with broker.visitor(broker.nodes[0]) as visitor:
        for batch in range(3):
            many = [_event(broker, f"{run}-{batch}-{number}") for number in range(900)]
            while (answer := visitor.ask("POST", EVENTS, {"events": many}, broker.key)).status in (429, 503):
                statuses[answer.status] += 1
                assert answer.body["status"] == answer.status
            statuses[answer.status] += 1
    return 2700


def _push_with_sdk(broker: Broker, run: str) -> int:
    now = datetime.now(UTC)
    more: dict[str, Any] = {"amount": 1000, "currency": "JPY", "payee": PAYEE, "account": account_of(1)}
    events = [Event(f"{run}-{number}", "withdrawal.requested", now, **more) for number in range(2000)]
    with broker.client(broker.nodes[0]) as client:
        answers = list(client.events.send(events, Patience(total=120, one=30)))
    assert {one.status for one in answers} <= {"accepted", "duplicate"}
    return len(answers)
