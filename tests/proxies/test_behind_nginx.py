"""R5 *Client address* with nginx in front, as docs/nodes.md configures it; skipped where nginx is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.processes import Brokerage
from tests.proxies.address_cases import CASES, Case
from tests.proxies.doors import opened
from tests.proxies.recipes import HOSTNAME, PROXY_ADDRESS, RunningProxy, ask, running, seen_at, status_of


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Brokerage]:
    with opened("real-ip", tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="module")
def nginx(house: Brokerage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    with running("nginx", tmp_path_factory.mktemp("proxy") / "nginx", [house]) as proxy:
        yield proxy


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behind_nginx_the_client_is_who_connected(nginx: RunningProxy, case: Case) -> None:
    """Whatever a client writes into any header of the table, alone or twice: nginx overwrites the one that counts (R5)."""
    assert seen_at(ask(nginx.trust, nginx.https, "127.0.0.9", case.headers)) == "127.0.0.9"


def test_a_stranger_at_the_nodes_own_door_is_himself(nginx: RunningProxy, house: Brokerage) -> None:
    """Past the proxy, with the proxy's header: seen as who he is; and under the proxy's address without the header: as nobody."""
    assert seen_at(ask(house.trust, house.https, "127.0.0.7", [("X-Real-IP", "203.0.113.7")])) == "127.0.0.7"
    assert seen_at(ask(house.trust, house.https, PROXY_ADDRESS, [])) is None


def test_other_names_are_served_nowhere(nginx: RunningProxy, house: Brokerage) -> None:
    """The proxy ends the handshake under another name, and the node answers 421 to what a careless proxy would pass on."""
    with pytest.raises(OSError):
        ask(nginx.trust, nginx.https, "127.0.0.7", [], host="elsewhere.example")
    names = {"elsewhere.example": 421, HOSTNAME.upper(): 200, f"{HOSTNAME}:443": 200, f"{HOSTNAME}.": 421}
    real = [("X-Real-IP", "203.0.113.7")]
    assert {name: status_of(ask(house.trust, house.https, PROXY_ADDRESS, real, name, sni=HOSTNAME)) for name in names} == names
    assert status_of(ask(house.trust, house.https, PROXY_ADDRESS, [*real, ("Host", "elsewhere.example")])) == 421
