"""Staff and lists of addresses: an account's or a delegate's, with reason and identity check; never the holder's own (R5, J20)."""

from __future__ import annotations

import pytest

from sekisho.domain.accounts import Role
from sekisho.flows.add_account import NewTrader, add_trader, end_mandate, grant_mandate
from sekisho.flows.staff_addresses import Target, cancel_by_staff, change_by_staff, list_for_staff
from sekisho.kernel.decision import Reason, Refused
from sekisho.kernel.errors import Kind, SekishoError
from tests.flows.house import PASSWORD, STAFF, House, Person, caller

NUMBER = "SK-4AIKO"
DELEGATE = Target(trader="botan")


@pytest.fixture
def botan(house: House, aiko: Person) -> Person:
    added = add_trader(NewTrader("botan", "Botan Ito", "+818023456789", "en", {NUMBER: Role.TRADER}), "os:desk", house.deps)
    house.activate(added)
    return Person("botan", added.trader.id, "+818023456789")


def test_staff_restrict_a_delegate_and_the_audit_names_who_and_why(house: House, botan: Person) -> None:
    done = change_by_staff(DELEGATE, "203.0.113.9/24 Office", STAFF, house.deps)
    assert done.kept and [note.line for note in done.mended] == [1]
    assert house.give_password("botan", PASSWORD, caller("192.0.2.1")) == Refused(Reason.ADDRESS_REFUSED)
    assert house.audited("address_list.changed", identity_check=STAFF.identity_check, why=STAFF.reason) == 1
    assert house.kinds()["addresses_tightened"] == 2


def test_what_staff_newly_allow_waits_too_and_is_cancelled(house: House, botan: Person) -> None:
    change_by_staff(DELEGATE, "203.0.113.0/24", STAFF, house.deps)
    change_by_staff(DELEGATE, "", STAFF, house.deps)
    assert house.give_password("botan", PASSWORD, caller("192.0.2.1")) == Refused(Reason.ADDRESS_REFUSED)
    cancel_by_staff(DELEGATE, STAFF, house.deps)
    house.clock.advance(hours=25)
    _, kept = list_for_staff(DELEGATE, house.deps)
    assert [str(entry.network) for entry in kept.entries] == ["203.0.113.0/24"] and kept.pending is None


@pytest.mark.parametrize("target, kind", [
    (Target(trader="aiko"), Kind.FORBIDDEN), (Target(trader="nobody"), Kind.MISSING), (Target(account="SK-NONE"), Kind.MISSING),
])  # fmt: skip
def test_a_holders_own_list_and_unknown_ones_are_left_alone(house: House, aiko: Person, target: Target, kind: Kind) -> None:
    with pytest.raises(SekishoError) as refused:
        change_by_staff(target, "203.0.113.0/24", STAFF, house.deps)
    assert refused.value.kind is kind and house.audited("address_list.changed") == 0


def test_a_holder_who_is_shut_out_is_helped_by_ending_his_mandate_for_a_day(house: House, aiko: Person) -> None:
    """The way that docs/operate.md tells: a list of his own that a thief made, say, and that no known address passes any more."""
    holder = Target(trader="aiko")
    hold(house, aiko, "198.51.100.0/24")
    house.clock.advance(days=2)
    assert house.give_password("aiko", PASSWORD) == Refused(Reason.ADDRESS_REFUSED)
    hold(house, aiko, "")
    assert house.kinds()["addresses_loosening"] == 1, "he is told, and may cancel it from inside the list"
    with pytest.raises(SekishoError):
        change_by_staff(holder, "", STAFF, house.deps)
    assert house.give_password("aiko", PASSWORD) == Refused(Reason.ADDRESS_REFUSED)
    house.clock.advance(hours=24)
    assert not isinstance(house.give_password("aiko", PASSWORD), Refused)


def hold(house: House, holder: Person, lines: str) -> None:
    """His mandate ends, his list is set, and he holds his account again."""
    with house.storage.reading() as tx:
        (mandate,) = [mandate.id for _, mandate in tx.accounts.acted_for_by(holder.id, house.clock())]
    end_mandate(mandate, "shut out by his own list", "os:desk", house.deps)
    house.clock.advance(seconds=1)
    change_by_staff(Target(trader=holder.username), lines, STAFF, house.deps)
    grant_mandate(NUMBER, holder.username, Role.HOLDER, "os:desk", house.deps)


def test_lines_that_cannot_be_read_and_dry_runs_change_nothing(house: House, botan: Person) -> None:
    bad = change_by_staff(DELEGATE, "203.0.113.0/24\n0.0.0.0/0", STAFF, house.deps)
    assert bad.change is None and [problem.line for problem in bad.problems] == [2]
    tried = change_by_staff(DELEGATE, "203.0.113.0/24", STAFF, house.deps, dry_run=True)
    assert tried.change is not None and tried.change.forbids and not tried.kept
    assert list_for_staff(DELEGATE, house.deps)[1].version == 0


@pytest.mark.parametrize("account, trader", [(None, None), ("SK-1", "botan")])
def test_exactly_one_list_is_named(account: str | None, trader: str | None) -> None:
    with pytest.raises(SekishoError):
        Target(account, trader)
