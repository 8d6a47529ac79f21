"""Lists of addresses, the login history and contacts, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from sekisho.adapters.storage import SqlStorage
from sekisho.domain.accounts import Contact, ContactKind, ContactState, Trader
from sekisho.domain.ip_restrictions import AddressList, Entries, Entry, Exempt
from sekisho.flows.ports.own_gate import LoginFilter, Outcome, PastLogin
from sekisho.kernel.errors import Kind, SekishoError

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ADDRESS = ip_address("203.0.113.7")
LIST = AddressList(
    owner="trd_1",
    version=1,
    entries=Entries((Entry(ip_network("203.0.113.0/24"), "事務所", NOW, None),)),
    changed=NOW,
    changed_by="trd_2",
    pending=Entries(),
    before=Entries((Entry(ip_network("2001:db8::/32"), "", None, NOW),)),
    exempt=frozenset({Exempt("trd_1", ADDRESS)}),
    due=NOW + timedelta(days=1),
)  # fmt: skip


def _login(minutes: int, outcome: Outcome = Outcome.COMPLETED, **more: object) -> PastLogin:
    at = NOW + timedelta(minutes=minutes)
    session = f"ses_{minutes}" if outcome is Outcome.COMPLETED else ""
    return replace(PastLogin("trd_1", at, outcome, "portal", "203.0.113.7/32", ADDRESS, "Firefox", session=session), **more)  # type: ignore[arg-type]


def test_a_list_comes_back_as_it_was_kept(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        tx.address_lists.save(LIST)
    with storage.reading() as tx:
        assert tx.address_lists.get("trd_1") == LIST
        assert tx.address_lists.of(["trd_1", "acc_1"]) == {"trd_1": LIST}
        assert tx.address_lists.get("acc_1") is None
        assert tx.address_lists.due(NOW, 10) == [] and tx.address_lists.due(NOW + timedelta(days=1), 10) == ["trd_1"]


@pytest.mark.parametrize("version", [1, 3])
def test_of_two_editors_the_second_is_refused(storage: SqlStorage, version: int) -> None:
    with storage.transaction() as tx:
        tx.address_lists.save(LIST)
    with pytest.raises(SekishoError) as refused, storage.transaction() as tx:
        tx.address_lists.save(replace(LIST, version=version, entries=Entries()))
    assert refused.value.kind is Kind.CONFLICT
    with storage.reading() as tx:
        assert tx.address_lists.get("trd_1") == LIST


def test_refusals_of_one_hour_share_a_row_and_logins_do_not(storage: SqlStorage) -> None:
    with storage.transaction() as tx:
        for minute in (0, 1, 2):
            tx.logins.add(_login(minute, Outcome.REFUSED, reason="wrong_password"))
            tx.logins.add(_login(minute))
        tx.logins.add(_login(70, Outcome.REFUSED, reason="wrong_password"))
    with storage.reading() as tx:
        every = tx.logins.of(["trd_1"], LoginFilter(NOW, NOW + timedelta(days=1)), 100)
        refused = tx.logins.of(["trd_1"], LoginFilter(NOW, NOW + timedelta(days=1), Outcome.REFUSED), 100)
        assert [(one.times, one.at - NOW) for one in refused] == [(1, timedelta(minutes=70)), (3, timedelta(minutes=2))]
        assert len(every) == 5 and every[0] == refused[0]
        assert tx.logins.of(["trd_2"], LoginFilter(NOW, NOW + timedelta(days=1)), 100) == []


@pytest.mark.parametrize("first, last, known", [(0, 7, True), (0, 6, False), (-100, -90, True), (-110, -91, False)])
def test_an_address_is_known_by_two_logins_far_enough_apart(storage: SqlStorage, first: int, last: int, known: bool) -> None:
    """R5: at least 7 days apart, the last within 90 days."""
    with storage.transaction() as tx:
        for day in (first, last):
            tx.logins.add(_login(day * 1440))
    with storage.reading() as tx:
        found = tx.logins.completed_addresses("trd_1", NOW - timedelta(days=90), timedelta(days=7))
    assert found == (frozenset({ADDRESS}) if known else frozenset())


def test_contacts_have_a_life(storage: SqlStorage) -> None:
    contact = Contact("con_1", "trd_1", ContactKind.EMAIL, ContactState.WAITING, "v1.k.sealed", NOW, "trd_1", NOW, NOW + timedelta(days=1))
    with storage.transaction() as tx:
        tx.traders.add(Trader("trd_1", "aiko", "Aiko", "en", NOW), "aiko")
        tx.contacts.add(contact)
    with storage.transaction() as tx:
        assert tx.contacts.of("trd_1") == [contact]
        assert tx.contacts.due(NOW, 10) == [] and tx.contacts.due(NOW + timedelta(days=1), 10) == [contact]
        tx.contacts.save(replace(contact, state=ContactState.ENDED, ended=NOW))
    with storage.reading() as tx:
        assert tx.contacts.of("trd_1") == []
