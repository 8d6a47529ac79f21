"""A real server for each door of the table of addresses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.processes import Brokerage, open_brokerage
from tests.proxies.address_cases import DOORS
from tests.proxies.recipes import HOSTNAME

__all__ = ["IPV6", "opened"]


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


IPV6 = _has_ipv6()  # then the server listens on both families, and IPv4 peers reach it as mapped addresses


def _door(name: str) -> dict[str, str]:
    """The settings of a door of the table, as the environment gives them."""
    proxies = DOORS[name]
    env = {"SEKISHO__SERVER__HTTPS_ADDRESS": "::" if IPV6 else "0.0.0.0", "SEKISHO__SERVER__HOSTNAMES": f"{HOSTNAME},127.0.0.1"}
    if proxies.networks:
        env |= {
            "SEKISHO__SERVER__TRUSTED_PROXIES": ",".join(map(str, proxies.networks)),
            "SEKISHO__SERVER__CLIENT_ADDRESS_HEADER": proxies.header,
        }
    return env


@contextmanager
def opened(name: str, folder: Path, people: int = 1) -> Iterator[Brokerage]:
    """`sekisho serve` that trusts whom this door of the table trusts."""
    with open_brokerage(folder, people, serve=False) as house:
        house.more_env = _door(name)
        house.start()
        yield house
