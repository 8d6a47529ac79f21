"""The insider: a member of staff with the command line and no phone of the customer's (R3, R16; J20)."""

from __future__ import annotations

import pytest

from sekisho.flows.reset_trader import reset_trader
from sekisho.flows.unlock_login import checked_staff_act, unlock_login
from sekisho.kernel.decision import Refused
from sekisho.kernel.errors import SekishoError
from tests.flows.house import STAFF, House, Person, wrong


def test_an_activation_code_alone_sets_no_password(house: House) -> None:
    """R16: it needs the code to the customer's phone as well."""
    added = house.add()
    token = house.begin_activation(added)
    code = house.ask_code(token)
    assert isinstance(house.finish_activation(token, wrong(code)), Refused)
    with house.storage.reading() as tx:
        record = tx.traders.get(added.trader.id)
    assert record is not None and record.password is None


def test_a_reset_to_a_phone_of_his_own_is_told_to_the_owners_old_one(house: House, aiko: Person) -> None:
    """N42: at the old and the new number, at once; who did it and how he checked the identity is on record."""
    reset_trader("aiko", "+819099997777", STAFF, house.deps)
    assert aiko.phone in {message.address.reveal() for message in house.messages() if message.kind == "trader_reset"}
    assert house.audited("trader.reset", why=STAFF.reason, identity_check=STAFF.identity_check, new_phone=True) == 1


def test_an_unlock_opens_nothing_and_is_told(house: House, aiko: Person) -> None:
    house.fail_passwords(aiko, 5)
    unlock_login("aiko", STAFF, house.deps)
    assert house.kinds()["login_unrestricted"] == 1
    entries = [entry for entry in house.audit() if entry.kind == "trader.unlocked"]
    assert [entry.actor for entry in entries] == ["os:desk"]


@pytest.mark.parametrize("reason, check", [("", ""), ("lost phone", ""), ("", "passport seen"), ("abc", "def")])
def test_nothing_is_done_without_reason_and_identity_check(reason: str, check: str) -> None:
    with pytest.raises(SekishoError):
        checked_staff_act("os:desk", reason, check)
