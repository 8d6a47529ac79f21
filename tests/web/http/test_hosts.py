"""R5: only our own hosts are served."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from sekisho.web.http.faults import HttpFault
from sekisho.web.http.hosts import Hosts
from tests.web.http.asgi import ask

APP = Hosts(Response("in"), ["portal.example", "localhost", "::1"])


@pytest.mark.parametrize("host", ["portal.example", "PORTAL.example", "portal.example:8443", "localhost:1", "[::1]", "[::1]:8443"])
def test_our_hosts_are_served(host: str) -> None:
    assert ask(APP, headers=[("host", host)]).status == 200


@pytest.mark.parametrize(
    "hosts",
    [
        [], ["portal.example", "portal.example"], ["evil.example"], ["portal.example.evil.example"], ["portal.example."], [""],
        ["127.0.0.1"],
               ["portal.example:"], ["portal.example:99999999"], ["portal.example, evil"], ["user@portal.example"], ["portal.example/x"],
        [" portal.example"], ["x.portal.example"], ["::1"],
    ],
)  # fmt: skip
def test_any_other_host_is_misdirected(hosts: list[str]) -> None:
    with pytest.raises(HttpFault) as caught:
        ask(APP, headers=[("host", host) for host in hosts])
    assert caught.value.status == 421


@pytest.mark.parametrize("target", ["http://portal.example/", "*", ""])
def test_a_target_that_is_no_path_is_misdirected(target: str) -> None:
    with pytest.raises(HttpFault) as caught:
        ask(APP, path=target)
    assert caught.value.status == 421


@pytest.mark.parametrize("names", [[], ["https://portal.example"], ["portal.example:8443"], ["*"], ["a..b"]])
def test_hostnames_are_checked_at_start(names: list[str]) -> None:
    with pytest.raises(ValueError):
        Hosts(Response("in"), names)
