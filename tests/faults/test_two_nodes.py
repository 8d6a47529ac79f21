"""Two nodes on one PostgreSQL: what one does the other knows within a second, and nobody gets in on stale knowledge (R3, R5, R6)."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.processes import UNRESTRICTED, Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.rows import Rows
from tests.faults.second_node import Cable, second_node
from tests.faults.visitor import CUT, Answer, Visitor

pytestmark = pytest.mark.postgres
FRESH = 1.0  # seconds within which a change is known everywhere (R6)
NOISE = 4.0  # two busy cores add their own waits; the report tells the time measured
CUT_OFF = 8.0  # seconds without the database
WHY = ("--reason", "a fault run asked for it", "--identity-check", "none: the test's own person")


@contextmanager
def two_nodes(
    tmp_path: Path, people: int, server: PostgresServer, more: str = UNRESTRICTED
) -> Iterator[tuple[Brokerage, Brokerage, Cable]]:
    """Both serve; the second one reaches the database over a cable."""
    url = server.new_database()
    cable = Cable(url, Path(str(server.folder)) / "cable")
    try:
        with open_brokerage(tmp_path / "node", people, url, more) as first, second_node(first, cable.url) as second:
            yield first, second, cable
    finally:
        cable.mend()
        cable.close()


def known_after(look: Callable[[], bool]) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    until(look, 20)
    return time.monotonic() - began


def test_what_one_node_does_the_other_knows_within_a_second(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    with two_nodes(tmp_path, 4, own_server) as (first, second, _):
        one, two, three, four = first.people
        with Visitor(one, first) as here, Visitor(one, second) as there:
            token = here.log_in()
            assert (here.check(token).status, there.check(token).status) == (200, 200)
            assert here.ask("DELETE", "/v1/session", token=token).status == 204
            ended = known_after(lambda: there.check(token).status == 401)
        with Visitor(two, first) as here, Visitor(two, second) as there:
            token = here.log_in()
            assert there.check(token).status == 200
            listed = _list_addresses(first, two.username, "192.0.2.0/24")
            refused = known_after(lambda: there.check(token).status == 401 and here.check(token).status == 401)
            assert listed["version"] == 1 and there.give_password(two.password).status == 401
        with Visitor(three, first) as here, Visitor(three, second) as there:
            token = there.log_in()
            assert here.check(token).status == 200
            first.command("trader", "reset", three.username, *WHY)
            reset = known_after(lambda: here.check(token).status == 401 and there.check(token).status == 401)
        with Visitor(four, first) as here, Visitor(four, second) as there:
            login = here.start_login()
            assert login is not None
            done = there.give_code(*login)
            assert done.status == 200, "a login begun at one node completes at the other"
            assert here.give_code(*login).status == 401, "and completes once"
        report.add("two nodes", session_ended_s=round(ended, 2), list_changed_s=round(refused, 2), reset_s=round(reset, 2))
    assert max(ended, refused, reset) < FRESH + NOISE


def _list_addresses(node: Brokerage, username: str, *lines: str) -> dict[str, object]:
    listed = node.folder / "networks.txt"
    listed.write_text("\n".join(lines))
    answer: dict[str, object] = node.command("ip-list", "set", str(listed), "--trader", username, *WHY)
    return answer


def test_failures_are_counted_across_nodes(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    """R3: of parallel guesses at both nodes exactly five are checked; then the login is restricted at both."""
    with two_nodes(tmp_path, 1, own_server, more="") as (first, second, _):
        person, rows = first.people[0], Rows(first.database)
        guessers = [Visitor(person, node) for node in (first, second) for _ in range(4)]
        with ThreadPoolExecutor(len(guessers)) as pool:
            answers = list(pool.map(lambda visitor: visitor.give_password("a wrong password").status, guessers * 2))
        assert set(answers) <= {401, 503} and rows.total(person.id, "password") == 5, (answers, rows.totals())
        assert [visitor.give_password(person.password).status for visitor in (guessers[0], guessers[-1])] == [401, 401]
        for visitor in guessers:
            visitor.close()
    report.add("two nodes, guesses at once", guesses=len(answers), counted=5)


@contextmanager
def checking(visitor: Visitor, token: str) -> Iterator[list[Answer]]:
    """A session is checked again and again; the answers as they come."""
    answers, stop = [], threading.Event()

    def run() -> None:
        while not stop.wait(0.02):
            answers.append(visitor.check(token))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join(30)


def test_a_node_cut_off_answers_503_and_later_the_truth(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    with two_nodes(tmp_path, 2, own_server) as (first, second, cable):
        person = first.people[0]
        with Visitor(person, first) as here, Visitor(person, second) as there:
            token = here.log_in()
            assert there.check(token).status == 200
            with checking(there, token) as answers:
                cable.cut()
                lost = time.monotonic()
                assert here.ask("DELETE", "/v1/session", token=token).status == 204
                ended = time.monotonic()
                time.sleep(CUT_OFF)
                cable.mend()
                until(lambda: answers and answers[-1].status == 401, 30)
                back = time.monotonic()
        stale = [answer for answer in answers if answer.status == 200 and answer.asked_at > ended + FRESH]
        during = {answer.status for answer in answers if lost + FRESH + NOISE < answer.asked_at < lost + CUT_OFF}
        assert not stale, "let in on what it knew before it was cut off"
        assert during == {503} and CUT not in {answer.status for answer in answers}
    report.add("node cut off", answered_503=sum(answer.status == 503 for answer in answers), truth_after_s=round(back - lost - CUT_OFF, 2))


def test_a_node_that_slept_lets_nobody_in_on_stale_knowledge(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    _sleep(own_server, tmp_path, report, 3.0)


@pytest.mark.faults
def test_a_node_that_slept_for_half_a_minute(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    _sleep(own_server, tmp_path, report, 30.0)


def _sleep(server: PostgresServer, tmp_path: Path, report: FaultReport, seconds: float) -> None:
    """SIGSTOP in the middle of traffic; meanwhile the session ends elsewhere. Requests that waited are answered by the truth.

    Half of them wait on connections that were open before, half on connections that the kernel took while the node slept.
    """
    with two_nodes(tmp_path, 2, server) as (first, second, _):
        person, sleeper = first.people[0], second.worker()
        crowd, late = ([Visitor(person, second) for _ in range(8)] for _ in "ab")
        with Visitor(person, first) as here, ThreadPoolExecutor(len(crowd) + len(late)) as pool:
            token = here.log_in()
            assert all(answer.status == 200 for answer in pool.map(lambda visitor: visitor.check(token), crowd))
            os.kill(sleeper, signal.SIGSTOP)
            try:
                waiting = [pool.submit(visitor.check, token) for visitor in (*crowd, *late)]
                assert here.ask("DELETE", "/v1/session", token=token).status == 204
                time.sleep(seconds)
            finally:
                os.kill(sleeper, signal.SIGCONT)
            answers = [one.result().status for one in waiting]
            with Visitor(person, second) as there:
                later = there.log_in()
                assert here.check(later).status == 200
        for visitor in (*crowd, *late):
            visitor.close()
        assert set(answers[: len(crowd)]) <= {401, 503, CUT}, answers  # a connection that was silent for 10 s may be closed
        assert set(answers[len(crowd) :]) <= {401, 503}, answers
        verified = first.verified()
        assert verified["ok"], verified
    report.add(f"node asleep for {seconds:.0f} s", waiting=len(answers), answered_401=answers.count(401), answered_503=answers.count(503))


def test_the_owners_work_moves_when_he_is_killed(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    _kill_owners(own_server, tmp_path, report, 2)


@pytest.mark.faults
def test_twenty_owners_are_killed(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    _kill_owners(own_server, tmp_path, report, 20)


def _kill_owners(server: PostgresServer, tmp_path: Path, report: FaultReport, kills: int) -> None:
    """The lease is taken up within 10 s; the chain of the audit log has no gap and no double, changes neither, messages leave (R8)."""
    longest = 0.0
    with two_nodes(tmp_path, 4, server) as (first, second, _):
        rows, nodes = Rows(first.database), (first, second)
        for number in range(kills):
            person = first.people[number % 4]
            with Visitor(person, nodes[number % 2]) as visitor:
                token = visitor.log_in()
                holder = until(rows.lease_holder, 30)
                owner = next(node for node in nodes if f":{node.worker()}:" in holder)
                owner.kill("all")
                killed = time.monotonic()
                until(lambda gone=holder: rows.lease_holder() not in (None, gone), 30)
                longest = max(longest, time.monotonic() - killed)
                owner.start()
                until(lambda key=token, one=visitor: one.check(key).status == 200, 30)
                assert visitor.ask("DELETE", "/v1/session", token=token).status == 204
        rows.make_due()
        until(lambda: set(rows.messages().values()) == {"sent"}, 60)
        until(lambda: rows.unsealed() == 0, 60)
        positions, changes = rows.positions(), rows.changes()
        assert positions == list(range(1, len(positions) + 1))
        assert changes == list(range(changes[0], changes[0] + len(changes)))
        verified = first.verified()
        assert verified["ok"] and verified["witnessed"], verified["findings"]
    assert longest < 10 + NOISE
    report.add(f"{kills} owners killed", next_owner_s=round(longest, 1), audit_entries=len(positions), changes=len(changes))
