"""I20, R7: who may do what on a shared account, as its holder and who manages its security see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sekisho.domain.accounts import Role
from sekisho.domain.ip_restrictions import AddressList, read_entries
from sekisho.flows.activate_trader import Activated
from sekisho.flows.add_account import NewTrader, add_account, add_trader, end_mandate, grant_mandate
from sekisho.flows.see_acting import Acting, ActingPage, see_acting
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import PHONES, House, Person

SHARED = "SK-SHARED"


@pytest.fixture
def shared(house: House) -> str:
    """The id of an account that Hana holds, Botan trades on, and Chie keeps safe."""
    account = add_account(SHARED, "Shared", "os:desk", house.deps)
    for username, role in (("hana", Role.HOLDER), ("botan", Role.TRADER), ("chie", Role.SECURITY)):
        added = add_trader(NewTrader(username, username.title(), PHONES["aiko"], "en", {SHARED: role}), "os:desk", house.deps)
        assert isinstance(house.activate(added), Activated)
        house.clock.advance(seconds=1)  # mandates stand in the order of their beginning
    return account.id


def person(house: House, username: str) -> Person:
    with house.storage.reading() as tx:
        record = tx.traders.by_username(username)
    assert record is not None
    return Person(username, record.trader.id, PHONES["aiko"])


def seen(house: House, username: str, account: str) -> ActingPage:
    return see_acting(house.present(house.log_in(person(house, username))), account, house.deps)


def by_name(page: ActingPage) -> dict[str, Acting]:
    return {one.trader.username: one for one in page.acting}


def restrict(house: House, owner: str, lines: str) -> None:
    entries = read_entries(lines, house.deps.policies.firm.time_zone, 100, house.clock()).entries
    with house.storage.transaction() as tx:
        tx.address_lists.save(AddressList(owner, 1, entries, house.clock(), "os:desk"))


def test_the_holder_sees_everybody_with_rights_networks_and_last_login(house: House, shared: str) -> None:
    house.log_in(person(house, "botan"))
    at = house.clock()
    house.clock.advance(hours=1)
    restrict(house, person(house, "botan").id, "203.0.113.0/24 Office\n2001:db8::/48 Home")
    restrict(house, shared, "203.0.113.0/24 Office")
    page = seen(house, "hana", shared)
    assert [one.trader.username for one in page.acting] == ["hana", "botan", "chie"]
    rows = by_name(page)
    assert (rows["botan"].networks, rows["botan"].last_login, rows["botan"].mandate.role) == (2, at, Role.TRADER)
    assert (rows["hana"].networks, rows["hana"].last_login) == (0, house.clock())
    assert rows["chie"].last_login is None
    assert (page.networks, page.editable) == (1, True)


def test_only_lists_that_he_may_change_are_offered(house: House, shared: str) -> None:
    """R5: nobody but the holder changes the holder's list."""
    assert {name: one.editable for name, one in by_name(seen(house, "hana", shared)).items()} == {"hana": True, "botan": True, "chie": True}
    assert {name: one.editable for name, one in by_name(seen(house, "chie", shared)).items()} == {
        "hana": False,
        "botan": True,
        "chie": True,
    }


def test_a_trader_sees_himself_alone(house: House, shared: str) -> None:
    page = seen(house, "botan", shared)
    assert [one.trader.username for one in page.acting] == ["botan"]
    assert not page.editable and not page.acting[0].editable


def test_logins_from_before_the_mandate_are_nobodys_business(house: House, shared: str) -> None:
    """R7: as in the history, which begins with the mandate."""
    added = add_trader(NewTrader("daigo", "Daigo", PHONES["aiko"], "en", {}), "os:desk", house.deps)
    assert isinstance(house.activate(added), Activated)
    house.log_in(person(house, "daigo"))
    house.clock.advance(days=1)
    grant_mandate(SHARED, "daigo", Role.VIEWER, "os:desk", house.deps)
    assert by_name(seen(house, "hana", shared))["daigo"].last_login is None


def test_an_ended_mandate_or_none_is_a_missing_account(house: House, shared: str) -> None:
    live = house.present(house.log_in(person(house, "botan")))
    end_mandate(see_acting(live, shared, house.deps).page.own.id, "left the firm", "os:desk", house.deps)
    house.clock.advance(seconds=1)
    for account in (shared, "acc_none"):
        with pytest.raises(SekishoError) as refused:
            see_acting(live, account, house.deps)
        assert refused.value.kind is Kind.MISSING
    assert house.audited("object.refused", what="account") == 2
    assert [one.trader.username for one in seen(house, "hana", shared).acting] == ["hana", "chie"]


def test_a_login_older_than_the_history_is_not_told(house: House, shared: str) -> None:
    house.log_in(person(house, "botan"))
    house.clock.advance(days=366)
    assert by_name(seen(house, "hana", shared))["botan"].last_login is None
    house.log_in(person(house, "botan"))
    house.clock.advance(days=364)
    told = by_name(seen(house, "hana", shared))["botan"].last_login
    assert told == house.clock() - timedelta(days=364)
