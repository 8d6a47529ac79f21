"""Networks of the simulation are real: their blocks lie in the country and with the operator that the built-in files say."""

from collections import Counter
from ipaddress import IPv4Network, ip_address
from itertools import pairwise
from random import Random

import pytest

from sekisho.adapters.geodata import open_geodata
from sekisho.demo.simulation.carriers import CARRIERS, draw_place, host_in

BLOCKS = [(carrier.country, block) for carrier in CARRIERS for block in carrier.blocks]


@pytest.fixture(scope="module")
def geodata():
    return open_geodata(None, None)


@pytest.mark.parametrize("country, block", BLOCKS)
def test_a_block_lies_in_the_country_that_it_says(country, block, geodata):
    looked = {geodata.look(each[1]).country for each in IPv4Network(block).subnets(new_prefix=24)}
    assert looked == {country}


@pytest.mark.parametrize("operator, block", [(carrier.asn, block) for carrier in CARRIERS for block in carrier.blocks])
def test_a_block_is_routed_by_the_operator_that_it_says(operator, block, geodata):
    """The most of it: operators lend parts of their blocks."""
    looked = Counter(geodata.look(each[1]).network.partition(" ")[0] for each in IPv4Network(block).subnets(new_prefix=24))
    assert looked.most_common(1)[0][0] == operator
    assert looked[operator] > looked.total() / 2


def test_blocks_do_not_overlap():
    networks = sorted(IPv4Network(block) for _, block in BLOCKS)
    assert all(before.broadcast_address < after.network_address for before, after in pairwise(networks))


def test_an_address_lies_in_its_network_and_block():
    rng = Random(1)
    for carrier in CARRIERS:
        for _ in range(20):
            place = host_in(draw_place(carrier, rng), rng)
            address, network = ip_address(place.address), IPv4Network(place.network)
            assert network.prefixlen == 24 and address in network
            assert any(network.subnet_of(IPv4Network(block)) for block in carrier.blocks)
            assert (place.asn, place.country) == (carrier.asn, carrier.country)
