"""P7, R12: rules come into force by two persons, after a test that says what they would have cost customers; and go back at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.bootstrap.rules import judges_of
from sekisho.domain.monitoring.blast_radius import BlastRadius
from sekisho.domain.monitoring.rule_set import RuleSet, RuleSetState
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows import rules_in_force
from sekisho.flows.publish_rules import approve_rules, fresh_test, propose_rules, refuse_rules, roll_back_rules, shadow_rules
from sekisho.flows.rehearse_rules import rehearse_rules
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import EventKind
from tests.flows.house import House
from tests.flows.monitored import RULES, Log, open_log

ANA, BEN = "os:ana", "os:ben"
WHY = "thin stocks were pumped"
STERN = RULES.replace(">= 1000000", ">= 500")


@pytest.fixture
def aiko(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """What is in force before anything is published is small here."""
    monkeypatch.setattr(rules_in_force, "shipped_rules", lambda: RULES)
    house.enrol("aiko")
    return house


def tried(house: House, text: str, days: int = 30) -> BlastRadius:
    return rehearse_rules(text, days, judges_of(house.deps), house.deps, lambda done, total: None)


def proposed(house: House, text: str = STERN, by: str = ANA) -> RuleSet:
    found = propose_rules(text, WHY, by, house.deps)
    assert isinstance(found, RuleSet), found
    return found


def state_of(house: House, version: int) -> str:
    with house.storage.reading() as tx:
        found = tx.rule_sets.get(version)
    assert found is not None
    return found.state


def live(house: House, text: str = STERN, *, accept: bool = True) -> RuleSet:
    house.clock.advance(seconds=1)
    rules = proposed(house, text)
    tried(house, text)
    house.clock.advance(seconds=1)
    return approve_rules(rules.version, WHY, BEN, house.deps, accept_blast_radius=accept)


def refused(call: Callable[[], object]) -> Kind:
    with pytest.raises(SekishoError) as raised:
        call()
    return raised.value.kind


def test_a_text_with_problems_is_not_stored_and_all_are_told(aiko: House) -> None:
    found = propose_rules(RULES.replace("withdrawn_1d >=", "withdrawn_2d >=").replace("buys_1h >=", "bys_1h >="), WHY, ANA, aiko.deps)
    assert isinstance(found, tuple) and len(found) == 2 and "did you mean withdrawn_1d?" in found[0].suggestion
    with aiko.storage.reading() as tx:
        assert tx.rule_sets.all() == []


def test_the_proposer_cannot_approve_and_another_person_can(aiko: House) -> None:
    rules = proposed(aiko)
    tried(aiko, STERN)
    assert refused(lambda: approve_rules(rules.version, WHY, ANA, aiko.deps)) is Kind.FORBIDDEN
    assert state_of(aiko, rules.version) == RuleSetState.PROPOSED
    approve_rules(rules.version, WHY, BEN, aiko.deps)
    assert state_of(aiko, rules.version) == RuleSetState.LIVE
    assert refused(lambda: approve_rules(rules.version, WHY, BEN, aiko.deps)) is Kind.CONFLICT


def test_the_former_version_retires_and_every_step_is_audited(aiko: House) -> None:
    first = live(aiko)
    second = live(aiko, RULES)
    assert state_of(aiko, first.version) == RuleSetState.RETIRED and second.replaced == first.version
    kinds = (EventKind.RULES_PROPOSED, EventKind.RULES_DECIDED)
    told = [entry for entry in aiko.audit() if entry.kind in kinds]
    assert [(entry.kind, entry.actor) for entry in told] == [(kinds[0], ANA), (kinds[1], BEN)] * 2
    assert aiko.audited(EventKind.RULES_DECIDED, "live", version=second.version, former=first.version, proposed_by=ANA) == 1


def test_one_person_in_two_names_is_found_in_the_audit(aiko: House) -> None:
    """Behind both names stands root, and one login."""
    aiko.deps = replace(aiko.deps, operator={"account": "root", "uid": 0, "sudo_user": "ben", "login_uid": 1001})
    rules = live(aiko)
    roll_back_rules(WHY, BEN, aiko.deps)
    for kind in (EventKind.RULES_PROPOSED, EventKind.RULES_DECIDED):
        assert aiko.audited(kind, version=rules.version, account="root", uid=0, sudo_user="ben", login_uid=1001) >= 1
    told = aiko.audited(EventKind.RULES_DECIDED, "rolled_back", uid=0)
    assert told == 1


def test_what_is_in_force_already_is_not_proposed_again(aiko: House) -> None:
    live(aiko)
    assert refused(lambda: propose_rules("# only a remark more\n" + STERN, WHY, ANA, aiko.deps)) is Kind.CONFLICT


@pytest.mark.parametrize("why", ["", "    ", "ok", "line\nbreak is no word"])
def test_a_reason_is_written_out(aiko: House, why: str) -> None:
    assert refused(lambda: propose_rules(STERN, why, ANA, aiko.deps)) is Kind.INVALID


def test_without_a_test_of_the_last_day_nothing_goes_live(aiko: House) -> None:
    rules = proposed(aiko)
    assert refused(lambda: approve_rules(rules.version, WHY, BEN, aiko.deps)) is Kind.CONFLICT
    tried(aiko, STERN)
    aiko.clock.advance(days=1, seconds=1)
    assert refused(lambda: approve_rules(rules.version, WHY, BEN, aiko.deps)) is Kind.CONFLICT
    tried(aiko, STERN)
    approve_rules(rules.version, WHY, BEN, aiko.deps)


def test_rules_that_would_hold_too_many_need_a_word_more(aiko: House) -> None:
    """Issue 4: a set share of customers; `--accept-blast-radius`."""
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600))
        log.settled()
    rules = proposed(aiko, STERN.replace("thin_buy", "thin_buys"))
    found = tried(aiko, rules.text)
    assert found.held == 1.0 and found.reached["hold"].accounts == 1
    assert refused(lambda: approve_rules(rules.version, WHY, BEN, aiko.deps)) is Kind.CONFLICT
    approve_rules(rules.version, WHY, BEN, aiko.deps, accept_blast_radius=True)
    assert aiko.audited(EventKind.RULES_DECIDED, "live", accepted=True, would_hold="1.000000") == 1


def test_one_step_back_at_once_and_not_two(aiko: House) -> None:
    first, second = live(aiko), live(aiko, RULES)
    third = live(aiko, STERN.replace("thin_buy", "thin_buys"))
    back = roll_back_rules("honest customers are held", ANA, aiko.deps)
    assert back.version == second.version and state_of(aiko, second.version) == RuleSetState.LIVE
    assert state_of(aiko, third.version) == RuleSetState.REFUSED
    assert refused(lambda: roll_back_rules("further back", ANA, aiko.deps)) is Kind.CONFLICT
    assert state_of(aiko, first.version) == RuleSetState.RETIRED


def test_back_from_the_first_version_are_the_rules_that_came_with_sekisho(aiko: House) -> None:
    with aiko.storage.transaction() as tx:
        rules_in_force.keep_shipped_rules(aiko.clock(), tx)
    first = live(aiko)
    back = roll_back_rules("honest customers are held", BEN, aiko.deps)
    assert back.state == RuleSetState.SHIPPED and back.version == first.replaced


def test_shadow_and_refusal(aiko: House) -> None:
    first, second = proposed(aiko), proposed(aiko, STERN.replace("thin_buy", "thin_buys"))
    shadow_rules(first.version, WHY, ANA, aiko.deps)
    shadow_rules(second.version, WHY, ANA, aiko.deps)
    assert state_of(aiko, first.version) == RuleSetState.RETIRED and state_of(aiko, second.version) == RuleSetState.SHADOW
    refuse_rules(second.version, "it says nothing new", BEN, aiko.deps)
    assert state_of(aiko, second.version) == RuleSetState.REFUSED
    assert refused(lambda: shadow_rules(second.version, WHY, ANA, aiko.deps)) is Kind.CONFLICT


def test_a_version_in_shadow_is_approved_like_a_proposal(aiko: House) -> None:
    rules = proposed(aiko)
    shadow_rules(rules.version, WHY, ANA, aiko.deps)
    tried(aiko, STERN)
    assert refused(lambda: approve_rules(rules.version, WHY, ANA, aiko.deps)) is Kind.FORBIDDEN
    assert approve_rules(rules.version, WHY, BEN, aiko.deps).state == RuleSetState.LIVE


def test_what_is_approved_judges_within_seconds(aiko: House) -> None:
    """The writer of the log takes it up while it runs."""
    with open_log(aiko) as log:
        (before,) = log.accepted(log.event("w1", amount=600))
        version = live(aiko).version
        until, number = time.monotonic() + 60, 0
        while log.settled()[-1].rules != version and time.monotonic() < until:
            number += 1
            log.accepted(log.event(f"probe{number}", amount=1))
            time.sleep(0.1)
        (after,) = log.accepted(log.event("w2", amount=1))
    assert before.verdict is Verdict.ALLOW and after.verdict is Verdict.HOLD


def test_the_shipped_rules_get_a_version_of_their_own(aiko: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what they said can be computed again after a release with others."""
    versions = []
    for text in (RULES, RULES, STERN):
        monkeypatch.setattr(rules_in_force, "shipped_rules", lambda text=text: text)
        with aiko.storage.transaction() as tx:
            rules_in_force.keep_shipped_rules(aiko.clock(), tx)
            standing = rules_in_force.rules_in_force(aiko.clock(), tx)
        versions.append(standing.version)
    assert versions[0] == versions[1] < versions[2]


