"""The shipped rules 1 to 3 and the library: what makes each fire, and what looks like it and does not (J16, J17, J19; R14)."""

from __future__ import annotations

import re

import pytest

from sekisho.domain.monitoring.shipped import shipped_book
from sekisho.domain.monitoring.verdict import Verdict
from tests.domain.monitoring.market import HOME, STRANGE, Market, listed

NEW_DEVICE = HOME | {"device": "strange"}
NEW_OPERATOR = HOME | {"asn": "AS64500", "network": "198.51.100.0/24"}


def settled(*traders: str) -> Market:
    return Market().settle(*(traders or ("t1",)))


# What is new, and what becomes habit (R14)


def test_a_login_with_new_device_over_a_new_operator_is_challenged() -> None:
    judgement = settled().log_in(where=STRANGE, known=False)
    assert (judgement.verdict, [reason.rule for reason in judgement.reasons]) == (Verdict.CHALLENGE, ["stranger_login"])


@pytest.mark.parametrize("where", [HOME, NEW_DEVICE, NEW_OPERATOR])
def test_a_new_device_at_home_and_a_known_one_elsewhere_log_in_unasked(where: dict[str, str]) -> None:
    assert settled().log_in(where=where, known=where is not NEW_DEVICE).verdict is Verdict.ALLOW


def test_a_trader_without_habits_logs_in_unasked() -> None:
    assert Market().log_in(where=STRANGE, known=False).verdict is Verdict.ALLOW


def test_five_quiet_days_make_no_habit_and_eight_undisputed_ones_do() -> None:
    market = settled()
    market.log_in(where=STRANGE, known=False)
    assert "market_thin_buy_by_stranger" in market.later(days=5).order(where=STRANGE)
    assert market.later(days=3).order(where=STRANGE) == set()


def test_what_the_customer_disputed_never_becomes_habit() -> None:
    market = settled()
    market.log_in(where=STRANGE, known=False)
    market.later(minutes=5).add("event.disputed", disputed=f"e{market.sequence}")
    assert "market_thin_buy_by_stranger" in market.later(days=30).order(where=STRANGE)


def test_attempts_and_refusals_make_nothing_seen() -> None:
    market = settled()
    for _ in range(5):
        market.add("login.refused", trader="t1", reason="wrong_code", step="code", **STRANGE)
        market.add("login.password_accepted", trader="t1", **STRANGE)
        market.withdraw(payee="p_new")
    market.later(days=9)
    assert market.log_in(where=STRANGE, known=False).verdict is Verdict.CHALLENGE
    assert "cash_by_stranger" in market.withdraw(payee="p_new", where=STRANGE)


def test_one_phishing_resistant_proof_makes_a_device_known_at_once() -> None:
    market = settled()
    market.log_in(where=STRANGE, known=False, methods="passkey")
    assert market.later(minutes=5).order(where=STRANGE) == set()


def second_device(market: Market) -> set[str]:
    """The trader comes with another device, over another operator, for the first time in days; what a thin order meets."""
    market.log_in(where=STRANGE, known=True)
    return market.later(minutes=5).order(where=STRANGE)


def test_a_client_that_sekisho_knew_before_monitoring_saw_it_is_no_new_device() -> None:
    """The second device of somebody who comes rarely. Over a new operator it is still half a stranger."""
    assert second_device(settled()) == set()
    sold = settled()
    sold.sell(0.8, where=STRANGE)
    assert second_device(sold) == {"market_thin_buy_after_slow_sale"}


def test_a_client_is_new_when_it_was_unknown_once_or_never_logged_in_or_the_customer_disputed_something() -> None:
    unknown = settled()
    unknown.log_in(where=STRANGE, known=False)
    assert "market_thin_buy_by_stranger" in second_device(unknown.later(days=1))
    assert "market_thin_buy_by_stranger" in settled().order(where=STRANGE)
    disputed = settled()
    disputed.add("event.disputed", trader="t1", disputed="e1")
    assert "market_thin_buy_by_stranger" in second_device(disputed)


