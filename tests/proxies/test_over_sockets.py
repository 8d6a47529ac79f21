"""R5 *Client address* over real sockets: the same table against running servers, headers sent byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.faults.processes import Brokerage
from tests.faults.visitor import Visitor
from tests.proxies.address_cases import CASES, Case
from tests.proxies.doors import IPV6, opened
from tests.proxies.recipes import PROXY_ADDRESS, ask, seen_at

WHY = ("--reason", "a test asked for it", "--identity-check", "none: the test's own person")


@pytest.fixture(scope="module")
def house_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Brokerage]]:
    """The running house of a door of the table; opened when first asked for."""
    with ExitStack() as stack:

        @cache
        def house_of(door: str) -> Brokerage:
            return stack.enter_context(opened(door, tmp_path_factory.mktemp("house")))

        yield house_of


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_address_that_we_see_over_a_socket(house_of: Callable[[str], Brokerage], case: Case) -> None:
    """Doubled headers travel twice, forged ones as they are written; what the page /where shows is what R5 says."""
    if case.peer == "::1" and not IPV6:
        pytest.skip("this machine has no IPv6")
    house = house_of(case.door)
    assert seen_at(ask(house.trust, house.https, case.peer, case.headers)) == case.seen


def test_without_an_address_a_list_refuses(tmp_path: Path) -> None:
    """R5: the list holds at login and on every request; the proxy's own address is never taken in place of the client's."""
    with opened("real-ip", tmp_path / "house", people=2) as house:
        listed, free = house.people
        networks = tmp_path / "networks.txt"
        networks.write_text(f"203.0.113.0/24\n{PROXY_ADDRESS}/32\n")
        house.command("ip-list", "set", str(networks), "--trader", listed.username, *WHY)
        by_proxy = replace(listed, source=PROXY_ADDRESS)

        def coming_from(*values: str) -> Visitor:
            return Visitor(by_proxy, house, lambda request: request.headers.update([("X-Real-IP", value) for value in values]))

        with coming_from("203.0.113.7") as inside, coming_from("198.51.100.1") as outside, coming_from() as nameless:
            token = inside.log_in()
            assert [visitor.check(token).status for visitor in (inside, outside, nameless)] == [200, 401, 401]
            refused = [visitor.give_password(listed.password) for visitor in (outside, nameless)]
            assert [answer.status for answer in refused] == [401, 401] and refused[0].body == refused[1].body
            assert inside.check(token).status == 200, "a refusal ends nothing"
        with Visitor(replace(free, source=PROXY_ADDRESS), house) as nameless:
            assert nameless.check(nameless.log_in()).status == 200, "where no list applies, an address is not needed"
