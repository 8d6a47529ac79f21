"""kill -9 at any moment: no counter is lost, no code is good twice, no session or message is lost, the audit log is valid (R1, R6, R8)."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.enrolment import Person
from tests.faults.processes import UNRESTRICTED, Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows
from tests.faults.traffic import Ledger, traffic
from tests.faults.visitor import Visitor

WAYS = ("worker", "parent", "all")
GUESSERS, TRYERS, TRADERS = 3, 2, 3
LEASE = 60.0  # for so long a dead worker's claim keeps a message back


def test_kill_at_a_random_moment(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, GUESSERS + TRYERS + TRADERS) as house:
        _kill_often(house, ["worker", "all"], "kill -9, few", report, hurry=True)


@pytest.mark.faults
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_kill_at_many_random_moments(database: str, tmp_path: Path, report: FaultReport, request: pytest.FixtureRequest) -> None:
    """A code of each person is sent a few times a round, so the people take turns: 50 codes a day is the most that a lane may have."""
    url = ""
    if database == "postgresql":
        server: PostgresServer = request.getfixturevalue("own_server")
        url = server.new_database()
    ways = [WAYS[number % len(WAYS)] for number in range(50 if database == "sqlite" else 15)]
    with open_brokerage(tmp_path, 48, url) as house:
        _kill_often(house, ways, f"kill -9, {database}", report, hurry=False)


def _kill_often(house: Brokerage, ways: list[str], run: str, report: FaultReport, hurry: bool) -> None:
    chance, seen, recovered = report.chance(run), Counter[str](), []
    rows = Rows(house.database)
    for number, way in enumerate(ways):
        people = _turn(house.people, number)
        guessers, tryers, traders = people[:GUESSERS], people[GUESSERS : GUESSERS + TRYERS], people[GUESSERS + TRYERS :]
        before = rows.totals()
        with traffic(house, guessers, tryers, traders) as ledger:
            answers = chance.randrange(10, 40)  # counted, not timed: a busy machine must not kill before anything happened
            until(lambda wanted=answers, told=ledger: told.statuses.total() >= wanted, 60)
            time.sleep(chance.uniform(0, 0.05))
            house.kill(way)
        _counters_stand(ledger, before, rows, seen)
        recovered.append(house.recover(way))
        _codes_stay_spent(ledger, house, seen)
        _sessions_live(ledger, house, seen)
        _each_login_completed_once(rows)
        _codes_were_queued(ledger, rows)
        _everybody_gets_in_again([*guessers, *tryers], house)
    _no_message_is_lost(house, rows, seen, hurry)
    _audit_is_valid(house, rows, seen)
    report.add(run, kills=len(ways), longest_recovery_s=round(max(recovered), 1), **seen)


def _turn(people: list[Person], number: int) -> list[Person]:
    size = GUESSERS + TRYERS + TRADERS
    start = number % (len(people) // size) * size
    return people[start : start + size]


def _counters_stand(ledger: Ledger, before: dict[tuple[str, str], int], rows: Rows, seen: Counter[str]) -> None:
    """Every attempt that was answered as wrong is counted, and none that was not made (R1, R3)."""
    after = rows.totals()
    for key, refused in ledger.refused.items():
        counted = after.get(key, 0) - before.get(key, 0)
        assert refused <= counted <= ledger.given[key], (key, counted, refused, ledger.given[key])
    assert set(ledger.statuses) <= {0, 200, 401, 503}, ledger.statuses
    seen["attempts_answered_as_wrong"] += ledger.refused.total()
    seen["answers_cut"] += ledger.statuses[0]


def _codes_stay_spent(ledger: Ledger, house: Brokerage, seen: Counter[str]) -> None:
    """A code answered 200 before is wrong now; one whose answer was cut opens at most one session (R1)."""
    assert not ledger.twice
    for one in ledger.spent:
        with Visitor(one.person, house) as visitor:
            answers = [visitor.give_code(one.login, one.code) for _ in range(2)]
        taken = [answer for answer in answers if answer.status == 200]
        assert {answer.status for answer in answers} <= {200, 401}
        assert len(taken) <= (0 if one.sure else 1)
        ledger.tokens += [(one.person, answer.body["session_token"]) for answer in taken]
        seen["codes_given_again"] += len(answers)


def _sessions_live(ledger: Ledger, house: Brokerage, seen: Counter[str]) -> None:
    for person, token in ledger.tokens:
        with Visitor(person, house) as visitor:
            assert visitor.check(token).status == 200
            assert visitor.ask("DELETE", "/v1/session", token=token).status == 204  # at most ten of a trader live (R6)
    seen["sessions_alive"] += len(ledger.tokens)


def _each_login_completed_once(rows: Rows) -> None:
    told = rows.logins_completed()
    assert all(times == 1 for times in told.values())
    assert rows.sessions() == rows.completed_ceremonies()
    assert told.total() == rows.sessions().total()


def _codes_were_queued(ledger: Ledger, rows: Rows) -> None:
    queued = rows.codes_queued()
    assert all(queued[trader] >= promised for trader, promised in ledger.promised.items())


def _everybody_gets_in_again(people: list[Person], house: Brokerage) -> None:
    """Their own right login clears the counts of the round."""
    for person in people:
        with Visitor(person, house) as visitor:
            assert visitor.ask("DELETE", "/v1/session", token=visitor.log_in()).status == 204


def _no_message_is_lost(house: Brokerage, rows: Rows, seen: Counter[str], hurry: bool) -> None:
    """Each one reaches the gateway, at least once and under one key. hurry: a dead worker's claims are not waited for."""
    if hurry:
        rows.make_due()
    until(lambda: set(rows.messages().values()) == {"sent"}, 60 if hurry else LEASE + 60)
    taken = Counter(headers["idempotency-key"] for headers, _ in house.gateway.received)
    enrolment = {key for key in rows.messages() if key not in taken}
    assert len(enrolment) == 2 * len(house.people), "only the messages of the enrolment went another way"
    assert set(taken) <= set(rows.messages())
    seen["messages"] += len(taken)
    seen["of_them_sent_again"] += sum(times > 1 for times in taken.values())


def _audit_is_valid(house: Brokerage, rows: Rows, seen: Counter[str]) -> None:
    positions = rows.positions()
    assert positions == list(range(1, len(positions) + 1))
    verified = house.verified()
    assert verified["ok"] and verified["witnessed"], verified["findings"]
    house.stop()
    ended = house.verified()
    assert ended["ok"] and ended["uncovered"] == 0 and ended["unsealed"] == 0, ended
    seen["audit_entries"] += ended["entries"]


def test_kill_between_reservation_and_answer(tmp_path: Path, report: FaultReport) -> None:
    """R1: death in between leaves a failed attempt, though the password was right. A success takes no attempt with it that may still be
    in flight elsewhere, so the dead one stays counted for its two minutes."""
    slow = "[hashing]\niterations = 16\nmemory_kib = 65536\n"
    with open_brokerage(tmp_path, 1, more=UNRESTRICTED + slow) as house:
        person, rows = house.people[0], Rows(house.database)
        with traffic(house, [], [], [person]) as ledger:
            until(rows.attempts_being_checked, 20)
            house.kill("worker")
        assert not ledger.tokens
        assert rows.total(person.id, "password") == 1
        took = house.recover("worker")
        with Visitor(person, house) as visitor:
            visitor.log_in()
        assert rows.total(person.id, "password") == 1
    report.add("kill -9 while a hash is in flight", counted=1, recovery_s=round(took, 1))
