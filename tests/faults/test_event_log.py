"""The owner of the event log is killed in a storm: every event that was acknowledged is there once, with the features of a clean replay;
nothing was allowed that is not on disk; another owner answers within 10 s (R13, R14; DESIGN §4, "One owner").
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.databases import PostgresServer
from tests.faults.broker_storm import Broker, StormLedger, storm
from tests.faults.enrolment import Person
from tests.faults.event_rows import EventRows, LogRow, Replay
from tests.faults.near_snapshots import snapshots_near
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.report import FaultReport
from tests.faults.test_two_nodes import two_nodes
from tests.faults.visitor import Visitor

WAYS = ("worker", "parent", "all")
OWN = ("login.refused", "login.password_accepted", "login.completed", "session.ended")
SOON = 10.0  # seconds until an owner answers again
NOISE = 5.0  # two busy cores add their own waits; the report tells the time measured


@pytest.mark.timeout(600)
def test_the_owner_is_killed_in_a_storm(tmp_path: Path, report: FaultReport) -> None:
    with _near(tmp_path, 4) as house:
        _kill_often([house], ["worker", "parent", "worker", "all", "worker"], "event log, few kills", report, new_rules=(2,))


@pytest.mark.faults
def test_the_owner_is_killed_often(tmp_path: Path, report: FaultReport) -> None:
    with _near(tmp_path, 24) as house:
        _kill_often([house], [WAYS[number % 3] for number in range(70)], "event log, SQLite", report, new_rules=(3, 10, 20))


@pytest.mark.postgres
@pytest.mark.faults
def test_the_log_moves_between_two_nodes(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    """Each time the node that holds the lease."""
    with two_nodes(tmp_path, 24, own_server) as (first, second, _):
        for node in (first, second):
            snapshots_near(tmp_path / "near", node)
        _kill_often([first, second], ["all"] * 30, "event log, two nodes on PostgreSQL", report, new_rules=(3, 8, 14))


@pytest.mark.postgres
@pytest.mark.timeout(600)
def test_the_log_moves_when_its_owner_dies(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    with two_nodes(tmp_path, 4, own_server) as (first, second, _):
        _kill_often([first, second], ["all"], "event log, two nodes, few kills", report)


def test_new_rules_cost_no_answer(tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 4) as house:
        _approve_in_a_storm(house, "new rules in a storm, SQLite", report)


@pytest.mark.postgres
def test_new_rules_cost_no_answer_on_postgresql(own_server: PostgresServer, tmp_path: Path, report: FaultReport) -> None:
    with open_brokerage(tmp_path, 4, own_server.new_database()) as house:
        _approve_in_a_storm(house, "new rules in a storm, PostgreSQL", report)


def _approve_in_a_storm(house: Brokerage, run: str, report: FaultReport) -> None:
    """Nobody is killed: the answers are 200 while the judge of new features is built and takes over, and each verdict is of one version.

    A busy machine may make two of them too late: 503.
    """
    broker, rows, seen = Broker.of([house]), EventRows(house.database), Counter[str]()
    replay = Replay(rows)
    with storm(broker, f"{report.seed % 10**6}") as ledger:
        until(lambda: ledger.statuses[200] >= 40, 60)
        version = _new_rules(house, 1)
        until(lambda: rows.newest_rules() == version, 60)
        enough = ledger.statuses[200] + 20
        until(lambda: ledger.statuses[200] >= enough, 60)
    _settled(rows)
    _holds(ledger, replay.follow(), replay, rows, seen)
    assert set(ledger.statuses) <= {200, 503} and ledger.statuses[503] <= 2 and len(replay.versions) == 2
    report.add(run, events=replay.sequence, slowest_answer_s=round(ledger.slowest, 2), **seen)


@contextmanager
def _near(folder: Path, people: int) -> Iterator[Brokerage]:
    """One that serves, and makes snapshots often."""
    with open_brokerage(folder, people, serve=False) as house:
        snapshots_near(folder / "near", house)
        house.start()
        yield house


def _kill_often(nodes: Sequence[Brokerage], ways: Sequence[str], run: str, report: FaultReport, new_rules: Sequence[int] = ()) -> None:
    """new_rules: before these kills rules with other features are approved, so that the owner dies while it builds or takes them up."""
    chance, seen, waits, snapshots = report.chance(run), Counter[str](), [], {0}
    broker, rows = Broker.of(nodes), EventRows(nodes[0].database)
    replay = Replay(rows)
    for number, way in enumerate(ways):
        owner, other = _owner(nodes, rows), nodes[(number + 1) % len(nodes)]
        with storm(broker, f"{report.seed % 10**6}.{number}") as ledger:
            wanted = chance.randrange(10, 60)  # counted, not timed: a busy machine must not kill before anything happened
            until(lambda told=ledger, enough=wanted: told.statuses[200] >= enough, 60)
            _try_to_log_in(broker.people[number % (len(broker.people) // 2)], other)
            if number in new_rules:
                _new_rules(nodes[0], number)
            time.sleep(chance.uniform(0, 0.3))
            owner.kill(way)
            waits.append(_answered_again(ledger, nodes, owner, way, time.monotonic()))
        _settled(rows)
        _holds(ledger, replay.follow(), replay, rows, seen)
        _claimed_once(ledger, broker, nodes[0])
        snapshots.add(rows.newest_snapshot())
    _is_whole(broker, rows, replay)
    assert max(waits) < SOON + NOISE
    assert len(snapshots) > len(ways) // 5, "no storm crossed a snapshot"
    assert len(replay.versions) == 1 + len(new_rules)
    counted = {"kills": len(ways), "events": replay.sequence, "snapshots": len(snapshots) - 1, "rules": len(replay.versions)}
    report.add(run, **counted, longest_wait_s=round(max(waits), 1), **seen)


def _is_whole(broker: Broker, rows: EventRows, replay: Replay) -> None:
    """In the end, when nobody is killed any more."""
    for node in broker.nodes:
        until(lambda one=node: _log_in_and_off(broker.people[0], one), 40)
    _settled(rows)
    replay.follow()
    _own_events_are_there_once(rows, replay)
    verified = broker.nodes[0].verified()
    assert verified["ok"] and verified["witnessed"], verified["findings"]
    _logs_name_nobody(broker)


def _new_rules(node: Brokerage, number: int) -> int:
    """The version. By two persons, with a feature that there never was, which has to be replayed."""
    text = node.command("rules", "show")["text"]
    file = node.folder / "new.rules"
    file.write_text(
        f"{text}\nfeature storm_{number} = count of order.placed, login.completed by trader over {number + 1}h\n", encoding="utf-8"
    )
    why = ("--reason", "a fault run asked for it")
    (proposed,) = node.command("rules", "publish", str(file), *why, actor="ana")
    (live,) = node.command("rules", "approve", str(proposed["version"]), *why, "--accept-blast-radius", actor="ben")
    assert live["state"] == "live"
    return int(live["version"])


def _logs_name_nobody(broker: Broker) -> None:
    for node in broker.nodes:
        log = node.log()
        assert "the event log is open" in log
        assert not [name for name in (broker.key, "FA-10", "bank:") if name in log]


def _owner(nodes: Sequence[Brokerage], rows: EventRows) -> Brokerage:
    if len(nodes) == 1:
        return nodes[0]
    keeper = until(rows.log_keeper, 30)
    return next(node for node in nodes if f":{node.worker()}:" in keeper)


def _answered_again(ledger: StormLedger, nodes: Sequence[Brokerage], owner: Brokerage, way: str, killed: float) -> float:
    """Seconds without an owner: since the kill where another node is there, else since the killed one serves again."""
    if len(nodes) > 1:
        until(lambda: ledger.newest > killed, SOON + 20)
        waited = ledger.newest - killed
        owner.recover(way)
        return waited
    owner.recover(way)
    back = time.monotonic()
    until(lambda: ledger.newest > back, SOON + 20)
    return ledger.newest - back


def _try_to_log_in(person: Person, node: Brokerage) -> None:
    with Visitor(person, node) as visitor:
        visitor.give_password("not the password")
    _log_in_and_off(person, node)


def _log_in_and_off(person: Person, node: Brokerage) -> bool:
    with Visitor(person, node) as visitor:
        if (started := visitor.start_login()) is None:
            return False
        done = visitor.give_code(*started)
        return done.status == 200 and visitor.ask("DELETE", "/v1/session", token=done.body["session_token"]).status == 204


def _settled(rows: EventRows) -> None:
    """Own events do not stay in the intake."""
    until(lambda: rows.intake() == 0, 60)


def _holds(ledger: StormLedger, new: Sequence[LogRow], replay: Replay, rows: EventRows, seen: Counter[str]) -> None:
    """Whatever was acknowledged stands there, as it was told; whatever stands there was sent."""
    assert not ledger.wrong, ledger.wrong[:5]
    assert set(ledger.statuses) <= {0, 200, 429, 503}, ledger.statuses
    theirs = {row.reference: row for row in new if row.id.partition(":")[2]}
    assert set(theirs) <= set(ledger.sent)
    for id_, sequence in ledger.sequences.items():
        row = theirs[id_]
        assert (row.sequence, row.verdict if row.rules else "") == (sequence, ledger.verdicts[id_])
        assert row.event.kind == ledger.sent[id_]["kind"] and row.event.amount == ledger.sent[id_].get("amount")
    kept = rows.instructions()
    for reference, (instruction, verdict) in ledger.instructions.items():
        reference_there, verdict_there, state, event = kept[instruction]
        assert (reference_there.partition(":")[2], verdict_there) == (reference, verdict)
        assert event in replay.sequences, "a verdict without its event"
        assert instruction not in ledger.claimed or state == "executing"
    seen["acknowledged"] += len(ledger.sequences)
    seen["instructions"] += len(ledger.instructions)
    seen["allowed"] += sum(verdict == "allow" for _, verdict in ledger.instructions.values())
    seen["claimed"] += len(ledger.claimed)
    seen["logins"] += ledger.logins
    seen["answered_503"] += ledger.statuses[503]
    seen["answers_cut"] += ledger.statuses[0]


def _claimed_once(ledger: StormLedger, broker: Broker, node: Brokerage) -> None:
    with broker.visitor(node) as visitor:
        for instruction, hash_ in list(ledger.claimed.items())[:5]:
            again = visitor.ask("POST", f"/v1/broker/instructions/{instruction}/execution", {"hash": hash_}, broker.key)
            assert again.status == 409


def _own_events_are_there_once(rows: EventRows, replay: Replay) -> None:
    """What the audit log tells, monitoring has read, and nothing twice."""
    audited = rows.audited(*OWN)
    assert audited["login.completed"] and audited["session.ended"]
    assert {kind: replay.kinds[kind] for kind in OWN} == {kind: audited[kind] for kind in OWN}
