"""The delegate: a trader with a lesser or an ended mandate on somebody else's account (R7)."""

from __future__ import annotations

import pytest

from sekisho.domain.accounts import Role
from sekisho.flows.add_account import end_mandate, grant_mandate
from sekisho.flows.drop_known_client import own_client
from sekisho.flows.see_portal import mark_message_read, see_account, see_overview
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import House, Person


@pytest.mark.parametrize("role, sees", [(Role.VIEWER, 1), (Role.TRADER, 1), (Role.TREASURER, 1), (Role.SECURITY, 2)])
def test_he_sees_the_others_only_if_he_manages_security(house: House, aiko: Person, role: Role, sees: int) -> None:
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", role, "os:desk", house.deps)
    page = see_account(house.present(house.log_in(botan)), mandate.account, house.deps)
    assert len(page.traders) == sees and page.own.role is role


def test_an_ended_mandate_ends_in_the_middle_of_a_session(house: House, aiko: Person) -> None:
    botan = house.enrol("botan")
    mandate = grant_mandate("SK-4AIKO", "botan", Role.TREASURER, "os:desk", house.deps)
    live = house.present(house.log_in(botan))
    see_account(live, mandate.account, house.deps)
    end_mandate(mandate.id, "customer asked for it", "os:desk", house.deps)
    with pytest.raises(SekishoError) as refused:
        see_account(live, mandate.account, house.deps)
    assert refused.value.kind is Kind.MISSING
    assert [pair[0].title for pair in see_overview(live, house.deps).accounts] == ["Account of botan"]


def test_the_holders_messages_and_clients_are_not_his(house: House, aiko: Person) -> None:
    botan = house.enrol("botan")
    owners = house.log_in(aiko)
    live = house.present(house.log_in(botan))
    message = see_overview(house.present(owners), house.deps).newest[0]
    for reach in (
        lambda: mark_message_read(live, message.id, house.deps),
        lambda: own_client(live, owners.session.client or "", house.deps),
    ):
        with pytest.raises(SekishoError) as refused:
            reach()
        assert refused.value.kind is Kind.MISSING
    assert house.audited("object.refused") == 2
