"""Every attack has the steps that it is named for, in their order, and a third of each kind is weakened as it says."""

from collections import Counter, defaultdict

import pytest

from sekisho.demo.simulation.attack import AttackKind
from sekisho.demo.simulation.schedule import WEAKENINGS

DAY = 86_400_000


@pytest.fixture(scope="module")
def attacks(market):
    return market.attacks()


def of_kind(attacks, kind, weakened=None):
    """[(labels, events)] of the attacks of a kind."""
    found = []
    for rows in attacks.values():
        labels, events = zip(*rows, strict=True)
        if labels[0].attack_kind == kind and (weakened is None or bool(labels[0].weakened) is weakened):
            found.append((labels, events))
    return found


def steps(labels):
    """Steps in the order in which each began."""
    return list(dict.fromkeys(label.step for label in labels))


@pytest.mark.parametrize("kind", AttackKind)
def test_there_are_at_least_thirty_of_a_kind_and_a_third_is_weakened(attacks, kind):
    assert len(of_kind(attacks, kind)) >= 30
    assert len(of_kind(attacks, kind, weakened=True)) >= 10


def test_every_way_of_weakening_occurs(attacks):
    seen = {labels[0].weakened for labels, _ in of_kind(attacks, AttackKind.TAKEOVER_MARKET, weakened=True)}
    assert seen == {"+".join(way) for way in WEAKENINGS}


def test_nothing_is_attacked_during_the_warm_up(market, attacks):
    begin = market.events[0].at + market.plan.warm_up * DAY
    assert min(event.at for rows in attacks.values() for _, event in rows) >= begin


@pytest.mark.parametrize("kind", [AttackKind.TAKEOVER_MARKET, AttackKind.MARKET_CAMPAIGN])
def test_a_takeover_logs_in_anew_sells_most_and_buys_one_thin_stock(attacks, kind):
    for labels, events in of_kind(attacks, kind, weakened=False):
        assert steps(labels)[:3] == ["login", "look", "sell"] and "buy" in steps(labels)
        completed = [event for event in events if event.kind == "login.completed"]
        assert not any(event.extra["known_client"] for event in completed)
        bought = [event for event in events if event.kind == "order.placed" and event.side == "buy"]
        assert {(event.symbol, event.liquidity) for event in bought} == {(bought[0].symbol, "thin")}
        worth, sold = defaultdict(int), defaultdict(int)
        for event in events:
            if event.kind == "holdings.valued":
                worth[event.account] = event.amount_jpy
            if event.kind == "order.placed" and event.side == "sell":
                sold[event.account] += event.amount_jpy
        assert sum(sold.values()) >= 0.55 * sum(worth.values())
        assert not [event for event in events if event.kind.startswith("withdrawal")]


def test_a_campaign_takes_many_accounts_in_an_hour_or_so(attacks):
    for _, events in of_kind(attacks, AttackKind.MARKET_CAMPAIGN, weakened=False):
        logins = [event for event in events if event.kind == "login.completed"]
        assert len({event.trader for event in logins}) >= 6
        assert logins[-1].at - logins[0].at <= 3_600_000


def test_a_takeover_for_cash_changes_something_and_pays_a_new_payee(attacks, market):
    payees = {event.payee for event in market.events if event.kind == "withdrawal.requested" and event.id not in market.labels}
    for labels, events in of_kind(attacks, AttackKind.TAKEOVER_CASH):
        order = steps(labels)
        assert order.index("login") < order.index("change") < order.index("withdraw")
        assert {event.payee for event in events if event.kind == "withdrawal.requested"}.isdisjoint(payees)


def test_stuffing_tries_many_names_from_few_networks(attacks):
    for _, events in of_kind(attacks, AttackKind.STUFFING, weakened=False):
        refused = [event for event in events if event.kind == "login.refused"]
        assert len(refused) >= 100 and len({event.network for event in events}) <= 3
        assert events[-1].at - events[0].at <= 2 * 3_600_000
        assert not [event for event in events if event.kind == "login.completed"]


def test_a_stolen_session_is_the_victims_own_from_another_network(attacks, market):
    opened = {event.session: event for event in market.events if event.kind == "login.completed"}
    for _, events in of_kind(attacks, AttackKind.SESSION_THEFT):
        first = events[0]
        assert first.kind == "session.seen" and first.network != opened[first.session].network
        assert first.trader == opened[first.session].trader and opened[first.session].id not in market.labels


def test_impossible_travel_follows_a_login_at_home_within_the_hour(attacks, market):
    home = defaultdict(list)
    for event in market.events:
        if event.kind == "login.completed" and event.id not in market.labels:
            home[event.trader].append(event)
    for _, events in of_kind(attacks, AttackKind.IMPOSSIBLE_TRAVEL, weakened=False):
        first = next(event for event in events if event.kind == "login.completed")
        gaps = [first.at - login.at for login in home[first.trader] if login.at < first.at]
        assert min(gaps) <= 3_600_000


def test_bombing_sends_code_after_code(attacks):
    for _, events in of_kind(attacks, AttackKind.CODE_BOMBING, weakened=False):
        codes = [event for event in events if event.kind in {"code.sent", "code.withheld"}]
        assert len(codes) >= 7 and codes[6].at - codes[0].at <= 1_800_000


def test_a_mule_is_paid_by_many_accounts_from_their_own_devices(attacks, market):
    devices = defaultdict(set)
    for event in market.events:
        if event.kind == "login.completed" and event.id not in market.labels:
            devices[event.trader].add(event.device)
    for _, events in of_kind(attacks, AttackKind.MULE_PAYEE, weakened=False):
        paid = [event for event in events if event.kind == "withdrawal.requested"]
        assert len({event.account for event in paid}) >= 5 and len({event.payee for event in paid}) == 1
        assert all(event.device in devices[event.trader] for event in paid)


def test_quiet_attackers_log_in_for_five_days_before_they_act(attacks):
    for labels, events in of_kind(attacks, AttackKind.TAKEOVER_MARKET, weakened=True):
        if "quiet" in labels[0].weakened.split("+"):
            acted = next(event.at for label, event in zip(labels, events, strict=True) if label.step == "sell")
            logins = Counter(event.at // DAY for event in events if event.kind == "login.completed" and event.at < acted)
            assert len(logins) >= 5


def test_a_victim_is_attacked_once(attacks):
    by_trader = defaultdict(set)
    for rows in attacks.values():
        for label, event in rows:
            if label.attack_kind != AttackKind.STUFFING and event.trader:
                by_trader[event.trader].add(label.attack_id)
    assert {trader for trader, names in by_trader.items() if len(names) > 1} == set()
