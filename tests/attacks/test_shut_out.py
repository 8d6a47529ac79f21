"""The thief in a stolen session whom a No shuts out, with all that he has begun (R3, R4, R6, R11)."""

from __future__ import annotations

import pytest

from sekisho.domain.accounts import ContactKind, ContactState
from sekisho.domain.instructions import Instruction
from sekisho.flows.freeze_account import freeze_account
from sekisho.flows.settle_contact import apply_due_contacts
from tests.flows.asked import Asked
from tests.flows.contact_changes import NEW_PHONE, OLD_PHONE, Change
from tests.flows.house import House, caller

ELSEWHERE = "198.51.100.4"


@pytest.fixture
def change(asked: Asked) -> Change:
    """The stolen session is that of the owner's known browser."""
    return Change(asked.house, asked.aiko, asked.live, asked.client)


def clients(house: House, trader: str) -> set[str]:
    with house.storage.reading() as tx:
        return {one.id for one in tx.known_clients.of(trader, house.clock())}


def test_a_no_stops_the_change_of_phone_that_waits_and_ends_the_thiefs_session(asked: Asked, change: Change) -> None:
    """The owner has no browser at hand but a stranger's; in the next day the freeze may be lifted, or not."""
    house = asked.house
    waiting = change.make(ContactKind.PHONE, NEW_PHONE)
    assert waiting.state is ContactState.WAITING
    found = asked.withdrawal()
    own = house.present(house.log_in(asked.aiko, caller(ELSEWHERE)))
    assert isinstance(asked.no(found, own), Instruction)
    assert house.look_at(asked.live).refused and not house.look_at(own).refused
    assert waiting.id not in {one.id for one in change.contacts()}
    assert change.wait() == 0 and OLD_PHONE in change.addresses() and NEW_PHONE not in change.addresses()
    assert house.kinds()["contact_change_cancelled"]


def test_a_no_from_a_known_client_forgets_the_others(asked: Asked) -> None:
    house = asked.house
    house.log_in(asked.aiko, caller(ELSEWHERE))
    assert len(clients(house, asked.aiko.id)) > 1
    assert isinstance(asked.no(asked.withdrawal()), Instruction)
    assert clients(house, asked.aiko.id) == {asked.live.session.client}


def test_a_no_by_a_relayed_login_makes_no_stranger_of_the_owners_devices(asked: Asked) -> None:
    """He can freeze the account by it, which moves nothing; the owner's browser stays known, and brings him back."""
    house = asked.house
    found = asked.withdrawal()
    thief = house.present(house.log_in(asked.aiko, caller(ELSEWHERE)))
    before = clients(house, asked.aiko.id)
    assert isinstance(asked.no(found, thief), Instruction)
    assert clients(house, asked.aiko.id) == before
    back = house.present(house.log_in(asked.aiko, caller(client_token=asked.client)))
    assert not back.session.quarantined(house.clock())


def test_while_an_account_of_his_is_frozen_no_change_takes_effect(asked: Asked, change: Change) -> None:
    """Frozen by the desk, or by the rules: who the owner is has yet to be found out. He is told, and asks again later."""
    house = asked.house
    change.make(ContactKind.PHONE, NEW_PHONE)
    freeze_account("SK-4AIKO", "desk", "the customer called", "os:ana", house.deps)
    assert change.wait() == 1 and apply_due_contacts(house.deps) == 0
    assert OLD_PHONE in change.addresses() and NEW_PHONE not in change.addresses()
    assert house.audited("contact.cancelled", reason="account_frozen") == 1 and house.kinds()["contact_change_cancelled"]
