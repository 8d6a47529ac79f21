"""V7.5, J13: a trader sees his logins of twelve months; who manages an account's security sees those of its traders, and no others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sekisho.domain.accounts import Role
from sekisho.flows.activate_trader import Activated
from sekisho.flows.add_account import NewTrader, add_account, add_trader, end_mandate, grant_mandate
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.own_gate import Outcome, PastLogin
from sekisho.flows.purge_rows import purge_rows
from sekisho.flows.see_history import History, Older, Wanted, see_history
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import PHONES, House, Person, caller

SHARED = "SK-SHARED"


@pytest.fixture
def hana(house: House) -> Person:
    """Holder of the shared account."""
    add_account(SHARED, "Shared", "os:desk", house.deps)
    return enrolled(house, "hana", Role.HOLDER)


def enrolled(house: House, username: str, role: Role | None = None) -> Person:
    accounts = {SHARED: role} if role else {}
    added = add_trader(NewTrader(username, username.title(), PHONES["chie"], "en", accounts), "os:desk", house.deps)
    assert isinstance(house.activate(added), Activated)
    return Person(username, added.trader.id, PHONES["chie"])


def history(house: House, live: LiveSession, limit: int = 50, **wanted: object) -> History:
    return see_history(live, Wanted(**wanted), limit, house.deps)  # type: ignore[arg-type]


def logged(house: House, person: Person, count: int) -> None:
    """Old logins, two of them in every moment."""
    with house.storage.transaction() as tx:
        for number in range(count):
            at = house.clock() - timedelta(minutes=1 + number // 2)
            tx.logins.add(PastLogin(person.id, at, Outcome.COMPLETED, "portal", "a", None, f"program {number}", session=f"ses_{number}"))


def test_completed_and_refused_logins_stand_there_with_their_reasons(house: House, aiko: Person) -> None:
    house.fail_passwords(aiko, 2, caller("198.51.100.20"))
    begun = house.start(aiko)
    house.fail_codes(begun.token, house.ask_code(begun.token), 1)
    live = house.present(house.log_in(aiko))
    seen = history(house, live)
    told = {(login.outcome.value, login.reason, login.times, str(login.address), login.country) for login in seen.logins}
    assert ("refused", "wrong_password", 2, "198.51.100.20", "") in told
    assert ("refused", "wrong_code", 1, "203.0.113.7", "JP") in told
    (completed,) = history(house, live, outcome=Outcome.COMPLETED).logins
    assert (completed.methods, completed.program, completed.network) == (
        "password+security_code",
        "Firefox on Linux",
        "AS64500 Example Network",
    )


def test_the_holder_sees_a_delegates_logins_from_the_beginning_of_the_mandate_to_its_end(house: House, hana: Person) -> None:
    botan = enrolled(house, "botan")
    house.log_in(botan)
    house.clock.advance(hours=1)
    mandate = grant_mandate(SHARED, "botan", Role.TRADER, "os:desk", house.deps)
    house.log_in(botan)
    house.clock.advance(hours=1)
    end_mandate(mandate.id, "left the firm", "os:desk", house.deps)
    house.clock.advance(minutes=1)
    house.log_in(botan)
    holder, own = house.present(house.log_in(hana)), house.present(house.log_in(botan))
    (seen,) = history(house, holder, person=botan.id).logins
    assert mandate.since <= seen.at < mandate.since + timedelta(hours=1)
    assert [one.name for one in history(house, holder).people] == ["Hana", "Botan"]
    assert len(history(house, own).logins) == 4, "his own are all his"
    assert {login.trader for login in history(house, own).logins} == {botan.id}


def test_mandates_on_two_accounts_show_no_login_twice(house: House, hana: Person) -> None:
    add_account("SK-SECOND", "Second", "os:desk", house.deps)
    grant_mandate("SK-SECOND", "hana", Role.SECURITY, "os:desk", house.deps)
    botan = enrolled(house, "botan", Role.TRADER)
    grant_mandate("SK-SECOND", "botan", Role.VIEWER, "os:desk", house.deps)
    house.log_in(botan)
    seen = history(house, house.present(house.log_in(hana)), person=botan.id)
    assert len(seen.logins) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TRADER, Role.TREASURER])
def test_other_delegates_see_their_own_alone(house: House, hana: Person, role: Role) -> None:
    botan = enrolled(house, "botan", role)
    house.log_in(hana)
    live = house.present(house.log_in(botan))
    assert [one.id for one in history(house, live).people] == [botan.id]
    with pytest.raises(SekishoError) as refused:
        history(house, live, person=hana.id)
    assert refused.value.kind is Kind.MISSING
    assert house.audited("object.refused", what="trader", object=hana.id) == 1


def test_page_by_page_every_login_comes_once(house: House, aiko: Person) -> None:
    live = house.present(house.log_in(aiko))
    logged(house, aiko, 23)
    found: list[str] = []
    older: Older | None = None
    while True:
        seen = history(house, live, limit=5, older=older)
        found += [login.session for login in seen.logins]
        older = seen.older
        if older is None:
            break
    assert len(found) == len(set(found)) == 24
    assert found == [login.session for login in history(house, live).logins]


def test_days_cut_the_history(house: House, aiko: Person) -> None:
    first = house.present(house.log_in(aiko)).session
    house.clock.advance(days=3)
    live = house.present(house.log_in(aiko))
    day = timedelta(days=1)
    since = history(house, live, since=house.clock() - day).logins
    until = history(house, live, until=house.clock() - day).logins
    assert ([login.session for login in since], [login.session for login in until]) == ([live.session.id], [first.id])


def test_after_twelve_months_a_login_is_neither_shown_nor_kept(house: House, aiko: Person) -> None:
    first = house.present(house.log_in(aiko)).session.id
    house.clock.advance(days=364)
    live = house.present(house.log_in(aiko))
    assert first in [login.session for login in history(house, live).logins]
    house.clock.advance(days=2)
    live = house.present(house.log_in(aiko))
    assert first not in [login.session for login in history(house, live).logins]
    purge_rows(timedelta(days=365), house.deps)
    house.clock.now -= timedelta(days=2)
    assert first not in [login.session for login in history(house, live).logins]
