"""What rules say of an event, and the verdict that follows from their verdicts and points."""

from __future__ import annotations

import msgspec
import pytest

from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.judgement import CompiledRules, compile_rules, rolled_out
from sekisho.domain.monitoring.listing import Hits, Lists
from sekisho.domain.monitoring.policy import MonitoringPolicy
from sekisho.domain.monitoring.rule import RuleBook
from sekisho.domain.monitoring.rule_text import read_rules
from sekisho.domain.monitoring.verdict import Verdict
from tests.domain.monitoring.market import listed

ORDER = MonitoredEvent("o", "order.placed", 0, 5_000, account="acc_1", side="buy", quantity=300, symbol="9999", amount_jpy=1)
TAIL = '\n    reason code_{name}\n    queue desk\n    en "{{quantity}} shares."\n    ja "{{quantity}}株です。"\n'


def rule(name: str, when: str, then: str, *more: str) -> str:
    clauses = "".join(f"\n    {clause}" for clause in more)
    return f"rule {name}\n    on order.placed\n    when {when}\n    then {then}{clauses}{TAIL.format(name=name)}"


def compiled(*rules: str, policy: MonitoringPolicy | None = None) -> CompiledRules:
    book = read_rules("\n".join(rules))
    assert isinstance(book, RuleBook), [str(problem) for problem in book]
    return compile_rules(book, policy or MonitoringPolicy())


@pytest.mark.parametrize(
    ("thens", "verdict", "points"),
    [
        ([], Verdict.ALLOW, 0),
        (["challenge"], Verdict.CHALLENGE, 0),
        (["challenge", "hold"], Verdict.HOLD, 0),
        (["refuse", "challenge"], Verdict.REFUSE, 0),
        (["points 39"], Verdict.ALLOW, 39),
        (["points 39", "points 1"], Verdict.CHALLENGE, 40),
        (["points 69"], Verdict.CHALLENGE, 69),
        (["points 30", "points 40"], Verdict.HOLD, 70),
        (["points 99"], Verdict.HOLD, 99),
        (["points 99", "points 1"], Verdict.REFUSE, 100),
        (["points 10", "hold"], Verdict.HOLD, 10),
        (["points 100", "challenge"], Verdict.REFUSE, 100),
    ],
)
def test_the_sternest_of_verdicts_and_points_counts(thens: list[str], verdict: Verdict, points: int) -> None:
    rules = [rule(f"r{place}", "quantity > 1", then) for place, then in enumerate(thens)]
    judgement = compiled(*rules, rule("never", "quantity > 1000", "refuse")).judge(ORDER, (), Lists())
    assert (judgement.verdict, judgement.points, len(judgement.reasons)) == (verdict, points, len(thens))


def test_thresholds_are_those_of_the_policy() -> None:
    policy = MonitoringPolicy(challenge_at=5, hold_at=5, refuse_at=500)
    assert compiled(rule("r", "quantity > 1", "points 5"), policy=policy).judge(ORDER, (), Lists()).verdict is Verdict.HOLD


def test_a_reason_names_rule_code_queue_and_the_values_that_are_known() -> None:
    text = "feature f = mean(quantity) of order.placed by account over 1d\nfeature g = count of order.placed by trader over 1d\n"
    rules = compiled(text, rule("r", "quantity > 1 and missing(g) and present(f) and f > 2", "hold"))
    (reason,) = rules.judge(ORDER, (2.5, None), Lists()).reasons
    assert (reason.rule, reason.code, reason.queue, reason.verdict, reason.counts) == ("r", "code_r", "desk", Verdict.HOLD, True)
    assert reason.values == (("quantity", 300), ("f", 2.5))


def test_rules_of_other_kinds_are_not_asked() -> None:
    rules = compiled(rule("r", "quantity > 1", "hold"))
    assert rules.judge(msgspec.structs.replace(ORDER, kind="order.cancelled", quantity=None), (), Lists()).verdict is Verdict.ALLOW


def test_shadow_is_told_and_changes_nothing() -> None:
    judgement = compiled(rule("r", "quantity > 1", "refuse", "mode shadow"), rule("p", "quantity > 1", "points 500", "mode shadow")).judge(
        ORDER, (), Lists()
    )
    assert (judgement.verdict, judgement.points) == (Verdict.ALLOW, 0)
    assert [(reason.rule, reason.counts) for reason in judgement.reasons] == [("r", False), ("p", False)]


def test_a_rollout_counts_for_its_share_of_accounts_and_always_for_the_same_ones() -> None:
    rules = compiled(rule("tenth", "quantity > 1", "hold", "rollout 10 %"))
    of = [msgspec.structs.replace(ORDER, account=f"acc_{number}") for number in range(3_000)]
    held = [rules.judge(event, (), Lists()).verdict is Verdict.HOLD for event in of]
    assert held == [rules.judge(event, (), Lists()).verdict is Verdict.HOLD for event in of]
    assert 240 <= sum(held) <= 360
    assert all(len(rules.judge(event, (), Lists()).reasons) == 1 for event in of[:20])


def test_another_rule_is_rolled_out_to_others_and_a_larger_share_holds_the_smaller_one() -> None:
    of = [msgspec.structs.replace(ORDER, account=f"acc_{number}") for number in range(500)]
    shares = {}
    for name, share in [("a", "10 %"), ("b", "10 %"), ("a", "30 %"), ("a", "100 %")]:
        (each,) = compiled(rule(name, "quantity > 1", "hold", f"rollout {share}")).book.rules
        shares[name, share] = {event.account for event in of if rolled_out(each, event)}
    assert shares["a", "10 %"] != shares["b", "10 %"]
    assert shares["a", "10 %"] < shares["a", "30 %"] < shares["a", "100 %"]
    assert len(shares["a", "100 %"]) == 500


def test_a_member_of_a_list_counts_in_its_time() -> None:
    rules = compiled("list bad of symbol\n", rule("r", "symbol in bad", "hold"))
    lists = Lists([listed("bad", "9999", 5_000, 6_000), listed("bad", "1301")])
    told = [rules.judge(msgspec.structs.replace(ORDER, at=at), (), lists).verdict for at in (4_999, 5_000, 5_999, 6_000)]
    assert told == [Verdict.ALLOW, Verdict.HOLD, Verdict.HOLD, Verdict.ALLOW]


def test_what_was_found_in_lists_lets_the_verdict_be_computed_again_when_the_lists_have_changed() -> None:
    rules = compiled("list bad of symbol\nlist good of symbol\n", rule("r", "symbol in bad and symbol not in good", "hold"))
    first = rules.judge(ORDER, (), Lists([listed("bad", "9999")]))
    assert first.hits == (("bad", "9999"),)
    assert rules.judge(ORDER, (), Hits(found=first.hits)) == first


def test_a_live_rule_that_cannot_be_computed_holds() -> None:
    event = msgspec.structs.replace(ORDER, quantity=None)  # which acceptance never lets in
    broken = compiled(rule("r", "quantity > 1", "points 1")).judge(event, (), Lists())
    assert (broken.verdict, broken.broken, broken.reasons) == (Verdict.HOLD, ("r",), ())
    assert compiled(rule("r", "quantity > 1", "points 1", "mode shadow")).judge(event, (), Lists()).verdict is Verdict.ALLOW


def test_a_member_of_an_earlier_spelling_is_found_by_what_events_carry_now() -> None:
    assert Lists([listed("bad", "９９９９")]).holds("bad", "9999", 5_000)
