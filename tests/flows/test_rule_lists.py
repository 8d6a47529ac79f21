"""P7, R12: members of lists that rules ask, with a reason and an end; taken up while the log is open."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from sekisho.domain.monitoring.list_member import checked_member
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.change_rule_list import add_to_list, remove_from_list, show_lists
from sekisho.kernel.errors import Kind, SekishoError
from sekisho.kernel.events import EventKind
from tests.flows.house import House
from tests.flows.monitored import RULES, Log, open_log, publish

ANA, WHY = "os:ana", "took stolen money"
LISTED = (
    RULES
    + """
list bad_payees of payee
list bad_accounts of account

rule bad_payee
    on      withdrawal.requested
    when    payee in bad_payees or account in bad_accounts
    then    refuse
    reason  bad_payee
    queue   cash
    en      "The payee is on a list."
    ja      "受取人がリストに登録されています。"
"""
)


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    publish(house, LISTED)
    return house


def said(log: Log, wanted: Verdict) -> bool:
    """Whether such a withdrawal is answered so within seconds."""
    until, number = time.monotonic() + 60, int(time.monotonic() * 1000)
    while time.monotonic() < until:
        number += 1
        if log.accepted(log.event(f"w{number}", payee="bank:9"))[0].verdict is wanted:
            return True
        time.sleep(0.1)
    return False


def test_the_open_log_sees_a_member_come_and_go(aiko: House) -> None:
    with open_log(aiko, LISTED) as log:
        assert said(log, Verdict.ALLOW)
        aiko.clock.advance(seconds=1)
        add_to_list("bad_payees", "bank:9", None, WHY, ANA, aiko.deps)
        assert said(log, Verdict.REFUSE)
        remove_from_list("bad_payees", "bank:9", "it was an error", ANA, aiko.deps)
        assert said(log, Verdict.ALLOW)
    assert aiko.audited(EventKind.RULE_LIST_CHANGED, "added", list="bad_payees", why=WHY) == 1
    assert aiko.audited(EventKind.RULE_LIST_CHANGED, "removed", list="bad_payees", why="it was an error") == 1


def test_the_member_is_personal_in_the_audit_log(aiko: House) -> None:
    """R8: it can be erased, and the chain stays."""
    add_to_list("bad_payees", "bank:JP-0001-7654321", None, WHY, ANA, aiko.deps)
    assert "7654321" not in "".join(str(entry) for entry in aiko.audit()) and "7654321" in aiko.audit_text()


def test_what_has_expired_stands_no_more(aiko: House) -> None:
    add_to_list("bad_payees", "bank:9", aiko.clock() + timedelta(days=1), WHY, ANA, aiko.deps)
    aiko.clock.advance(days=1)
    with open_log(aiko, LISTED) as log:
        assert log.accepted(log.event("w1", payee="bank:9"))[0].verdict is Verdict.ALLOW
    (shown,) = show_lists("bad_payees", aiko.deps)
    assert [one.member for one in shown.members] == ["bank:9"]  # staff still see it, and why it was there


def test_accounts_are_named_by_their_number(aiko: House) -> None:
    aiko.clock.advance(seconds=1)
    add_to_list("bad_accounts", "sk-4aiko", None, WHY, ANA, aiko.deps)
    aiko.clock.advance(seconds=1)
    with open_log(aiko, LISTED) as log:
        assert log.accepted(log.event("w1"))[0].verdict is Verdict.REFUSE
    remove_from_list("bad_accounts", "SK-4AIKO", WHY, ANA, aiko.deps)


@pytest.mark.parametrize(
    ("name", "member", "why", "kind"),
    [
        ("bad_payee", "bank:9", WHY, Kind.MISSING),  # no such list; it says which was perhaps meant
        ("bad_payees", "", WHY, Kind.INVALID),
        ("bad_payees", "a\nb", WHY, Kind.INVALID),
        ("bad_payees", "bank:9", "", Kind.INVALID),
        ("bad_accounts", "SK-NONE", WHY, Kind.MISSING),
    ],
)
def test_what_cannot_be_added_is_refused(aiko: House, name: str, member: str, why: str, kind: Kind) -> None:
    with pytest.raises(SekishoError) as raised:
        add_to_list(name, member, None, why, ANA, aiko.deps)
    assert raised.value.kind is kind and (name != "bad_payee" or "bad_payees?" in raised.value.detail)


def test_an_end_lies_ahead_and_what_is_not_there_cannot_be_removed(aiko: House) -> None:
    for call in (
        lambda: add_to_list("bad_payees", "bank:9", aiko.clock(), WHY, ANA, aiko.deps),
        lambda: remove_from_list("bad_payees", "bank:9", WHY, ANA, aiko.deps),
    ):
        with pytest.raises(SekishoError):
            call()


@pytest.mark.parametrize(
    ("field", "text", "member"),
    [
        ("network", "203.0.113.0/24", "203.0.113.0/24"),
        ("network", "203.0.113.77", "203.0.113.0/24"),
        ("network", "2001:db8:7:1::5", "2001:db8:7::/48"),
        ("network", "203.0.113.0/25", None),
        ("network", "203.0.0.0/16", None),
        ("network", "203.0.113.1/24", None),
        ("network", "home", None),
        ("address", "2001:DB8::1", "2001:db8::1"),
        ("address", "203.0.113.0/24", None),
        ("asn", "as02516", "AS2516"),
        ("asn", "ASX", None),
        ("country", "jp", "JP"),
        ("country", "Japan", None),
        ("symbol", " 7203 ", "7203"),
        ("payee", "x" * 201, None),
    ],
)
def test_a_member_is_written_as_events_carry_it(field: str, text: str, member: str | None) -> None:
    if member is None:
        with pytest.raises(SekishoError):
            checked_member(field, text)
    else:
        assert checked_member(field, text) == member
