"""The shipped rules 4 to 8: what makes each fire, and what looks like it and does not (J16, J17, J19; R14)."""

from __future__ import annotations

import pytest

from sekisho.domain.monitoring.verdict import Verdict
from tests.domain.monitoring.market import ABROAD, HOME, STRANGE, Market

NEW_DEVICE = HOME | {"device": "strange"}
NEW_OPERATOR = HOME | {"asn": "AS64500", "network": "198.51.100.0/24"}


def settled(*traders: str) -> Market:
    return Market().settle(*(traders or ("t1",)))


# 4. Credential stuffing and password spraying


def stuff(market: Market, count: int, minutes: float = 1, unknown: int = 2, **place: str) -> set[str]:
    """Every `unknown`-th name does not exist; the others are different traders. What the last refusal sees."""
    fired: set[str] = set()
    for number in range(count):
        who = {"reason": "unknown_name"} if number % unknown == 0 else {"reason": "wrong_password", "trader": f"v{number}"}
        fired = market.later(minutes=minutes).fired("login.refused", step="password", **who, **{**STRANGE, "device": None, **place})
    return fired


def test_4_many_names_from_one_network_are_a_campaign() -> None:
    assert stuff(settled(), 20) == {"credential_stuffing"}
    assert stuff(settled(), 12, minutes=90, unknown=2) == {"credential_stuffing"}
    assert stuff(settled(), 20, unknown=99) == {"credential_stuffing"}  # spraying: one password, names that exist


def test_4_typing_errors_of_an_office_are_none() -> None:
    market = settled()
    for number in range(30):
        market.log_in(f"o{number}")
    assert stuff(market, 20, **HOME) == set()
    assert stuff(settled(), 7) == set()
    assert stuff(settled(), 14, unknown=99) == set()


def test_4_one_trader_who_forgot_his_password_is_none() -> None:
    market = settled()
    fired: set[str] = set()
    for _ in range(30):
        fired = market.later(minutes=1).fired("login.refused", trader="t1", reason="wrong_password", step="password", **STRANGE)
    assert fired == set()


def test_4_a_right_password_amid_the_wrong_ones_is_stolen() -> None:
    market = settled()
    stuff(market, 20)
    assert "stuffed_password" in market.fired("login.password_accepted", trader="t1", **STRANGE)
    assert market.log_in(where=STRANGE, known=False).verdict is Verdict.HOLD
    assert market.fired("login.password_accepted", trader="t1", **HOME) == set()


# 5. Session theft


def seen(market: Market, **where: str) -> set[str]:
    return market.later(minutes=5).fired("session.seen", trader="t1", session="s_t1", **{**HOME, **where})


def test_5_one_session_on_two_devices_is_ended() -> None:
    market = settled()
    assert seen(market) == set()
    assert market.later(minutes=1).add("session.seen", trader="t1", session="s_t1", **NEW_DEVICE).verdict is Verdict.REFUSE


def test_5_a_session_that_moves_to_an_unknown_operator_is_challenged_and_what_it_does_then_is_held() -> None:
    market = settled()
    seen(market)
    assert seen(market, asn="AS64500", network="198.51.100.0/24") == {"session_theft"}
    assert "stolen_session_trades" in market.order(where=NEW_OPERATOR)
    assert "stolen_session_trades" in market.sell(0.35, where=NEW_OPERATOR)
    assert "stolen_session_pays" in market.withdraw(where=NEW_OPERATOR)


def test_5_the_login_is_one_of_the_places_of_a_session() -> None:
    """A session is seen again only in another network than the one of its login."""
    market = settled()
    market.log_in()
    assert seen(market, asn="AS64500", network="198.51.100.0/24") == {"session_theft"}


def crowd_over(market: Market, where: dict[str, str], count: int) -> None:
    """So many other customers log in over that operator, so that it is none of the rare ones."""
    for number in range(count):
        market.log_in(f"c{number}", where={**where, "device": f"d{number}"})


@pytest.mark.parametrize(("logins", "crowd", "fires"), [(3, 30, True), (2, 30, False), (2, 5, True), (0, 30, False), (0, 5, True)])
def test_5_an_operator_of_many_customers_is_asked_about_only_where_habits_are_known_well(logins: int, crowd: int, fires: bool) -> None:
    market = Market()
    for _ in range(logins):
        market.log_in()
    market.later(days=10).log_in()
    crowd_over(market, NEW_OPERATOR, crowd)
    assert (seen(market, asn="AS64500", network="198.51.100.0/24") == {"session_theft"}) is fires


def test_5_what_a_session_does_after_a_move_is_held_where_one_login_is_known() -> None:
    market = Market()
    market.log_in()
    market.later(days=10).add("holdings.valued", account="a_t1", amount_jpy=1_000_000)
    market.log_in()
    crowd_over(market, NEW_OPERATOR, 30)
    assert seen(market, asn="AS64500", network="198.51.100.0/24") == set()
    assert "stolen_session_trades" in market.sell(0.35, where=NEW_OPERATOR)
    assert "stolen_session_pays" in market.withdraw(where=NEW_OPERATOR)