# The test on the log


def fill(log: Log) -> None:
    """Two customers; botan's withdrawals are small."""
    log.accepted(log.event("a1", amount=600), log.event("b1", amount=10, account="SK-5BOTAN"))
    log.accepted(log.order("a2", liquidity="thin"), log.order("b2", account="SK-5BOTAN"))
    log.settled()


def test_a_test_says_what_each_rule_would_have_done_and_what_was_said(aiko: House) -> None:
    aiko.enrol("botan")
    with open_log(aiko, RULES.replace("refuse", "challenge")) as log:
        fill(log)
    found = tried(aiko, STERN)
    by_rule = {one.rule: one for one in found.rules}
    assert (by_rule["much_withdrawn"].events, by_rule["thin_buy"].events, by_rule["many_buys"].events) == (1, 1, 0)
    assert found.accounts == 2 and found.reached["hold"].accounts == 1 and found.reached["hold"].share == 0.5
    assert found.said["hold"] == 1 and found.said["refuse"] == 1 and found.lived["challenge"] == 1 and found.lived["hold"] == 0
    assert (found.sterner, found.milder) == (2, 0) and found.events == sum(found.said.values())


def test_rules_in_shadow_are_told_and_hold_nobody(aiko: House) -> None:
    with open_log(aiko) as log:
        log.accepted(log.event("w1", amount=600))
        log.settled()
    found = tried(aiko, STERN.replace("    reason  much_withdrawn", "    mode    shadow\n    reason  much_withdrawn"))
    (much,) = [one for one in found.rules if one.rule == "much_withdrawn"]
    assert (much.events, much.counted) == (1, 0) and found.held == 0


def test_what_lies_before_the_days_builds_windows_alone(aiko: House) -> None:
    for name in ("w1", "w2"):
        with open_log(aiko) as log:
            log.accepted(log.event(name, amount=400))
            log.settled()
        aiko.clock.advance(hours=23)
    found = tried(aiko, STERN, days=1)
    assert found.said["hold"] == 1  # 800 within a day at w2; w1 itself is older than a day
    assert found.events == len([row for row in log.rows() if row.event.id.endswith(":w2")])


def test_a_test_is_kept_with_the_versions_of_the_same_meaning(aiko: House) -> None:
    rules = proposed(aiko)
    tried(aiko, "# a remark\n" + STERN)
    with aiko.storage.reading() as tx:
        kept = tx.rule_sets.get(rules.version)
    assert kept is not None and fresh_test(kept, aiko.clock()) is not None
    assert fresh_test(kept, aiko.clock() + timedelta(days=2)) is None
