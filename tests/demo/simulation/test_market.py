"""What the simulation gives: valid events in order, the same for the same seed, and at least the noise that MONITORING.md asks for."""

from collections import Counter, defaultdict
from dataclasses import replace

import msgspec
import pytest

from sekisho.demo.simulation.calendar import HOUR, MORNING, is_trading_day
from sekisho.demo.simulation.desk import Desk
from sekisho.demo.simulation.market import simulate
from sekisho.demo.simulation.plan import Plan
from sekisho.domain.monitoring.event import FIELDS, KINDS, FieldType

SMALL = Plan(traders=200, days=28, seed=5, attacks=3)
TYPES = {FieldType.TEXT: str, FieldType.INTEGER: int, FieldType.BOOLEAN: bool}


def lines(plan):
    return b"\n".join(msgspec.json.encode((made.events, made.labels)) for made in simulate(plan))


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others():
    assert lines(SMALL) == lines(SMALL)
    assert lines(SMALL) != lines(replace(SMALL, seed=6))


def test_every_event_is_valid_by_its_kind(market):
    for event in market.events:
        shape = KINDS[event.kind]
        fields = {name: event.value(name) for name in FIELDS} | (event.extra or {})
        assert {name for name in shape.needs if fields.get(name) is None} == set(), event
        assert set(event.extra or {}) <= set(shape.extra), event
        for name, value in fields.items():
            wanted = FIELDS.get(name) or shape.extra[name]
            assert value is None or type(value) is TYPES[wanted], (name, event)


def test_events_come_in_order_with_gapless_sequence_and_unique_ids(market):
    assert [event.sequence for event in market.events] == list(range(1, len(market.events) + 1))
    assert all(before.at <= after.at for before, after in zip(market.events, market.events[1:], strict=False))
    assert len({event.id for event in market.events}) == len(market.events)


def test_money_is_never_negative_and_lots_are_whole(market):
    orders = market.honest("order.placed")
    assert all(order.amount_jpy > 0 and order.quantity % 100 == 0 for order in orders)
    assert all(event.amount_jpy >= 0 for event in market.honest("holdings.valued", "withdrawal.requested"))


def test_executions_fall_into_market_hours_or_their_tail(market):
    """An order placed when the market is closed waits for the opening; none is executed on a day without trading."""
    for event in market.honest("order.executed"):
        of_day = (event.at + 9 * HOUR) % (24 * HOUR)
        assert of_day >= MORNING[0]
        assert event.weekday < 5


@pytest.fixture(scope="module")
def logins(market):
    """(event, whether the network, whether the device is new to the trader), honest logins after the warm-up of traders seen before."""
    seen = defaultdict(set)
    found = []
    begin = market.honest("login.completed")[0].at
    for event in market.events:
        if event.kind != "login.completed" or event.id in market.labels:
            continue
        mine = seen[event.trader]
        if event.at >= begin and len(mine) > 8:
            found.append((event, event.network not in mine, not event.extra["known_client"]))
        mine |= {event.network, event.device}
    return found


def share(chosen, of):
    return len(list(chosen)) / len(of)


def test_three_percent_of_logins_come_from_a_new_network(logins):
    assert 0.03 <= share((event for event, network, _ in logins if network), logins) < 0.12


def test_half_a_percent_of_logins_come_from_a_new_device(logins):
    assert 0.005 <= share((event for event, _, device in logins if device), logins) < 0.015


def test_new_devices_come_from_new_networks_too(logins):
    """The hardest honest logins: they look like a stranger's."""
    both = [event for event, network, device in logins if network and device]
    assert both


def test_one_percent_of_logins_are_travel_or_vpn(market):
    logins = market.honest("login.completed")
    away = [login for login in logins if login.country != "JP" or login.asn in {"AS212238", "AS209103", "AS20473", "AS63949"}]
    assert 0.01 <= share(away, logins) < 0.04


def test_three_in_a_thousand_traders_sell_most_holdings_on_a_trading_day(market):
    """Most: at least 60 % of the holdings that were valued before on that day."""
    valued, sold = {}, Counter()
    for event in market.events:
        key = (event.account, (event.at + 9 * HOUR) // (24 * HOUR))
        if event.id in market.labels or event.account is None:
            continue
        if event.kind == "holdings.valued":
            valued.setdefault(key, event.amount_jpy)
        if event.kind == "order.placed" and event.side == "sell" and key in valued:
            sold[key] += event.amount_jpy
    sellers = Counter(key[1] for key, amount in sold.items() if amount >= 0.55 * valued[key])
    days = sum(map(is_trading_day, market.plan.calendar))
    assert 0.003 <= sum(sellers.values()) / days / market.plan.traders < 0.02


def test_five_percent_of_withdrawals_go_to_a_new_payee(market):
    seen, first = defaultdict(set), []
    withdrawals = [event for event in market.events if event.kind == "withdrawal.requested" and event.id not in market.labels]
    for event in withdrawals:
        first.append(event.payee not in seen[event.account] and not event.payee.endswith("_1"))
        seen[event.account].add(event.payee)
    assert 0.05 <= sum(first) / len(first) < 0.25


def test_the_plan_refuses_a_market_without_room():
    for wrong in ({"traders": 10}, {"days": 20}, {"traders": 100, "attacks": 30}):
        with pytest.raises(ValueError):
            Plan(**wrong)


def test_a_desk_gives_each_event_out_once():
    desk = Desk()
    desk.add(50, "b"), desk.add(20, "a"), desk.add(120, "c")
    assert [event.kind for event, _ in desk.give_out(100)] == ["a", "b"]
    assert [event.kind for event, _ in desk.give_out(200)] == ["c"]
