"""P7, R5: one address is one address, however the broker's systems write it; what is none is told, and never taken without a place."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.domain.instructions import InstructionKind
from sekisho.domain.ip_restrictions import AddressList, Entries, Entry
from sekisho.domain.monitoring.list_member import checked_member
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.change_rule_list import add_to_list
from sekisho.flows.screen_instruction import screen_instruction
from sekisho.kernel.addresses import parse_address
from sekisho.kernel.errors import SekishoError
from tests.flows.house import House
from tests.flows.monitored import KEY, RULES, open_log

WATCHED = (
    RULES
    + """
list watched of network
list watched_one of address

rule watched
    on      order.placed
    when    present(network) and network in watched or present(address) and address in watched_one
    then    hold
    reason  watched
    queue   orders
    en      "The network is watched."
    ja      "監視対象のネットワークです。"
"""
)
ORDER: dict[str, str | int] = {"symbol": "7203", "side": "sell", "quantity": 100, "amount_jpy": 250_000, "liquidity": "liquid"}
ONE_ADDRESS = [
    ("203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
    ("::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
    ("::FFFF:cb00:7107", "203.0.113.7", "203.0.113.0/24"),
    ("0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"),
    ("2001:4860:4860:0:0:0:0:8888", "2001:4860:4860::8888", "2001:4860:4860::/48"),
    ("2001:4860:4860::8888", "2001:4860:4860::8888", "2001:4860:4860::/48"),
]
NO_ADDRESS = ["8.8.8.8:51234", "[2001:db8::1]", "fe80::1%eth0", "8.8.8", "08.8.8.8", " 8.8.8.8", "８.8.8.8", "10.0.0.0/8", "at home"]


@pytest.fixture
def aiko(house: House) -> House:
    house.enrol("aiko")
    return house


@pytest.mark.parametrize(("sent", "kept", "network"), ONE_ADDRESS)
def test_an_address_stands_in_the_log_in_its_normal_form(aiko: House, sent: str, kept: str, network: str) -> None:
    with open_log(aiko) as log:
        (event,) = log.accepted(log.order("o1", address=sent))
        asked = replace(log.instruction("i1", InstructionKind.ORDER, **ORDER), address=sent)
        (instruction,) = screen_instruction(asked, KEY, aiko.deps.monitor, aiko.deps).result(20)
    for found in (event.event, instruction.event):
        assert (found.address, found.network) == (kept, network)
        assert (found.asn, found.country) == (("AS64500", "JP") if kept.startswith("203.") else (network, None))


@pytest.mark.parametrize("sent", NO_ADDRESS)
def test_what_is_no_address_is_told_for_that_item_alone(aiko: House, sent: str) -> None:
    with open_log(aiko) as log:
        taken = log.send(log.order("o1", address=sent), log.order("o2"))
        assert list(taken.problems) == [0] and "no IP address" in taken.problems[0].detail
        assert taken.waiting is not None and len(taken.waiting.result(20)) == 1
        with pytest.raises(SekishoError):
            screen_instruction(replace(log.instruction("i1", InstructionKind.ORDER, **ORDER), address=sent), KEY, log.writer, aiko.deps)


@pytest.mark.parametrize("sent", ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.200"])
@pytest.mark.parametrize("member", ["203.0.113.0/24", "::ffff:203.0.113.9", "::ffff:203.0.113.0/120"])
def test_a_watched_network_is_found_however_it_is_written(member: str, sent: str) -> None:
    address = parse_address(sent)
    assert address is not None and address in ip_network(checked_member("network", member))


@pytest.mark.parametrize("member", ["::ffff:203.0.113.7", "203.0.113.7"])
def test_a_watched_address_is_found_however_it_is_written(member: str) -> None:
    assert checked_member("address", member) == "203.0.113.7"


def test_a_watched_network_holds_what_comes_in_the_mapped_form(aiko: House) -> None:
    from tests.flows.monitored import publish

    publish(aiko, WATCHED)
    add_to_list("watched", "203.0.113.0/24", None, "known to the desk", "os:ana", aiko.deps)
    add_to_list("watched_one", "2001:db8::7", None, "known to the desk", "os:ana", aiko.deps)
    aiko.clock.advance(seconds=1)
    with open_log(aiko, None) as log:
        mapped, long, other = log.accepted(
            log.order("o1", address="::ffff:203.0.113.7", side="sell"),
            log.order("o2", address="2001:db8:0:0:0:0:0:7", side="sell"),
            log.order("o3", address="198.51.100.7", side="sell"),
        )
    assert [one.verdict for one in (mapped, long, other)] == [Verdict.HOLD, Verdict.HOLD, Verdict.ALLOW]


def test_an_accounts_list_admits_the_mapped_form_of_what_it_allows(aiko: House) -> None:
    """R5: an IPv4-mapped address is unmapped."""
    with aiko.storage.transaction() as tx:
        account = tx.accounts.by_number("SK-4AIKO")
        assert account is not None
        allowed = Entries((Entry(ip_network("203.0.113.0/24")),))
        tx.address_lists.save(AddressList(account.id, 1, allowed, aiko.clock(), "os:desk"))
    with open_log(aiko) as log:

        def codes(reference: str, address: str) -> tuple[str, ...]:
            asked = replace(log.instruction(reference, InstructionKind.ORDER, **ORDER), address=address)
            (outcome,) = screen_instruction(asked, KEY, aiko.deps.monitor, aiko.deps).result(20)
            return outcome.instruction.reasons

        assert codes("i1", "::ffff:203.0.113.7") == codes("i2", "203.0.113.7") == ()
        assert codes("i3", "::ffff:198.51.100.7") == codes("i4", "198.51.100.7") == ("address_refused",)


@given(st.text(alphabet="0123456789abcdefABCDEF.:%[]/ f", max_size=45) | st.ip_addresses().map(str))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_taken_as_an_address_without_a_place(text: str) -> None:
    """Either it is read, and its normal form reads as itself and has a network; or it is none."""
    address = parse_address(text)
    if address is not None:
        assert parse_address(str(address)) == address
        assert getattr(address, "ipv4_mapped", None) is None
