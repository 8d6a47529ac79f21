"""MONITORING §Rules: rules that were decided on take the place of others while events are judged; no event waits, none is judged by two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from sekisho.adapters.engines import succession
from sekisho.adapters.engines.judge import RuleJudge
from sekisho.bootstrap import monitoring
from sekisho.domain.monitoring.listing import Lists
from sekisho.domain.monitoring.rule_set import RuleSetState
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.explain_verdict import explain_verdict
from sekisho.flows.ports.monitoring import Accepted, LoggedEvent
from tests.flows.house import House
from tests.flows.monitored import RULES, Log, judge_of, open_log, publish, until

OTHER_FEATURES = RULES.replace("over 24h", "over 23h")
OTHER_RULES = RULES.replace(">= 1000000", ">= 500000")
BROKEN = "rule broken\n"
PAST = 2000


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


def filled(log: Log, number: int = PAST) -> None:
    for start in range(0, number, 500):
        log.accepted(*(log.event(f"p{start + count}", amount=1) for count in range(500)))


def judges(log: Log, version: int) -> Callable[[], bool]:
    return lambda: log.writer.judge is not None and log.writer.judge.rules == version


def decide(house: House, version: int, state: str) -> None:
    with house.storage.transaction() as tx:
        rules = tx.rule_sets.get(version)
        assert rules is not None
        tx.rule_sets.save(replace(rules, state=state))


class Senders:
    """Threads that send one event after the other and fail when one is turned away."""

    def __init__(self, log: Log, number: int = 3) -> None:
        self._log = log
        self._over = threading.Event()
        self.faults: list[Exception] = []
        self.answers: list[Accepted] = []
        self._threads = [threading.Thread(target=self._send, args=(name,)) for name in range(number)]
        for thread in self._threads:
            thread.start()

    def _send(self, name: int) -> None:
        turn = 0
        while not self._over.is_set():
            turn += 1
            try:
                self.answers += self._log.accepted(self._log.event(f"s{name}-{turn}", amount=1), self._log.order(f"o{name}-{turn}"))
            except Exception as fault:
                self.faults.append(fault)
                return

    def end(self) -> list[Accepted]:
        self._over.set()
        for thread in self._threads:
            thread.join(30)
        assert not self.faults, self.faults
        return self.answers


def held_against(rows: list[LoggedEvent], version: int, text: str, house: House) -> int:
    """The rows of that version are those of its rules alone, fed the whole log from its beginning. How many there are."""
    policies = house.deps.policies
    judge = RuleJudge(version, text, None, Lists(()), policies.monitoring, policies.firm.time_zone)
    own = 0
    for row in rows:
        judged = judge.weigh(row.event)
        if row.rules == version:
            own += 1
            assert (row.features, row.verdict, row.reasons) == (judged.row, judged.verdict, judged.reasons)
    return own


@pytest.mark.timeout(600)
def test_events_are_judged_without_a_stop_while_new_features_are_built(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is turned away; up to one event all are judged by the old rules, behind it by the new; each verdict is computed again."""
    monkeypatch.setattr(monitoring, "_STEP", 10)
    with open_log(aiko) as log:
        filled(log)
        old = judge_of(log).version
        senders = Senders(log)
        until(lambda: len(senders.answers) > 60)
        new = publish(aiko, OTHER_FEATURES)
        published = len(log.rows())
        until(judges(log, new))
        taken_up = len(senders.answers)
        until(lambda: len(senders.answers) > taken_up + 20)
        senders.end()
        rows = log.settled()
    versions = [row.rules for row in rows]
    assert versions == sorted(versions, key=lambda version: version == new)
    assert versions[PAST:].count(old) > 50 and versions[published:].count(old) > 0 and versions.count(new) > 20
    assert held_against(rows, old, RULES, aiko) + held_against(rows, new, OTHER_FEATURES, aiko) == len(rows)
    change = versions.index(new)
    for row in rows[change - 20 : change + 20]:
        again = explain_verdict(str(row.event.sequence), aiko.deps).again
        assert again is not None and again.differs == ()


