"""The broker's client against servers that answer, hang, break and lie (R13): nothing but a clear yes ever lets money go."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sekisho.clients.broker import BrokerClient, Decision, Event, Instruction, NotAnswered, Patience, Refused, instruction_hash
from sekisho.domain.instructions.instruction import InstructionKind, hash_of
from tests.clients.broker.false_server import Act, FalseServer, answer, cut, drip, half, hang, raw, reset, serving

KEY = "sek_01234567" + "0" * 38
QUICK = Patience(total=0.6, one=0.3, first=0.01, longest=0.02)
PATIENT = Patience(total=20, one=10, first=0.01, longest=0.02)
WITHDRAWAL = Instruction("w-1", "withdrawal", "U1000007", "hanako.sato", {"amount": 5_000_000, "currency": "JPY", "payee": "bank:1"})
ALLOWED = {"instruction": "ins_1", "verdict": "allow", "reasons": [], "expires": "2026-11-26T10:00:00Z", "state": "allowed"}
EXECUTING = ALLOWED | {"state": "executing"}
WHEN = datetime(2026, 11, 26, tzinfo=UTC)
BROKEN: dict[str, Act] = {
    "hangs": hang,
    "drips": drip,
    "cuts the line": cut,
    "cuts it amid the answer": half,
    "resets": reset,
    "500": answer(500, ALLOWED),
    "502": raw(b"HTTP/1.1 502 X\r\ncontent-length: 4\r\n\r\noops"),
    "503": answer(503, ALLOWED, retry_after="1"),
    "429": answer(429, ALLOWED, retry_after="1"),
    "redirects": answer(302, ALLOWED, location="http://127.0.0.1:1/"),
    "nothing": answer(200),
    "no content": answer(204),
    "no JSON": raw(b"HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\nallow"),
    "no HTTP": raw(b"\x00\x01allow\r\n\r\n"),
    "a list": answer(200, ["allow"]),
    "null": raw(b"HTTP/1.1 200 X\r\ncontent-length: 4\r\n\r\nnull"),
}
NO_VERDICT: list[Any] = [
    ALLOWED | {"verdict": "yes"},
    ALLOWED | {"verdict": ["allow"]},
    ALLOWED | {"instruction": ""},
    ALLOWED | {"expires": None},
    ALLOWED | {"expires": "2026-11-26T10:00:00"},
    ALLOWED | {"reasons": "none"},
    {"verdict": "allow"},
]


def client_of(server: FalseServer) -> BrokerClient:
    return BrokerClient(server.url, KEY)


# Instructions


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_a_verdict_that_does_not_come_is_a_hold(act: Act) -> None:
    began = time.monotonic()
    with serving(act) as server, client_of(server) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL, QUICK)
    assert verdict.decision is Decision.HOLD and not verdict.allows and verdict.unclear
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("document", NO_VERDICT)
def test_what_has_not_the_form_of_a_verdict_is_a_hold(document: Any) -> None:
    with serving(answer(200, document)) as server, client_of(server) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL, PATIENT)
    assert (verdict.decision, verdict.unclear) == (Decision.HOLD, "nonsense")


@pytest.mark.parametrize("act", BROKEN.values(), ids=BROKEN)
def test_a_claim_that_is_not_answered_refuses(act: Act) -> None:
    with serving(act) as server, client_of(server) as sekisho:
        claim = sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, QUICK)
    assert not claim.may_execute and claim.why


@pytest.mark.parametrize("act", [answer(200, {"state": "allowed"}), answer(200, {}), *map(answer, (409, 404, 401))])
def test_a_claim_needs_a_clear_yes(act: Act) -> None:
    with serving(act) as server, client_of(server) as sekisho:
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute


def test_nobody_at_home_is_a_hold_and_a_refusal() -> None:
    with serving(cut) as server:
        pass
    with client_of(server) as sekisho:
        assert sekisho.instructions.ask(WITHDRAWAL, QUICK).unclear in {"unreachable", "timed_out"}  # the last try may end by its clock
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, QUICK).may_execute
        assert sekisho.instructions.see("ins_1", QUICK).decision is Decision.HOLD


def test_a_clear_verdict_is_read_and_claimed_once() -> None:
    told = ALLOWED | {"reasons": [{"code": "step_up_needed", "text": "…"}, {"code": "bare"}]}
    with serving(answer(200, told), answer(200, EXECUTING)) as server, client_of(server) as sekisho:
        verdict = sekisho.instructions.ask(WITHDRAWAL)
        assert verdict.allows and [reason.code for reason in verdict.reasons] == ["step_up_needed", "bare"]
        assert sekisho.instructions.claim(verdict.instruction, verdict.hash).may_execute
    asked, claimed = server.seen
    assert asked.document == {
        "id": "w-1", "kind": "withdrawal", "account": "U1000007", "trader": "hanako.sato", "amount": 5_000_000, "currency": "JPY",
        "payee": "bank:1", "hash": WITHDRAWAL.hash,
    }  # fmt: skip
    assert (claimed.path, claimed.document) == ("/v1/broker/instructions/ins_1/execution", {"hash": WITHDRAWAL.hash})
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_a_question_is_asked_again_with_the_same_id_until_it_is_answered() -> None:
    acts = [cut, answer(500), answer(503, retry_after="0"), answer(200, ALLOWED)]
    with serving(*acts) as server, client_of(server) as sekisho:
        assert sekisho.instructions.ask(WITHDRAWAL, PATIENT).allows
    assert len(server.seen) == 4 and len({seen.body for seen in server.seen}) == 1


def test_a_claim_whose_answer_was_lost_is_not_sent_again() -> None:
    """It may have been taken; a second one would only be refused, and nobody would know why."""
    with serving(cut, answer(200, EXECUTING)) as server, client_of(server) as sekisho:
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute
    assert len(server.seen) == 1


def test_a_claim_that_was_certainly_not_taken_is_sent_again() -> None:
    with serving(answer(503, retry_after="0"), answer(200, EXECUTING)) as server, client_of(server) as sekisho:
        assert sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, PATIENT).may_execute


def test_a_wrong_request_is_told_and_not_repeated() -> None:
    problem = {"detail": "Please check your entries.", "errors": [{"field": "account", "detail": "There is no account of that number."}]}
    with serving(answer(422, problem)) as server, client_of(server) as sekisho, pytest.raises(Refused, match="account: There") as refused:
        sekisho.instructions.ask(WITHDRAWAL, PATIENT)
    assert (refused.value.status, len(server.seen)) == (422, 1)


@pytest.mark.parametrize("details", [{}, {"amount": 1, "payee_name": "日本橋"}, {"symbol": "7203", "side": "buy", "quantity": 100}])
@pytest.mark.parametrize("kind", list(InstructionKind))
def test_both_sides_compute_the_same_hash(kind: InstructionKind, details: dict[str, str | int]) -> None:
    assert instruction_hash(kind.value, "U1", "hanako.sato", details) == hash_of(kind, "U1", "hanako.sato", details)


def test_the_hash_is_that_of_the_paper() -> None:
    """docs/integrate.md shows how to compute it in a shell; this is its example."""
    details = {"amount": 5000000, "currency": "JPY", "payee": "bank:0001-123-4567890"}
    assert (
        instruction_hash("withdrawal", "U1000007", "hanako.sato", details)
        == "52a1f4100d28ba5aba8cf2ace620e82d09b3af34b467f655c5e923d0c47af538"
    )


def test_details_cannot_take_the_place_of_what_is_fixed() -> None:
    with pytest.raises(ValueError):
        Instruction("w-1", "withdrawal", "U1", "hanako.sato", {"account": "U2"})


# Events


def events(count: int, text: str = "") -> Iterator[Event]:
    return (
        Event(f"e-{number}", "order.placed", WHEN, symbol="7203", attributes={"order_type": text} if text else {})
        for number in range(count)
    )


def echo(server: FalseServer, status: str = "accepted") -> Act:
    """Answers each event of the request that has just been seen."""

    def act(line: Any, stopped: Any) -> None:
        results = [{"id": event["id"], "status": status, "sequence": 7, "verdict": "allow"} for event in server.seen[-1].document["events"]]
        answer(200, {"results": results})(line, stopped)

    return act


def test_events_go_in_batches_and_each_is_answered() -> None:
    with serving(cut) as server, client_of(server) as sekisho:
        server.acts = [echo(server)]
        answers = list(sekisho.events.send(events(2500)))
    assert [len(seen.document["events"]) for seen in server.seen] == [1000, 1000, 500]
    assert [one.id for one in answers] == [f"e-{number}" for number in range(2500)] and all(one.taken for one in answers)
    first = {"id": "e-0", "kind": "order.placed", "time": "2026-11-26T00:00:00+00:00", "symbol": "7203"}
    assert server.seen[0].document["events"][0] == first


def test_large_events_make_smaller_batches() -> None:
    with serving(cut) as server, client_of(server) as sekisho:
        server.acts = [echo(server)]
        assert len(list(sekisho.events.send(events(1000, "字" * 1000)))) == 1000
    assert len(server.seen) == 4 and all(len(json.dumps(seen.document, ensure_ascii=False).encode()) < 1_048_576 for seen in server.seen)


def test_an_iterator_of_events_is_read_as_it_goes() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Event]:
        for number in range(10**9):
            taken.append(number)
            yield Event(f"e-{number}", "order.placed", WHEN)

    with serving(cut) as server, client_of(server) as sekisho:
        server.acts = [echo(server)]
        assert next(iter(sekisho.events.send(endless()))).id == "e-0"
    assert len(taken) == 1001


def test_a_refused_event_says_why_and_the_others_go_on() -> None:
    results = [{"id": "e-0", "status": "refused", "problem": "unknown kind"}, {"id": "e-1", "status": "duplicate", "sequence": 3}]
    with serving(answer(200, {"results": results})) as server, client_of(server) as sekisho:
        first, second = sekisho.events.send(events(2))
    assert (first.taken, first.problem, second.taken, second.sequence) == (False, "unknown kind", True, 3)


def test_a_full_queue_is_waited_for() -> None:
    with serving(cut) as server, client_of(server) as sekisho:
        server.acts = [answer(429, retry_after="0"), cut, answer(503, retry_after="0"), answer(200, {"id": "e-0", "status": "duplicate"})]
        assert sekisho.events.send_event(next(events(1)), PATIENT).status == "duplicate"
    assert len({seen.body for seen in server.seen}) == 1


OTHER_RESULTS = [{"results": one} for one in ([], [{"id": "x", "status": "accepted"}], [{"id": "e-0", "status": "lost"}], "accepted")]


@pytest.mark.parametrize("act", [*BROKEN.values(), *(answer(200, told) for told in ({"id": "x", "status": "accepted"}, *OTHER_RESULTS))])
def test_events_without_an_answer_are_told_as_such(act: Act) -> None:
    with serving(act) as server, client_of(server) as sekisho:
        for send in (lambda one: list(sekisho.events.send([one], QUICK)), lambda one: sekisho.events.send_event(one, QUICK)):
            with pytest.raises(NotAnswered):
                send(next(events(1)))


def test_time_that_is_over_before_a_try_begins_is_no_answer() -> None:
    """A pause may end a moment too late: that is a hold, and never a fault of its own."""
    over = Patience(total=0.0, one=0.0)
    with serving(answer(200, {"results": []})) as server, client_of(server) as sekisho:
        with pytest.raises(NotAnswered):
            list(sekisho.events.send(events(1), over))
        assert sekisho.instructions.ask(WITHDRAWAL, over).decision is Decision.HOLD
        assert not sekisho.instructions.claim("ins_1", WITHDRAWAL.hash, over).may_execute


@pytest.mark.parametrize("id_, when", [("e-1", WHEN.replace(tzinfo=None)), (7, WHEN)])
def test_a_time_without_offset_is_no_time_and_a_number_no_id(id_: Any, when: datetime) -> None:
    with pytest.raises(ValueError):
        Event(id_, "order.placed", when)


# The book


def test_a_repeated_enrolment_carries_the_same_key() -> None:
    told = {"trader": "trd_1", "username": "mina.abe", "activation_code": "AAAA", "valid_until": "2026-11-27T00:00:00Z"}
    with serving(cut, answer(201, told)) as server, client_of(server) as sekisho:
        enrolment = sekisho.traders.add("mina.abe", "Mina Abe", "+819011112222", {"U2000001": "holder"})
    keys = [seen.headers["idempotency-key"] for seen in server.seen]
    assert len(keys) == 2 and len(set(keys)) == 1 and len(keys[0]) == 32
    assert enrolment.activation_code == "AAAA" and "AAAA" not in repr(enrolment)


def test_parts_of_a_path_are_escaped() -> None:
    with serving(answer(404)) as server, client_of(server) as sekisho, pytest.raises(Refused):
        sekisho.accounts.see("U1/../../session")
    assert server.seen[0].path == "/v1/broker/accounts/U1%2F..%2F..%2Fsession"


@pytest.mark.parametrize("url", ["http://sekisho.example", "http://127.0.0.1.evil.example", "ftp://localhost.example"])
def test_a_key_leaves_by_https_only(url: str) -> None:
    with pytest.raises(ValueError):
        BrokerClient(url, KEY)


def test_the_key_never_prints() -> None:
    with serving(answer(401)) as server, client_of(server) as sekisho:
        with pytest.raises(Refused) as refused:
            sekisho.accounts.see("U1")
        assert KEY not in f"{sekisho!r} {sekisho.accounts!r} {refused.value} {refused.value.__context__}"


# Patience


@pytest.mark.parametrize("failures, least, most", [(1, 0.1, 0.2), (2, 0.2, 0.4), (3, 0.4, 0.8), (9, 2.5, 5.0), (500, 2.5, 5.0)])
def test_pauses_grow_and_differ(failures: int, least: float, most: float) -> None:
    pauses = {Patience().pause(failures, None) for _ in range(50)}
    assert len(pauses) > 1 and all(least <= pause <= most for pause in pauses)


def test_a_pause_is_never_shorter_than_the_server_asks() -> None:
    assert Patience().pause(1, 7.0) == 7.0