# 1. Takeover for market manipulation


def test_1_sale_of_most_holdings_then_a_thin_buy_is_held_before_it_is_accepted() -> None:
    market = settled()
    market.log_in(where=STRANGE, known=False)
    assert market.later(minutes=4).sell(0.4, where=STRANGE) == set()
    assert market.later(minutes=1).sell(0.4, where=STRANGE) == {"market_sale_by_stranger"}
    assert "market_thin_buy_after_sale" in market.later(minutes=3).order(where=STRANGE)
    (held,) = [each for each in market.explained if each.rule.name == "market_thin_buy_after_sale"]
    assert held.rule.verdict is Verdict.HOLD
    assert held.values["sold_share_1d"] == 0.8


@pytest.mark.parametrize("where", [HOME, NEW_OPERATOR])
def test_1_the_customer_who_sells_everything_from_his_own_device_is_not_held(where: dict[str, str]) -> None:
    market = settled()
    market.sell(0.9, where=where)
    assert "market_thin_buy_after_sale" not in market.later(minutes=5).order(where=where)


@pytest.mark.parametrize(("share", "side", "liquidity"), [(0.1, "buy", "thin"), (0.9, "buy", "liquid"), (0.9, "buy", "normal")])
def test_1_small_sales_and_stocks_that_nobody_can_move_are_not_held(share: float, side: str, liquidity: str) -> None:
    market = settled()
    market.sell(share, where=NEW_DEVICE)
    assert market.later(minutes=5).order(side=side, liquidity=liquidity, where=NEW_DEVICE) == set()


def test_1_a_sale_of_days_ago_and_a_part_of_the_holdings_are_challenged() -> None:
    market = settled()
    market.sell(0.25, where=NEW_DEVICE)
    assert market.later(days=3).order(where=NEW_DEVICE) == {"market_thin_buy_after_slow_sale"}
    assert market.later(days=3).order(where=NEW_DEVICE) == set()


def test_1_orders_of_which_the_broker_names_no_device_are_judged_by_the_logins() -> None:
    market = settled()
    market.log_in(where=STRANGE, known=False)
    nowhere = dict.fromkeys(("device", "network", "asn", "country"))
    market.sell(0.9, where=nowhere)
    assert "market_thin_buy_after_sale" in market.order(where=nowhere)
    assert settled().order(where=nowhere) == set()


def test_1_a_trader_without_habits_is_judged_by_his_new_client() -> None:
    market = Market()
    market.add("holdings.valued", account="a_t1", amount_jpy=1_000_000)
    market.log_in(known=False)
    assert market.sell(0.9) == {"market_sale_by_stranger"}
    assert "market_thin_buy_after_sale" in market.order()


def test_1_a_newcomer_is_not_asked_for_a_sale_and_is_held_for_the_purchase_after_it() -> None:
    market = Market()
    market.add("trader.activated", trader="t1")
    market.add("holdings.valued", account="a_t1", amount_jpy=1_000_000)
    market.log_in(known=False)
    assert market.sell(0.9) == set()
    assert "market_thin_buy_after_sale" in market.order()


def test_1_watched_stocks_are_held_for_strangers_alone() -> None:
    market = Market(listed("watched_symbols", "9999")).settle("t1")
    assert "watched_symbol" not in market.order()
    assert "watched_symbol" in market.order(where=NEW_DEVICE, liquidity="normal")


# 2. The same across accounts


def buyers(count: int, minutes: float = 5, symbol: str = "9999", where: dict[str, str] = NEW_OPERATOR) -> set[str]:
    """What the last of so many accounts sees, which bought one after the other."""
    market = settled(*(f"t{number}" for number in range(count)))
    fired: set[str] = set()
    for number in range(count):
        fired = market.later(minutes=minutes).order(f"t{number}", symbol=symbol if number % 2 else "9999", where=where)
    return fired