def test_rules_on_the_same_features_go_on_with_their_state(aiko: House) -> None:
    """Nothing is replayed: not even a log that is gone would change what the windows know."""
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=499_999))
        state = judge_of(log)._engine
        with aiko.storage.transaction() as tx:
            tx.events.purge(aiko.clock() + timedelta(days=1), log.rows()[-1].event.sequence, 1000)
        until(judges(log, publish(aiko, OTHER_RULES)))
        (found,) = log.accepted(log.event("w2", amount=1))
        assert judge_of(log)._engine is state
    assert found.verdict is Verdict.HOLD


def test_rules_that_cannot_be_built_leave_the_old_ones_judging(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """And are tried again until they can be, or are taken back."""
    monkeypatch.setattr(succession, "_AGAIN", 0.1)
    tried = []
    plain = monitoring.empty_judge

    def counted(deps):
        tried.append(1)
        return plain(deps)

    with open_log(aiko) as log:
        old = judge_of(log).version
        monkeypatch.setattr(monitoring, "empty_judge", counted)
        broken = publish(aiko, BROKEN)
        until(lambda: len(tried) > 2)
        (found,) = log.accepted(log.event("w1", amount=2_000_000))
        assert found.verdict is Verdict.HOLD and judge_of(log).version == old and log.writer.rules_wait > 0
        decide(aiko, broken, RuleSetState.REFUSED)
        until(lambda: log.writer.rules_wait == 0)
        new = publish(aiko, OTHER_FEATURES)
        until(judges(log, new))
        assert log.writer.rules_wait == 0


def test_a_lost_database_while_they_are_built_costs_no_event(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(succession, "_AGAIN", 0.1)
    plain, faults = monitoring.replay, [1, 1]

    def lossy(judge, deps, page, between=lambda: None):
        if page == monitoring._STEP and faults:
            faults.pop()
            raise OSError("the database is gone")
        return plain(judge, deps, page, between)

    monkeypatch.setattr(monitoring, "replay", lossy)
    with open_log(aiko) as log:
        senders = Senders(log, 1)
        until(judges(log, publish(aiko, OTHER_FEATURES)))
        senders.end()
    assert not faults


def test_what_was_taken_back_meanwhile_never_judges(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    built, go = threading.Event(), threading.Event()
    plain = monitoring.replay

    def slow(judge, deps, page, between=lambda: None):
        if page == monitoring._STEP:
            built.set()
            go.wait(20)
        return plain(judge, deps, page, between)

    monkeypatch.setattr(monitoring, "replay", slow)
    with open_log(aiko) as log:
        old = judge_of(log).version
        bad = publish(aiko, OTHER_FEATURES)
        assert built.wait(20)
        decide(aiko, bad, RuleSetState.REFUSED)
        go.set()
        until(lambda: log.writer.rules_wait == 0)
        log.accepted(log.event("w1"))
        rows = log.settled()
    assert {row.rules for row in rows[-1:]} == {old} and bad not in {row.rules for row in rows}


def test_what_is_replaced_while_it_is_built_is_not_built_to_its_end(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring, "_STEP", 10)
    monkeypatch.setattr(monitoring, "_ASKED", 1)
    plain, fed = monitoring.outdated, []

    def replaced(judge, deps):
        if judge.version not in (old, *fed):
            fed.append(judge.version)
            publish(aiko, OTHER_FEATURES.replace("over 23h", f"over {22 - len(fed)}h")) if len(fed) == 1 else None
            known.append(judge.sequence)
        return plain(judge, deps)

    known: list[int] = []
    with open_log(aiko) as log:
        filled(log, 500)
        old = judge_of(log).version
        monkeypatch.setattr(monitoring, "outdated", replaced)
        first = publish(aiko, OTHER_FEATURES)
        until(lambda: judge_of(log).version != old)
        log.accepted(log.event("w1"))
        rows = log.settled()
    assert known[0] < 100 and fed[0] == first and first not in {row.rules for row in rows} and rows[-1].rules == fed[1]


def test_a_book_comes_into_the_shadow_and_out_of_it_while_events_are_judged(aiko: House) -> None:
    """What it learned in the shadow it keeps when it becomes live: nothing is replayed."""
    strict = OTHER_FEATURES.replace(">= 1000000", ">= 500000")
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=400_000))
        senders = Senders(log, 1)
        shadow = publish(aiko, strict, RuleSetState.SHADOW)
        until(lambda: judge_of(log).shadow_text == strict)
        (seen,) = log.accepted(log.event("w2", amount=100_000))
        assert seen.verdict is Verdict.ALLOW and '"shadow":"hold"' in seen.reasons
        engine = judge_of(log)._engines[judge_of(log)._shadow.fingerprint]  # type: ignore[union-attr]
        decide(aiko, shadow, RuleSetState.LIVE)
        until(judges(log, shadow))
        (found,) = log.accepted(log.event("w3", amount=1))
        assert judge_of(log)._engine is engine and judge_of(log).shadow_text is None
        senders.end()
    assert found.verdict is Verdict.HOLD


def test_a_shadow_on_the_same_features_is_computed_once(aiko: House) -> None:
    publish(aiko, OTHER_RULES, RuleSetState.SHADOW)
    with open_log(aiko) as log:
        (found,) = log.accepted(log.event("w1", amount=600_000))
        assert len(judge_of(log).replayed) == 1
    assert found.verdict is Verdict.ALLOW and '"shadow":"hold"' in found.reasons


def test_an_owner_does_not_wait_for_a_shadow(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live rules open from their snapshot; the book in shadow is built beside them."""
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", 1)
    monkeypatch.setattr(monitoring, "_SNAPSHOT_PAUSE", timedelta(0))
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=900_000))
        log.settled()
    publish(aiko, OTHER_FEATURES.replace(">= 1000000", ">= 950000"), RuleSetState.SHADOW)
    with open_log(aiko) as log:
        assert judge_of(log).shadow_text is None
        until(lambda: judge_of(log).shadow_text is not None)
        (found,) = log.accepted(log.event("w2", amount=60_000))
    assert '"shadow":"hold"' in found.reasons


def test_a_long_building_ends_with_a_snapshot(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an owner that dies soon after would leave the whole log to the next one."""
    with open_log(aiko) as log:
        filled(log, 500)
        monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", 400)
        until(judges(log, publish(aiko, OTHER_FEATURES)))
        with aiko.storage.reading() as tx:
            assert tx.snapshots.newest_of(judge_of(log).fingerprint) is not None


def test_an_owner_who_dies_while_new_rules_are_built_leaves_the_former_ones_judging(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one opens with the snapshot of those that judged last, and builds the others beside them. Once they have judged, they do."""
    with open_log(aiko) as log:
        filled(log, 500)
    monkeypatch.setattr(monitoring, "_SNAPSHOT_EVERY", 400)
    with open_log(aiko) as log:  # a long replay ends with a snapshot
        log.accepted(log.event("w1", amount=1))
        old = judge_of(log).version
    new = publish(aiko, OTHER_FEATURES)
    with open_log(aiko, None) as log:
        assert judge_of(log).version == old
        until(judges(log, new))
        log.accepted(log.event("w2", amount=1))
        fingerprint = judge_of(log).fingerprint
    with aiko.storage.transaction() as tx:
        gone = text("DELETE FROM engine_snapshots WHERE fingerprint = :of")
        tx._line.run(gone, {"of": fingerprint})  # type: ignore[attr-defined]
    with open_log(aiko, None) as log:
        assert judge_of(log).version == new