def test_5_from_home_to_the_mobile_network_and_back_is_an_ordinary_day() -> None:
    market = Market()
    for _ in range(3):
        market.log_in()
        market.log_in(where=HOME | {"asn": "AS9605"})
        market.later(days=10)
    seen(market)
    assert seen(market, asn="AS9605", network="192.0.2.0/24") == set()
    assert market.order(where=HOME | {"asn": "AS9605"}) == set()


def test_5_a_new_session_over_a_new_operator_has_not_moved() -> None:
    assert seen(settled(), asn="AS64500") == set()


# 6. Impossible travel


@pytest.mark.parametrize(("minutes", "operator", "fires"), [(50, "AS64500", True), (70, "AS64500", False), (50, HOME["asn"], False)])
def test_6_two_operators_within_the_hour_are_two_people_perhaps(minutes: int, operator: str, fires: bool) -> None:
    market = settled()
    market.log_in()
    fired = {reason.rule for reason in market.later(minutes=minutes).log_in(where=HOME | {"asn": operator}).reasons}
    assert ("two_places_at_once" in fired) is fires


@pytest.mark.parametrize(("crowd", "fires"), [(30, False), (5, True)])
def test_6_of_somebody_unknown_only_a_rare_operator_is_a_second_place(crowd: int, fires: bool) -> None:
    market = Market()
    crowd_over(market, NEW_OPERATOR, crowd)
    market.log_in()
    fired = {reason.rule for reason in market.later(minutes=30).log_in(where=NEW_OPERATOR).reasons}
    assert ("two_places_at_once" in fired) is fires


@pytest.mark.parametrize(("hours", "country", "fires"), [(1, "BR", True), (3.9, "BR", True), (4.1, "BR", False), (1, "JP", False)])
def test_6_two_countries_within_hours_are_impossible(hours: float, country: str, fires: bool) -> None:
    market = settled()
    market.log_in()
    fired = {reason.rule for reason in market.later(minutes=hours * 60).log_in(where=HOME | {"country": country}).reasons}
    assert ("impossible_travel" in fired) is fires


def test_6_a_country_of_habit_is_no_wonder() -> None:
    market = settled()
    market.log_in(where=ABROAD)
    market.later(days=10).log_in()
    assert market.later(minutes=30).log_in(where=ABROAD).verdict is Verdict.ALLOW


def test_6_who_travelled_so_is_held_when_he_moves_value() -> None:
    market = settled()
    market.log_in()
    market.later(minutes=30).log_in(where=HOME | {"country": "BR"})
    assert "travelled_and_trades" in market.order(where=HOME | {"country": "BR"})
    assert "travelled_and_pays" in market.withdraw(where=HOME | {"country": "BR"})
    assert market.order(where=HOME) == set()
    assert "travelled_and_trades" not in market.later(days=1).order(where=HOME | {"country": "BR"})


# 7. Bombing with codes


def codes(market: Market, count: int, minutes: float = 4, purpose: str = "login", **where: str) -> set[str]:
    fired: set[str] = set()
    for number in range(count):
        kind = "code.withheld" if number > 4 else "code.sent"
        fired = market.later(minutes=minutes).fired(kind, trader="t1", purpose=purpose, **{**HOME, "device": None, **where})
    return fired


def test_7_code_after_code_is_told() -> None:
    assert codes(settled(), 6) == {"code_bombing"}
    assert codes(settled(), 4, asn="AS64500") == {"code_bombing"}
    assert codes(settled(), 6, minutes=50, asn="AS64500") == {"code_bombing"}


def test_7_a_few_codes_at_home_and_codes_for_other_purposes_are_not() -> None:
    assert codes(settled(), 5) == set()
    assert codes(settled(), 6, minutes=50) == set()
    assert codes(settled(), 9, purpose="step_up", asn="AS64500") == set()
    assert codes(settled(), 3, asn="AS64500") == set()


def test_7_a_login_that_ends_the_bombing_is_held_unless_the_trader_is_at_home() -> None:
    market = settled()
    codes(market, 5, asn="AS64500")
    assert market.log_in().verdict is Verdict.ALLOW
    assert market.log_in(where=STRANGE, known=False).verdict is Verdict.HOLD


# 8. Mule


def test_8_the_third_account_that_pays_one_new_payee_is_held() -> None:
    market = settled("t1", "t2", "t3", "t4")
    assert market.withdraw("t1", "p_mule") == set()
    assert market.later(days=2).withdraw("t2", "p_mule") == set()
    assert market.withdraw("t2", "p_mule") == set()
    assert market.later(days=2).withdraw("t3", "p_mule") == {"mule_payee"}
    assert market.fired("bank_account.change_requested", account="a_t4", payee="p_mule") == {"mule_payee"}


def test_8_a_payee_whom_several_have_long_paid_and_three_within_a_month_are_not() -> None:
    market = settled("t1", "t2", "t3", "t4", "t5")
    market.pay("t4", "p_tax")
    market.pay("t5", "p_tax")
    market.later(days=8)
    assert [market.withdraw(trader, "p_tax") for trader in ("t1", "t2", "t3")] == [set()] * 3
    slow = settled("t1", "t2", "t3")
    assert [slow.later(days=10).withdraw(trader, "p_x") for trader in ("t1", "t2", "t3")] == [set()] * 3