def test_2_the_fourth_strange_buyer_of_one_thin_stock_within_an_hour_is_held() -> None:
    assert "market_campaign" in buyers(4)


def test_2_three_buyers_a_slow_crowd_another_stock_and_a_crowd_at_home_are_not() -> None:
    assert "market_campaign" not in buyers(3)
    assert "market_campaign" not in buyers(4, minutes=25)
    assert "market_campaign" not in buyers(6, symbol="9998")
    assert "market_campaign" not in buyers(9, where=HOME)


# 3. Takeover for cash


@pytest.mark.parametrize("change", ["password.changed", "contact.changed", "trader.reset", "bank_account.changed"])
def test_3_a_change_then_a_withdrawal_to_a_new_payee_by_a_stranger_is_held(change: str) -> None:
    market = settled()
    whose = {"account": "a_t1", "payee": "p_new"} if change == "bank_account.changed" else {"trader": "t1"}
    market.add(change, **whose)
    assert {"cash_after_change_by_stranger", "cash_after_change"} <= market.later(minutes=20).withdraw(where=NEW_DEVICE)
    assert market.later(days=4).withdraw(where=NEW_DEVICE) == set()


def test_3_the_customer_himself_is_asked_and_not_held() -> None:
    market = settled()
    market.add("contact.changed", trader="t1")
    assert market.later(minutes=20).withdraw() == {"cash_after_change"}


def test_3_an_old_payee_is_no_new_one_and_a_new_one_becomes_old_after_a_week() -> None:
    market = settled()
    market.pay(payee="p_old")
    market.add("contact.changed", trader="t1")
    assert "cash_by_stranger" in market.later(days=6).withdraw(payee="p_old", where=STRANGE)
    market.add("contact.changed", trader="t1")
    assert market.later(days=2).withdraw(payee="p_old", where=STRANGE) == set()


def test_3_a_stranger_who_pays_a_new_payee_or_changes_the_bank_account_is_held() -> None:
    market = settled()
    assert market.withdraw(where=STRANGE) == {"cash_by_stranger"}
    assert market.fired("bank_account.change_requested", account="a_t1", trader="t1", payee="p_x", **STRANGE) == {"bank_change_by_stranger"}
    assert market.fired("bank_account.change_requested", account="a_t1", trader="t1", payee="p_x", **HOME) == set()


def test_3_a_watched_payee_is_held_whoever_pays() -> None:
    market = Market(listed("watched_payees", "p_new")).settle("t1")
    assert market.withdraw() == {"watched_payee"}
    assert market.withdraw(payee="p_other") == set()


# The library itself


def test_each_rule_is_described_and_told_in_both_languages() -> None:
    for rule in shipped_book().rules:
        assert rule.about_en and rule.about_ja, rule.name
        assert set(rule.en.names) == set(rule.ja.names), f"{rule.name} names other values in the other language"
        assert re.search("[ぁ-ん]", rule.about_ja) and re.search("[ぁ-ん]", str(rule.ja)), rule.name
        assert not re.search("[ぁ-んァ-ヶ一-龠]", rule.about_en + str(rule.en)), rule.name


def test_every_feature_condition_and_list_is_used() -> None:
    from sekisho.domain.monitoring.shipped import shipped_rules

    book, text = shipped_book(), "\n".join(line.split("#")[0] for line in shipped_rules().split("\n"))
    for name in (*book.features.names, *(each.name for each in book.lists), *(each.name for each in book.conditions)):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{name} is declared and never used"


def test_the_library_covers_the_eight_patterns() -> None:
    assert {rule.reason for rule in shipped_book().rules} >= {
        "takeover_market", "market_campaign", "takeover_cash", "credential_stuffing", "session_theft", "impossible_travel", "code_bombing",
        "mule_payee",
    }  # fmt: skip
