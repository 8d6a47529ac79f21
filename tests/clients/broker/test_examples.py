"""The client and its examples against the demo: real keys, real rules, real sockets."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sekisho.clients.broker import BrokerClient, Decision, Event, Instruction, NotAnswered, Patience, Refused
from tests.promises.conftest import demo, settings  # noqa: F401 - fixtures
from tests.promises.running_demo import RunningDemo, until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def sekisho(demo: RunningDemo) -> Iterator[BrokerClient]:  # noqa: F811
    demo.secrets |= {"U1000007", "U1000023", "U1000031", "bank:0001-123"}  # when the demo ends, none of its logs may hold one
    with BrokerClient(demo.ready["base_url"], demo.ready["broker_api_key"], demo.ready["ca_file"]) as client:
        until(lambda: judged(client), 20)
        yield client


def judged(client: BrokerClient) -> bool:
    """Whether the event log is open: a node that has just begun tells everybody to come again."""
    probe = Instruction("probe", "order", "U1000007", "hanako.sato", ORDER)
    return not client.instructions.ask(probe, Patience(total=2.0, one=2.0)).unclear


ORDER: dict[str, str | int] = {"symbol": "7203", "side": "buy", "quantity": 100, "amount_jpy": 280_000, "liquidity": "liquid"}
CASH: dict[str, str | int] = {"amount": 480_000, "currency": "JPY", "payee": "bank:0001-123-7"}


@pytest.fixture
def surroundings(demo: RunningDemo, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("SEKISHO_URL", demo.ready["base_url"])
    monkeypatch.setenv("SEKISHO_KEY", demo.ready["broker_api_key"])
    monkeypatch.setenv("SEKISHO_CA", demo.ready["ca_file"])


def said(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    importlib.import_module(f"sekisho.clients.broker.examples.{name}").main()
    return capsys.readouterr().out


def test_the_third_withdrawal_to_a_stranger_is_held(sekisho: BrokerClient, surroundings: None, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said("first_held_withdrawal", capsys).splitlines()
    told = [line for line in lines if not line.startswith("    ")]
    assert [line.split(": ")[1].split(" ")[0] for line in told] == ["challenge", "challenge", "hold"], lines
    assert "mule_payee" in told[2] and "pay" not in [line.split(" ")[0] for line in lines]
    assert any("3 accounts have named this payee" in line for line in lines)


def test_events_are_sent_from_an_iterator(sekisho: BrokerClient, surroundings: None, capsys: pytest.CaptureFixture[str]) -> None:
    refused, taken = said("send_events", capsys).splitlines()
    assert taken == "1501 events are on disk" and "login.completed is made by Sekisho itself" in refused


def test_an_order_is_allowed_and_claimed_once(sekisho: BrokerClient) -> None:
    order = Instruction("o-1", "order", "U1000007", "hanako.sato", ORDER)
    verdict = sekisho.instructions.ask(order)
    assert verdict.allows, verdict
    assert not sekisho.instructions.claim(verdict.instruction, "0" * 64).may_execute  # another order than the one that was judged
    assert sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute
    assert not sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute
    assert sekisho.instructions.see(verdict.instruction).state == "executing"


def test_the_same_question_has_the_same_answer_and_another_one_of_its_name_none(sekisho: BrokerClient) -> None:
    first = sekisho.instructions.ask(Instruction("w-1", "withdrawal", "U1000007", "hanako.sato", CASH))
    again = sekisho.instructions.ask(Instruction("w-1", "withdrawal", "U1000007", "hanako.sato", CASH))
    assert first.decision is not Decision.ALLOW and first.instruction == again.instruction and first.expires == again.expires
    with pytest.raises(Refused) as refused:
        sekisho.instructions.ask(Instruction("w-1", "withdrawal", "U1000007", "hanako.sato", CASH | {"amount": 490_000}))
    assert refused.value.status == 409


def test_what_is_challenged_or_given_up_is_not_claimed(sekisho: BrokerClient) -> None:
    verdict = sekisho.instructions.ask(Instruction("w-2", "withdrawal", "U1000007", "hanako.sato", CASH))
    assert verdict.decision is Decision.CHALLENGE and not sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute
    for _ in range(2):  # as after a line that was cut
        sekisho.instructions.cancel(verdict.instruction)
    assert sekisho.instructions.see(verdict.instruction).state == "cancelled"


def test_events_are_known_by_their_ids(sekisho: BrokerClient) -> None:
    event = Event("e-1", "deposit.received", datetime.now(UTC), "U1000007", amount=1, currency="JPY")
    first, again = sekisho.events.send_event(event), sekisho.events.send_event(event)
    assert (first.status, again.status) == ("accepted", "duplicate") and first.sequence == again.sequence
    late = Event("e-1", "deposit.received", event.time + timedelta(seconds=1), "U1000007", amount=1, currency="JPY")
    with pytest.raises(Refused) as refused:
        sekisho.events.send_event(late)
    assert refused.value.status == 409
    with pytest.raises(Refused, match=r"did you mean deposit\.received"):
        sekisho.events.send_event(Event("e-3", "deposit.recieved", event.time, "U1000007", amount=1, currency="JPY"))


def test_every_event_of_a_batch_is_answered_under_its_own_id(sekisho: BrokerClient) -> None:
    """A refused one keeps nobody from reading the answers of the others, whatever the broker calls its events."""
    now = datetime.now(UTC)
    ids = ["2026-11-02T09:15:00", "x" * 70, "a:b", "2026-11-02T09:16:00"]
    kinds = ["deposit.recieved", "deposit.received", "login.completed", "deposit.received"]
    batch = [Event(id_, kind, now, "U1000007", amount=1, currency="JPY") for id_, kind in zip(ids, kinds, strict=True)]
    answers = list(sekisho.events.send([*batch, batch[3]]))
    assert [one.id for one in answers] == [*ids, ids[3]]
    assert [one.status for one in answers] == ["refused", "refused", "refused", "accepted", "duplicate"]


def test_a_wrong_key_is_told(demo: RunningDemo) -> None:  # noqa: F811
    with BrokerClient(demo.ready["base_url"], "sek_" + "0" * 46, demo.ready["ca_file"]) as stranger:
        with pytest.raises(Refused) as refused:
            stranger.instructions.ask(Instruction("o-9", "order", "U1000007", "hanako.sato", ORDER))
        assert refused.value.status == 401
        assert not stranger.instructions.claim("ins_1", "0" * 64).may_execute


def test_a_server_of_an_unknown_authority_hears_nothing(demo: RunningDemo) -> None:  # noqa: F811
    with BrokerClient(demo.ready["base_url"], demo.ready["broker_api_key"]) as client, pytest.raises(NotAnswered):
        client.events.send_event(
            Event("e-2", "deposit.received", datetime.now(UTC), "U1000007", amount=1, currency="JPY"), Patience(total=1)
        )


def test_a_freeze_refuses_the_claim_of_what_was_allowed(sekisho: BrokerClient, demo: RunningDemo) -> None:  # noqa: F811
    verdict = sekisho.instructions.ask(Instruction("o-2", "order", "U1000031", "yuki.abe", ORDER))
    assert verdict.allows
    demo.run("account", "freeze", "U1000031", "--reason", "the customer called")
    assert not sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute
    assert sekisho.instructions.ask(Instruction("o-3", "order", "U1000031", "yuki.abe", ORDER)).decision is Decision.REFUSE
    assert sekisho.accounts.see("U1000031").frozen
