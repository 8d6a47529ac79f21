"""What counts as caught, late, lost and false."""

import pytest

from sekisho.demo.detection.summing import pool, sum_up
from sekisho.demo.detection.tally import Tally, found
from sekisho.demo.simulation.desk import EventLine, Label
from sekisho.domain.monitoring.verdict import Verdict

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
ALLOW, CHALLENGE, HOLD = Verdict.ALLOW, Verdict.CHALLENGE, Verdict.HOLD


def event(minute, kind="order.placed", trader="trd_1", amount=None):
    return EventLine(
        f"e{minute}-{trader}",
        kind,
        minute * MINUTE,
        minute * MINUTE,
        trader=trader,
        account=trader.replace("trd", "acc"),
        amount_jpy=amount,
    )


def label(of, step="login", attack="a1", kind="takeover_market", weakened=""):
    return Label(of.id, attack, kind, weakened, step)


def play(*said, tally=None):
    """said: (event, step or None, verdict) in order; the rule that says it is called `r`."""
    tally = tally or Tally()
    for one, step, verdict in said:
        tally.take(one, label(one, step) if step else None, verdict, [] if verdict is ALLOW else ["r"])
    return tally


@pytest.mark.parametrize(
    "login, sell, first_buy, second_buy, caught, stopped, lost, relayed, delay",
    [
        (ALLOW, ALLOW, ALLOW, ALLOW, False, False, 300, 300, None),
        (CHALLENGE, ALLOW, ALLOW, ALLOW, True, False, 0, 300, 0),  # a relay would have answered it
        (ALLOW, HOLD, ALLOW, ALLOW, True, True, 0, 0, 5),
        (ALLOW, ALLOW, HOLD, ALLOW, True, True, 0, 0, 8),  # what is held does not go
        (ALLOW, ALLOW, ALLOW, HOLD, True, True, 100, 100, 9),
        (CHALLENGE, ALLOW, ALLOW, HOLD, True, True, 0, 100, 0),
    ],
)
def test_an_attack_is_caught_by_the_first_challenge_before_its_money_is_gone(
    login, sell, first_buy, second_buy, caught, stopped, lost, relayed, delay
):
    tally = play(
        (event(0, "login.completed"), "login", login),
        (event(5, amount=300), "sell", sell),
        (event(8, amount=100), "buy", first_buy),
        (event(9, amount=200), "buy", second_buy),
    )
    what = found("a1", tally.attacks["a1"])
    assert (what.caught, what.stopped, what.moved, what.lost, what.relayed, what.delay) == (caught, stopped, 300, lost, relayed, delay)


def test_what_is_challenged_after_the_money_went_is_missed():
    tally = play((event(1, amount=100), "buy", ALLOW), (event(2, "session.ended"), "leave", HOLD))
    assert not found("a1", tally.attacks["a1"]).caught


def test_each_victim_loses_until_it_is_challenged_itself():
    tally = play(
        (event(1, trader="trd_1", amount=100), "buy", HOLD),
        (event(2, trader="trd_2", amount=100), "buy", ALLOW),
        (event(3, trader="trd_2", amount=100), "buy", HOLD),
    )
    what = found("a1", tally.attacks["a1"])
    assert (what.lost, what.victims, what.victims_caught) == (100, 2, 2)


def test_honest_people_are_counted_by_what_was_done_to_them():
    tally = play(
        (event(1, "login.completed"), None, CHALLENGE),
        (event(2, "login.completed"), None, ALLOW),
        (event(3, "session.seen"), None, HOLD),
        (event(4), None, HOLD),
        (event(5), None, CHALLENGE),
        (event(6, "withdrawal.requested"), None, ALLOW),
        (event(7, "bank_account.change_requested"), None, ALLOW),
    )
    honest = sum_up(tally, 7, 1.0, "rules").honest
    assert (honest.logins, honest.instructions) == (2, 4)
    assert (honest.challenged_logins, honest.held_logins) == (2, 1)
    assert (honest.challenged_instructions, honest.held_instructions) == (2, 1)
    assert (honest.false_challenges, honest.false_holds) == (4 / 2, 1 / 4)


def test_victims_are_set_aside_for_a_week_and_then_honest_again():
    tally = play((event(0), "sell", ALLOW), (event(5, "login.completed"), None, CHALLENGE))
    assert (tally.honest.aside, tally.honest.logins) == (1, 0)
    play((event(8 * DAY // MINUTE, "login.completed"), None, ALLOW), tally=tally)
    assert tally.honest.logins == 1


def test_names_that_are_tried_by_stuffing_stay_honest():
    tally = play((event(0, "login.refused"), "try", ALLOW), (event(5, "login.completed"), None, CHALLENGE))
    assert tally.honest.challenged_logins == 1


def test_nothing_counts_before_the_warm_up_is_over():
    tally = play((event(1, "login.completed"), None, HOLD), (event(20, "login.completed"), None, ALLOW), tally=Tally(begin=10 * MINUTE))
    assert (tally.honest.logins, tally.honest.held_logins, tally.counted) == (1, 0, 1)


def test_precision_by_event_and_by_case():
    """Three alarms on one attacked account are one case; two honest accounts are two."""
    tally = play(
        *((event(minute), "sell", HOLD) for minute in (1, 2, 3)),
        (event(4, trader="trd_7"), None, HOLD),
        (event(5, trader="trd_8"), None, CHALLENGE),
    )
    report = sum_up(tally, 5, 1.0, "rules")
    assert (report.precision, report.case_precision) == (3 / 5, 1 / 3)


def test_rules_are_told_apart_by_what_only_they_saw():
    tally = Tally()
    one, two = event(1), event(2)
    tally.take(one, label(one, "sell", "a1"), HOLD, ["often", "rare"])
    tally.take(two, label(two, "sell", "a2"), HOLD, ["often"])
    tally.take(event(3, trader="trd_9"), None, HOLD, ["often"])
    often, rare = sum_up(tally, 3, 1.0, "rules").by_rule
    assert (often.fired, often.on_attacks, often.attacks, often.alone, often.honest_instructions) == (3, 2, 2, 1, 1)
    assert (rare.fired, rare.precision, rare.alone) == (1, 1.0, 0)


def test_markets_are_pooled_by_their_counts_and_not_by_their_shares():
    small = sum_up(play((event(1, "login.completed"), None, CHALLENGE), (event(2), "sell", HOLD)), 2, 1.0, "rules")
    large = sum_up(play(*((event(minute, "login.completed"), None, ALLOW) for minute in range(3))), 3, 2.0, "rules")
    both = pool([small, large])
    assert (both.honest.logins, both.honest.false_challenges, both.precision, both.seconds) == (4, 1 / 4, 1 / 2, 3.0)
    assert [(rule.rule, rule.fired, rule.share_of_logins) for rule in both.by_rule] == [("r", 2, 1 / 4)]
    assert len(both.attacks) == 1


def test_markets_of_other_rules_are_not_pooled():
    with pytest.raises(ValueError, match="same rules"):
        pool([sum_up(Tally(), 0, 0.0, "one"), sum_up(Tally(), 0, 0.0, "other")])
