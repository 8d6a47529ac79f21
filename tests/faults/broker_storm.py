"""The broker's systems in a storm: events one by one and in batches, repeats, instructions and claims, and what they were told.

Some systems speak HTTPS themselves and note every answer; one uses the SDK, which waits and tries again by itself. Meanwhile people log in.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sekisho.clients.broker import BrokerClient, Event, Instruction, NotAnswered
from sekisho.clients.broker.instructions import instruction_hash
from sekisho.clients.broker.patience import Patience
from tests.faults.enrolment import Person
from tests.faults.processes import Brokerage
from tests.faults.visitor import CUT, Answer, Visitor

__all__ = ["Broker", "StormLedger", "storm"]

NOBODY_THERE = (CUT, 429, 503)
_LATE = timedelta(minutes=20)
_STALE = timedelta(days=2)
_MOST_LOGINS = 6  # of one storm
_WAITING = Patience(total=40, one=6)


@dataclass
class Broker:
    """A broker with a key, and an account of each trader."""

    nodes: Sequence[Brokerage]
    people: Sequence[Person]
    key: str
    run: str = ""

    @classmethod
    def of(cls, nodes: Sequence[Brokerage]) -> Broker:
        scopes = [word for scope in ("accounts", "traders", "events", "instructions") for word in ("--scope", scope)]
        (issued,) = nodes[0].command("broker-key", "add", "storm", *scopes, "--ip", "127.0.0.0/8")
        broker = cls(nodes, nodes[0].people, str(issued["key"]))
        with broker.client(nodes[0]) as client:
            for number, person in enumerate(broker.people):
                client.accounts.add(account_of(number), "Fault Trader")
                client.traders.grant(person.username, account_of(number), "holder")
        return broker

    def client(self, node: Brokerage) -> BrokerClient:
        return BrokerClient(f"https://localhost:{node.https}", self.key, str(node.folder / "data/ca/ca.pem"))

    def visitor(self, node: Brokerage) -> Visitor:
        return Visitor(Person("", "", "", "", "127.0.0.1"), node)


def account_of(number: int) -> str:
    return f"FA-{1000 + number}"


@dataclass
class StormLedger:
    """What was sent, and what the senders were told. sequences, verdicts: of events answered 200, by id. instructions: (Sekisho's id,
    verdict) by the broker's. claimed: Sekisho's ids of those that may be executed."""

    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    instructions: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: dict[str, str] = field(default_factory=dict)
    logins: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    newest: float = 0.0
    slowest: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, document: dict[str, Any]) -> None:
        with self._lock:
            self.sent[document["id"]] = document

    def answer(self, answer: Answer) -> None:
        with self._lock:
            self.statuses[answer.status] += 1
            if answer.status == 200:
                self.newest = max(self.newest, answer.asked_at)
                self.slowest = max(self.slowest, answer.seconds)

    def took(self, id_: str, status: str, sequence: int | None, verdict: str, problem: str = "") -> None:
        """The same event is answered with the same place and verdict whenever it is sent."""
        with self._lock:
            if status == "refused" or sequence is None:
                self.wrong.append(f"{id_} refused: {problem}")
            elif (self.sequences.setdefault(id_, sequence), self.verdicts.setdefault(id_, verdict)) != (sequence, verdict):
                self.wrong.append(f"{id_} answered {sequence} {verdict} after {self.sequences[id_]} {self.verdicts[id_]}")

    def judged(self, reference: str, instruction: str, verdict: str) -> None:
        with self._lock:
            if self.instructions.setdefault(reference, (instruction, verdict)) != (instruction, verdict):
                self.wrong.append(f"instruction {reference} answered twice otherwise")

    def log_in(self) -> None:
        with self._lock:
            self.logins += 1

    def claim(self, instruction: str, hash_: str) -> None:
        with self._lock:
            self.claimed[instruction] = hash_


@contextmanager
def storm(broker: Broker, run: str) -> Iterator[StormLedger]:
    """Blows while the block runs. run: makes its ids and draws its own."""
    ledger = StormLedger()
    jobs: list[Callable[[Broker, StormLedger, str], None]] = [_batches, _batches, _singles, _instructions, _with_sdk, _logins]
    with ThreadPoolExecutor(len(jobs)) as threads:
        running = [threads.submit(job, broker, ledger, f"{run}.{number}") for number, job in enumerate(jobs)]
        try:
            yield ledger
        finally:
            ledger.stop.set()
        for one in running:
            one.result(90)  # raises what went wrong in its thread


def _batches(broker: Broker, ledger: StormLedger, run: str) -> None:
    _send(broker, ledger, run, (5, 40, 120))


def _singles(broker: Broker, ledger: StormLedger, run: str) -> None:
    _send(broker, ledger, run, (1,))


def _send(broker: Broker, ledger: StormLedger, run: str, sizes: Sequence[int]) -> None:
    """New ones, some twice in one batch, and earlier ones again, whether they were answered or not."""
    draw, mine, made = random.Random(run), [], 0
    turn = _Turn(broker, draw)
    while not ledger.stop.is_set():
        new = [_document(f"{run}.{made + each}", broker, draw) for each in range(draw.choice(sizes))]
        made += len(new)
        mine += new
        for document in new:
            ledger.send(document)
        again = draw.sample(mine, min(len(mine), draw.choice((0, 0, 1, 5))))
        batch = [*new, *again]
        answer = turn.ask(ledger, "POST", "/v1/broker/events", {"events": batch})
        if answer.status == 200:
            for document, result in zip(batch, answer.body["results"], strict=True):
                assert document["id"] == result["id"]
                ledger.took(result["id"], result["status"], result.get("sequence"), result.get("verdict", ""), result.get("problem", ""))


def _instructions(broker: Broker, ledger: StormLedger, run: str) -> None:
    """Asked, asked again where no answer came, and some of the allowed ones claimed."""
    draw, made = random.Random(run), 0
    turn = _Turn(broker, draw)
    while not ledger.stop.is_set():
        made += 1
        document = _instruction(f"{run}.{made}", broker, draw)
        ledger.send(document)
        for _ in range(3):
            answer = turn.ask(ledger, "POST", "/v1/broker/instructions", document)
            if answer.status == 200:
                break
        if answer.status != 200:
            continue
        ledger.judged(document["id"], answer.body["instruction"], answer.body["verdict"])
        if answer.body["verdict"] == "allow" and draw.random() < 0.5:
            path = f"/v1/broker/instructions/{answer.body['instruction']}/execution"
            claim = turn.ask(ledger, "POST", path, {"hash": document["hash"]})
            if claim.status == 200:
                ledger.claim(answer.body["instruction"], document["hash"])


def _with_sdk(broker: Broker, ledger: StormLedger, run: str) -> None:
    """What the SDK could not bring home is sent from its first event on again; an instruction without an answer is a hold."""
    draw, made = random.Random(run), 0
    clients = [broker.client(node) for node in broker.nodes]
    while not ledger.stop.is_set():
        events = [_event(f"{run}.{made + each}", broker, draw) for each in range(30)]
        made += len(events)
        for event in events:
            ledger.send(event.document())
        while not ledger.stop.is_set():
            with suppress(NotAnswered):
                for told in draw.choice(clients).events.send(events, _WAITING):
                    ledger.took(told.id, told.status, told.sequence, told.verdict, told.problem)
                break
        asked = _instruction(f"{run}.i{made}", broker, draw)
        ledger.send(asked)
        details = {name: value for name, value in asked.items() if name not in ("id", "kind", "account", "trader", "hash")}
        wanted = Instruction(asked["id"], asked["kind"], asked["account"], asked["trader"], details)
        verdict = draw.choice(clients).instructions.ask(wanted)
        if verdict.unclear:
            assert not verdict.allows
        else:
            ledger.judged(wanted.id, verdict.instruction, verdict.decision.value)
    for client in clients:
        client.close()


def _logins(broker: Broker, ledger: StormLedger, run: str) -> None:
    """Of one half of the people; the other half is the test's own. Whoever is cut off leaves it."""
    draw = random.Random(run)
    for _ in range(_MOST_LOGINS):
        person = draw.choice(broker.people[len(broker.people) // 2 :])
        with Visitor(person, draw.choice(broker.nodes)) as visitor:
            started = None if ledger.stop.is_set() else visitor.start_login()
            done = None if started is None else visitor.give_code(*started)
            if done is not None and done.status == 200:
                ledger.log_in()
                visitor.ask("DELETE", "/v1/session", token=done.body["session_token"])
        if ledger.stop.wait(draw.uniform(0.1, 0.6)):
            return


class _Turn:
    """One connection to each node; where nobody is there, the other one is asked next."""

    def __init__(self, broker: Broker, draw: random.Random) -> None:
        self._broker = broker
        self._visitors = [broker.visitor(node) for node in broker.nodes]
        self._at = draw.randrange(len(self._visitors))

    def ask(self, ledger: StormLedger, method: str, path: str, document: object) -> Answer:
        answer = self._visitors[self._at].ask(method, path, document, self._broker.key)
        ledger.answer(answer)
        if answer.status in NOBODY_THERE:
            self._at = (self._at + 1) % len(self._visitors)
            ledger.stop.wait(0.05)
        return answer


def _event(id_: str, broker: Broker, draw: random.Random) -> Event:
    """A few come late, and some so late that they are not judged."""
    number = draw.randrange(len(broker.people))
    late = draw.choices((timedelta(0), _LATE, _STALE), (90, 7, 3))[0]
    at = datetime.now(UTC) - late - timedelta(milliseconds=draw.randrange(1500))
    who: dict[str, Any] = {"account": account_of(number), "trader": broker.people[number].username}
    amount = draw.randrange(1, 2_000_000)
    match draw.randrange(4):
        case 0:
            payee = f"bank:{draw.randrange(40)}"
            return Event(id_, "withdrawal.requested", at, amount=amount, currency="JPY", payee=payee, **who)
        case 1:
            return Event(id_, "position.liquidated", at, symbol=str(draw.randrange(50)), amount_jpy=amount, liquidity="normal", **who)
        case 2:
            return Event(id_, "bank_account.changed", at, payee=f"bank:{draw.randrange(40)}", address="203.0.113.7", **who)
        case _:
            side, liquidity = draw.choice(("buy", "sell")), draw.choice(("liquid", "normal", "thin"))
            order: dict[str, Any] = {"side": side, "quantity": 100, "amount_jpy": amount, "liquidity": liquidity}
            return Event(id_, "order.placed", at, symbol=str(draw.randrange(50)), attributes={"order_type": "limit"}, **order, **who)


def _document(id_: str, broker: Broker, draw: random.Random) -> dict[str, Any]:
    return _event(id_, broker, draw).document()


def _instruction(id_: str, broker: Broker, draw: random.Random) -> dict[str, Any]:
    number = draw.randrange(len(broker.people))
    account, trader = account_of(number), broker.people[number].username
    if draw.random() < 0.7:
        kind, symbol = "order", str(draw.randrange(50))
        details: dict[str, Any] = {"symbol": symbol, "side": "sell", "quantity": 100, "amount_jpy": 5000, "liquidity": "liquid"}
    else:
        kind, details = "withdrawal", {"amount": draw.randrange(1, 10**6), "currency": "JPY", "payee": f"bank:{draw.randrange(40)}"}
    hashed = instruction_hash(kind, account, trader, details)
    return {"id": id_, "kind": kind, "account": account, "trader": trader, "hash": hashed, **details}
