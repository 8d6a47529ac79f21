"""Accounts, mandates and traders, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Account, Mandate, Role, Trader
from sekisho.domain.authentication.authenticator import Authenticator, AuthenticatorKind, AuthenticatorState
from sekisho.kernel.errors import Kind, SekishoError
from tests.adapters.storage.conftest import NOW, People

DAY = timedelta(days=1)
HOUSE = Account("acc_1", "A-100", "Mori Household", NOW)
CLUB = Account("acc_2", "B-200", "Seki Club", NOW, frozenset({"compromise", "court order"}))


def test_accounts_come_back_as_they_went(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.accounts.add(CLUB)
        tx.accounts.add(HOUSE)
    with storage.reading() as tx:
        assert tx.accounts.by_number("B-200") == CLUB
        assert tx.accounts.by_number("b-200") is None
        assert tx.accounts.all() == [HOUSE, CLUB]


def test_many_accounts_are_locked_with_one_question_in_the_order_of_their_ids(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.accounts.add(CLUB)
        tx.accounts.add(HOUSE)
        assert tx.accounts.lock_all({"acc_2", "acc_none", "acc_1"}) == [HOUSE, CLUB] and tx.accounts.lock_all([]) == []


def test_two_accounts_cannot_have_one_number(storage: SqlStorage) -> None:
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.accounts.add(HOUSE)
        tx.accounts.add(replace(HOUSE, id="acc_9"))
    assert refused.value.kind is Kind.CONFLICT
    with storage.reading() as tx:
        assert tx.accounts.all() == []  # nothing half-written


@pytest.mark.parametrize(
    ("days", "seen"),
    [(-1, False), (0, True), (9, True), (10, False), (11, False)],  # from `since`, included, to `until`, excluded
)
def test_an_account_is_seen_only_while_the_mandate_holds(storage: SqlStorage, people: People, days: int, seen: bool) -> None:
    mandate = Mandate("man_1", HOUSE.id, people.aiko.id, Role.HOLDER, NOW, NOW + 10 * DAY)
    with storage.transaction() as tx:
        tx.accounts.add(HOUSE)
        tx.accounts.grant(mandate)
    at = NOW + days * DAY
    with storage.reading() as tx:
        assert tx.accounts.seen_by(people.aiko.id, HOUSE.id, at) == ((HOUSE, mandate) if seen else None)
        assert tx.accounts.acted_for_by(people.aiko.id, at) == ([(HOUSE, mandate)] if seen else [])
        assert tx.accounts.seen_by(people.botan.id, HOUSE.id, at) is None
        assert tx.accounts.seen_by(people.aiko.id, "acc_none", at) is None


def test_an_ended_mandate_keeps_its_first_end_and_stays_listed(storage: SqlStorage, people: People) -> None:
    viewer = Mandate("man_1", HOUSE.id, people.botan.id, Role.VIEWER, NOW)
    holder = Mandate("man_2", HOUSE.id, people.aiko.id, Role.HOLDER, NOW + DAY)
    with storage.transaction() as tx:
        tx.accounts.add(HOUSE)
        tx.accounts.grant(viewer)
        tx.accounts.grant(holder)
        assert tx.accounts.end_mandate(viewer.id, NOW + 2 * DAY) == replace(viewer, until=NOW + 2 * DAY)
        assert tx.accounts.end_mandate(viewer.id, NOW + 3 * DAY) is None
        assert tx.accounts.end_mandate("man_none", NOW) is None
        assert tx.accounts.mandates_on(HOUSE.id) == [(holder, people.aiko), (replace(viewer, until=NOW + 2 * DAY), people.botan)]


def test_a_mandate_needs_its_account(storage: SqlStorage, people: People) -> None:
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.accounts.grant(Mandate("man_1", "acc_none", people.aiko.id, Role.VIEWER, NOW))
    assert refused.value.kind is Kind.CONFLICT


def test_every_field_of_a_trader_is_kept(storage: SqlStorage, people: People) -> None:
    changed = Trader(
        id=people.aiko.id,
        username="aiko.m",
        name="森 愛子",
        language="en",
        added=NOW,
        activated=NOW + DAY,
        suspended=NOW + 2 * DAY,
        frozen=frozenset({"compromise"}),
        gate_version=7,
        password_change_needed=True,
        logoff_after=timedelta(minutes=5),
        quarantined_until=NOW + 3 * DAY,
    )
    with storage.transaction() as tx:
        tx.traders.save(changed)
    with storage.reading() as tx:
        record = tx.traders.get(changed.id)
        assert record is not None and record.trader == changed
        assert tx.traders.by_username("aiko") is None
        assert [trader.username for trader in tx.traders.all()] == ["aiko.m", "botan"]


def test_a_login_record_has_the_newest_living_authenticators(storage: SqlStorage, people: People) -> None:
    newer = replace(people.phone, id="aut_3", state=AuthenticatorState.ACTIVE, bound=NOW + DAY)
    gone = replace(people.phone, id="aut_4", state=AuthenticatorState.REMOVED, bound=NOW + 2 * DAY)
    disabled = Authenticator("aut_5", people.botan.id, AuthenticatorKind.PASSWORD, AuthenticatorState.DISABLED, "x", NOW, NOW)
    with storage.transaction() as tx:
        for one in (newer, gone, disabled):
            tx.authenticators.add(one)
        for record in (tx.traders.by_username("aiko"), tx.traders.get("trd_aiko"), tx.traders.lock("trd_aiko")):
            assert record is not None
            assert (record.trader, record.password, record.phone) == (people.aiko, people.password, newer)
        bare = tx.traders.by_username("botan")
        assert bare is not None and bare.password is None and bare.phone is None
        assert tx.traders.by_username("nobody") is None
        assert tx.traders.lock("trd_none") is None


@pytest.mark.parametrize(("username", "look_alike", "taken"), [("aiko", "x", True), ("other", "aiko", True), ("other", "other", False)])
def test_a_name_is_taken_by_itself_or_by_its_looks(
    storage: SqlStorage, people: People, username: str, look_alike: str, taken: bool
) -> None:
    with storage.reading() as tx:
        assert tx.traders.taken(username, look_alike) is taken


def test_a_row_that_is_not_there_cannot_be_saved(storage: SqlStorage, people: People) -> None:
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.traders.save(replace(people.aiko, id="trd_none"))
    assert refused.value.kind is Kind.MISSING
