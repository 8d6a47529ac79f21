"""The demo's market: the same first day gives the same past and present, and the present's devices are those of the past."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address
from itertools import islice
from random import Random

import pytest

from sekisho.demo.customers import CUSTOMERS
from sekisho.demo.market import HOLDINGS, HOME, NAMES, PAST_DAYS, market_days, names_of
from sekisho.demo.networks import DemoGeodata, loopback_of
from sekisho.demo.people import PEOPLE
from sekisho.demo.simulation.carriers import CARRIERS, Carrier, draw_place
from sekisho.demo.traffic import live_events
from sekisho.domain.accounts import checked_phone, checked_username, look_alike
from sekisho.domain.monitoring.event import BROKER_KINDS
from sekisho.flows.ports.geodata import NOWHERE, Origin

FIRST = date(2026, 11, 5)


def test_the_same_first_day_gives_the_same_days() -> None:
    assert list(islice(market_days(FIRST), 3)) == list(islice(market_days(FIRST), 3))


def test_everybody_of_the_market_has_a_name_of_the_demo() -> None:
    for _, events in islice(market_days(FIRST), 5):
        assert events
        assert all(names_of(event) for event in events)
    assert {"hanako.sato", "kenji.mori"} <= {names.username for names in NAMES.values()}


def test_names_of_customers_are_as_a_broker_would_add_them() -> None:
    names = [*(one.username for one in CUSTOMERS), *(one.username for one in PEOPLE)]
    assert len({look_alike(checked_username(name)) for name in names}) == len(names)
    assert len({checked_phone(one.phone) for one in CUSTOMERS} | {one.phone for one in PEOPLE}) == len(names)


def test_what_is_sent_now_comes_from_devices_of_the_past() -> None:
    """Otherwise everybody would be a stranger, and the market not calm."""
    past = list(islice(market_days(FIRST), PAST_DAYS))
    known = {(event.trader, event.device) for _, events in past for event in events if event.kind == "login.completed"}
    ids = {names.username: key for key, names in NAMES.items()}
    sent = list(islice(live_events(FIRST), 200))
    assert {event.kind for event in sent} <= BROKER_KINDS
    assert len({event.id for event in sent}) == len(sent)
    acting = {(ids[event.trader], event.device) for event in sent if event.trader and event.device}
    assert acting and acting <= known


def test_holdings_of_the_demo_people_are_worth_what_attacks_say() -> None:
    """A share of them sold is read against the largest value of a week."""
    valued = [
        event.amount_jpy or 0
        for _, events in islice(market_days(FIRST), PAST_DAYS)
        for event in events
        if event.kind == "holdings.valued" and (names := names_of(event)) and names.username == "hanako.sato"
    ]
    assert len(valued) > PAST_DAYS // 2
    assert max(valued) < HOLDINGS * 1.2


class _Nothing:
    built = None
    credits = ()

    def look(self, address: object) -> Origin:
        return NOWHERE


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: one.name)
def test_loopback_addresses_stand_for_operators(carrier: Carrier) -> None:
    seen = DemoGeodata(_Nothing()).look(ip_address(loopback_of(carrier, 7, 8)))
    assert seen == Origin(carrier.country, f"{carrier.asn} {carrier.name}")


def test_addresses_of_the_market_lie_at_their_operators_and_the_reader_is_nowhere() -> None:
    places = DemoGeodata(_Nothing())
    for number in range(50):
        assert places.look(ip_address(draw_place(HOME, Random(number)).address)).network.split()[0] == HOME.asn
    for address in ("127.0.0.1", "127.99.0.1", "127.200.0.1", "::1", "192.0.2.1"):
        assert places.look(ip_address(address)) == NOWHERE
    assert places.look(None) == NOWHERE
