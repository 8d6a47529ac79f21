"""P7, R13, R14: events and instructions at the broker's door, on a real log with real rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sekisho.domain.broker_access import Scope
from sekisho.domain.instructions.instruction import InstructionKind, hash_of
from sekisho.domain.sessions import Channel
from sekisho.flows.freeze_account import freeze_account
from sekisho.kernel.events import EventKind
from tests.flows.house import caller
from tests.flows.monitored import Log, open_log
from tests.web.broker.conftest import HERE, BrokerDoor, told

EVENTS, INSTRUCTIONS = "/v1/broker/events", "/v1/broker/instructions"
DETAILS = {"amount": 300_000, "currency": "JPY", "payee": "bank:1", "payee_name": "Aiko Mori"}
ORDER = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 250_000, "liquidity": "liquid"}


@pytest.fixture
def log(door: BrokerDoor) -> Iterator[Log]:
    door.house.enrol("aiko")
    door.key("orders", Scope.EVENTS, Scope.INSTRUCTIONS, networks=(f"{HERE}/32",))
    door.key("other", Scope.EVENTS, Scope.INSTRUCTIONS, networks=(f"{HERE}/32",))
    with open_log(door.house) as opened:
        yield opened


def send(door: BrokerDoor, path: str, document: Any, system: str = "orders", method: str = "POST"):
    return door.send(method, path, door.secrets[system], document, once=None)


def asked(reference: str, kind: str = "order", session: str | None = None, **details: Any) -> dict[str, Any]:
    told_ = {**(ORDER if kind == "order" else DETAILS), **details}
    hashed = hash_of(InstructionKind(kind), "SK-4AIKO", "aiko", told_)
    return {"id": reference, "kind": kind, "account": "SK-4AIKO", "trader": "aiko", "hash": hashed, **told_} | (
        {"session": session} if session else {}
    )


def test_each_event_of_a_batch_is_answered_in_its_place(door: BrokerDoor, log: Log) -> None:
    events = [log.order("o1"), {**log.order("o2"), "kind": "order.plcaed"}, log.order("o3", liquidity="thin"), log.order("o1")]
    results = told(send(door, EVENTS, {"events": events}))["results"]
    assert [one["id"] for one in results] == ["o1", "o2", "o3", "o1"]
    assert [one["status"] for one in results] == ["accepted", "refused", "accepted", "duplicate"]
    assert "did you mean order.placed?" in results[1]["problem"]
    assert results[2]["verdict"] == "refuse" and results[2]["reasons"] == [{"code": "thin_buy", "text": "A thin stock is bought."}]
    other = told(send(door, EVENTS, {"events": [log.order("o1", quantity=7)]}))["results"]
    assert other[0]["status"] == "refused" and "another body" in other[0]["problem"]
    with door.house.storage.reading() as tx:
        assert EventKind.EVENT_CONFLICTED in [entry.kind for entry in tx.audit.unsealed(1000)]


ODD_IDS = ["2026-11-02T09:15:00", "orders:o1", ":", "a:", "x" * 70, "", "日本橋 1", "orders:"]


@pytest.mark.parametrize("id_", ODD_IDS)
def test_each_event_is_answered_under_the_very_id_that_was_sent(door: BrokerDoor, log: Log, id_: str) -> None:
    """Taken, sent again, refused at the door, by the log and as a conflict: a sender finds its event again."""
    future = (door.house.clock() + timedelta(hours=1)).isoformat()
    good = log.order(id_)
    events = [{**good, "kind": "order.plcaed"}, {**good, "time": future}, {**good, "quantity": "7"}, good, good, {**good, "quantity": 7}]
    results = told(send(door, EVENTS, {"events": events}))["results"]
    assert [one["id"] for one in results] == [id_] * len(events)
    taken = ["accepted", "duplicate"] if 0 < len(id_) <= 64 else ["refused"] * 2
    assert [one["status"] for one in results] == ["refused"] * 3 + taken + ["refused"]
    if taken[0] == "accepted":
        assert told(send(door, EVENTS, good))["id"] == id_


def test_an_event_whose_id_is_no_text_is_refused_in_its_place(door: BrokerDoor, log: Log) -> None:
    events = [{**log.order("o1"), "id": 7}, {name: value for name, value in log.order("o2").items() if name != "id"}, log.order("o3")]
    results = told(send(door, EVENTS, {"events": events}))["results"]
    assert [(one["id"], one["status"]) for one in results] == [("", "refused"), ("", "refused"), ("o3", "accepted")]
    assert "id" in results[0]["problem"] and "id" in results[1]["problem"]


def test_one_event_by_itself_is_answered_by_itself(door: BrokerDoor, log: Log) -> None:
    first, again = (send(door, EVENTS, log.order("o1", liquidity="thin")) for _ in range(2))
    assert (told(first)["id"], told(first)["status"], told(first)["verdict"]) == ("o1", "accepted", "refuse")
    assert told(again) == told(first) | {"status": "duplicate"}
    assert [row.event.id for row in log.settled() if row.event.kind == "order.placed"] == ["orders:o1"]


def test_one_event_that_is_refused_is_a_problem_of_the_request(door: BrokerDoor, log: Log) -> None:
    """R14: the same id with another body is 409, and stands in the audit log."""
    misspelt = send(door, EVENTS, {**log.order("o1"), "kind": "order.plcaed"})
    assert misspelt.status == 422 and "did you mean order.placed?" in misspelt.body.decode()
    assert b'"event"' in misspelt.body and send(door, EVENTS, {"id": "o1"}).status == 422
    made_here = send(door, EVENTS, {**log.order("o1"), "kind": "login.completed"})
    assert made_here.status == 422 and "made by Sekisho itself" in made_here.body.decode()
    assert send(door, EVENTS, log.order("o1")).status == 200
    other = send(door, EVENTS, log.order("o1", quantity=7))
    assert other.status == 409 and other.body.decode().count("another content") == 1
    with door.house.storage.reading() as tx:
        assert [entry.kind for entry in tx.audit.unsealed(1000)].count(EventKind.EVENT_CONFLICTED) == 1
    assert door.house.watching.outcomes.count("event conflict") == 1


NO_BATCH: list[Any] = [
    {}, {"events": []}, {"events": [1]}, {"events": "x"}, {"events": [{}], "more": 1}, {"events": [{}], "id": "x"}, [], "x", b"[", b"\xff",
]  # fmt: skip


@pytest.mark.parametrize("document", NO_BATCH)
def test_what_is_no_batch_is_refused_with_a_reason(door: BrokerDoor, log: Log, document: Any) -> None:
    assert send(door, EVENTS, document).status in (400, 422)


def test_more_than_a_thousand_and_more_than_a_megabyte_are_refused(door: BrokerDoor, log: Log) -> None:
    assert send(door, EVENTS, {"events": [log.order(f"o{number}") for number in range(1001)]}).status == 422
    assert send(door, EVENTS, {"events": [{"id": "x", "kind": "y" * 2_000_000}]}).status == 413


def test_an_order_is_allowed_claimed_once_and_never_with_another_hash(door: BrokerDoor, log: Log) -> None:
    answer = told(send(door, INSTRUCTIONS, asked("i1")))
    assert (answer["verdict"], answer["state"]) == ("allow", "allowed")
    path = f"{INSTRUCTIONS}/{answer['instruction']}"
    right, other = asked("i1")["hash"], asked("i1", quantity=999)["hash"]
    assert send(door, f"{path}/execution", {"hash": other}).status == 409
    assert told(send(door, f"{path}/execution", {"hash": right}))["state"] == "executing"
    assert send(door, f"{path}/execution", {"hash": right}).status == 409
    assert send(door, f"{path}/cancellation", {}).status == 409
    assert told(send(door, path, None, method="GET"))["state"] == "executing"


def test_a_verdict_dies_in_thirty_seconds_and_with_a_freeze(door: BrokerDoor, log: Log) -> None:
    first, second = (told(send(door, INSTRUCTIONS, asked(one)))["instruction"] for one in ("i1", "i2"))
    freeze_account("SK-4AIKO", "desk", "reported", "os:ana", door.house.deps)
    assert send(door, f"{INSTRUCTIONS}/{first}/execution", {"hash": asked("i1")["hash"]}).status == 409
    assert told(send(door, f"{INSTRUCTIONS}/{second}", None, method="GET"))["state"] == "cancelled"
    third = told(send(door, INSTRUCTIONS, asked("i3")))
    assert third["verdict"] == "refuse" and third["reasons"][0]["code"] == "account_frozen"


def test_a_verdict_expires(door: BrokerDoor, log: Log) -> None:
    answer = told(send(door, INSTRUCTIONS, asked("i1")))
    door.house.clock.advance(seconds=30)
    assert send(door, f"{INSTRUCTIONS}/{answer['instruction']}/execution", {"hash": asked("i1")["hash"]}).status == 409


def test_the_same_again_is_judged_once_and_another_body_is_a_conflict(door: BrokerDoor, log: Log) -> None:
    answers = [told(send(door, INSTRUCTIONS, asked("i1"))) for _ in range(3)]
    assert len({answer["instruction"] for answer in answers}) == 1
    assert len([row for row in log.settled() if row.event.kind == "order.placed"]) == 1
    assert send(door, INSTRUCTIONS, asked("i1", quantity=5)).status == 409


def test_a_withdrawal_always_asks_the_customer_and_rules_may_hold_it(door: BrokerDoor, log: Log) -> None:
    """J02, J16."""
    small = told(send(door, INSTRUCTIONS, asked("w1", "withdrawal")))
    assert (small["verdict"], small["state"]) == ("challenge", "challenged")
    assert [one["code"] for one in small["reasons"]] == ["step_up_needed"]
    assert send(door, f"{INSTRUCTIONS}/{small['instruction']}/execution", {"hash": asked("w1", "withdrawal")["hash"]}).status == 409
    large = told(send(door, INSTRUCTIONS, asked("w2", "withdrawal", amount=900_000)))
    assert large["verdict"] == "hold" and large["reasons"][1]["text"] == "¥1,200,000 was withdrawn within a day."


def test_a_quarantined_session_moves_no_money(door: BrokerDoor, log: Log) -> None:
    """R4: whatever the step-up."""
    session = door.house.log_in(log_person(door), caller(channel=Channel.API)).session.id
    answer = told(send(door, INSTRUCTIONS, asked("w1", "withdrawal", session=session)))
    assert answer["verdict"] == "refuse" and answer["reasons"][0]["code"] == "quarantined"
    order = told(send(door, INSTRUCTIONS, asked("o1", session=session)))
    assert order["verdict"] == "allow"


def test_an_instruction_comes_from_where_the_broker_says_and_not_from_where_the_session_was_opened(door: BrokerDoor, log: Log) -> None:
    """A stolen session goes on from elsewhere; the rules see that place, and the lists of networks are asked about it too (R5)."""
    session = door.house.log_in(log_person(door), caller(channel=Channel.API)).session
    for reference, address in (("o1", None), ("o2", "198.51.100.7")):
        told(send(door, INSTRUCTIONS, asked(reference, session=session.id) | ({"address": address} if address else {})))
    with door.house.storage.reading() as tx:
        rows = [row.event for row in tx.events.read(0, 100) if row.event.kind == "order.placed"]
    assert [event.address for event in rows] == [session.address, "198.51.100.7"]
    assert rows[1].network == "198.51.100.0/24"


def log_person(door: BrokerDoor):
    from tests.flows.house import PASSWORD, PHONES, Person

    with door.house.storage.reading() as tx:
        record = tx.traders.by_username("aiko")
    assert record is not None
    return Person("aiko", record.trader.id, PHONES["aiko"], PASSWORD)


@pytest.mark.parametrize(
    "change, field",
    [
        ({"hash": "0" * 64}, "hash"), ({"account": "SK-NONE"}, "hash"), ({"trader": "nobody"}, "hash"), ({"amount": -1}, "amount"),
        ({"currency": "yen"}, "currency"), ({"more": 1}, "more"), ({"kind": "loan"}, "kind"), ({"payee": None}, "payee"),
        ({"address": "at home"}, "address"), ({"payee": "\u3000\u200b"}, "payee"), ({"amount_jpy": 1}, "amount_jpy"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_instruction_is_named(door: BrokerDoor, log: Log, change: dict[str, Any], field: str) -> None:
    document = {name: value for name, value in {**asked("w1", "withdrawal"), **change}.items() if value is not None}
    answer = send(door, INSTRUCTIONS, document)
    assert answer.status == 422 and field in answer.body.decode()


def test_another_systems_instruction_is_not_there(door: BrokerDoor, log: Log) -> None:
    """R7."""
    mine = told(send(door, INSTRUCTIONS, asked("i1")))["instruction"]
    for path, document, method in (
        (mine, None, "GET"),
        (f"{mine}/execution", {"hash": asked("i1")["hash"]}, "POST"),
        (f"{mine}/cancellation", {}, "POST"),
    ):
        foreign = send(door, f"{INSTRUCTIONS}/{path}", document, "other", method)
        absent = send(door, f"{INSTRUCTIONS}/{path.replace(mine, 'ins_06bq2zv8k4000000000000000n')}", document, "other", method)
        assert foreign.status == absent.status == 404 and foreign.body == absent.body
    again = told(send(door, INSTRUCTIONS, asked("i1"), "other"))
    assert again["instruction"] != mine


def test_without_an_owner_everything_is_503_and_never_an_allow(door: BrokerDoor) -> None:
    door.house.enrol("aiko")
    door.key("orders", Scope.EVENTS, Scope.INSTRUCTIONS, networks=(f"{HERE}/32",))
    event = {"id": "e", "kind": "holdings.valued", "time": door.house.clock().isoformat(), "account": "SK-4AIKO", "amount_jpy": 5}
    for path, document in ((EVENTS, {"events": [event]}), (INSTRUCTIONS, asked("i1"))):
        answer = send(door, path, document)
        assert answer.status == 503 and "retry-after" in dict(answer.headers)
