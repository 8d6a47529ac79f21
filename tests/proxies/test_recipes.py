"""docs/nodes.md, run: two nodes on one PostgreSQL behind the proxy that it configures, and one of them dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from sekisho.settings import load_settings
from tests.databases import *  # noqa: F403
from tests.databases import PostgresServer
from tests.faults.processes import Brokerage, open_brokerage, until
from tests.faults.second_node import second_node
from tests.faults.visitor import CUT
from tests.proxies.recipes import HOSTNAME, PROXY_ADDRESS, RunningProxy, ask, recipe, running, seen_at, status_of

pytestmark = pytest.mark.postgres
PROXIES = ("nginx", "haproxy")
TRUSTING = {
    "SEKISHO__SERVER__HOSTNAMES": f"{HOSTNAME},127.0.0.1",
    "SEKISHO__SERVER__TRUSTED_PROXIES": f"{PROXY_ADDRESS}/32",
    "SEKISHO__SERVER__CLIENT_ADDRESS_HEADER": "x-real-ip",
}


@pytest.fixture(scope="module")
def nodes(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Brokerage, Brokerage]]:
    folder = tmp_path_factory.mktemp("nodes") / "node"
    with open_brokerage(folder, 4, postgres.new_database(), serve=False) as first:
        first.more_env = TRUSTING
        first.start()
        with second_node(first) as second:
            yield first, second


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest, nodes: tuple[Brokerage, Brokerage], tmp_path: Path) -> Iterator[RunningProxy]:
    with running(request.param, tmp_path / request.param, nodes) as proxy:
        yield proxy


def test_the_client_is_seen_through_the_proxy(proxy: RunningProxy, nodes: tuple[Brokerage, Brokerage]) -> None:
    """A whole login, its steps at either node; the address is the client's, whatever he writes himself."""
    person = nodes[0].people[0]
    with proxy.visitor(person, nodes[0]) as visitor:
        token = visitor.log_in()
        assert [visitor.check(token).status for _ in range(6)] == [200] * 6
        assert visitor.ask("DELETE", "/v1/session", token=token).status == 204
    forged = [("X-Real-IP", "203.0.113.7"), ("X-Forwarded-For", "203.0.113.7"), ("Forwarded", "for=203.0.113.7")]
    assert {seen_at(ask(proxy.trust, proxy.https, person.source, forged)) for _ in range(4)} == {person.source}
    assert _refused_elsewhere(proxy)


def _refused_elsewhere(proxy: RunningProxy) -> bool:
    """Another name: no handshake, or 421."""
    try:
        return status_of(ask(proxy.trust, proxy.https, "127.0.0.7", [], host="elsewhere.example", sni=HOSTNAME)) == 421
    except OSError:
        return True


def test_plain_http_leads_to_https(proxy: RunningProxy) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{proxy.http}/login?next=1", headers={"host": HOSTNAME}, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{HOSTNAME}/login?next=1")


def test_one_node_dies_and_the_other_answers(proxy: RunningProxy, nodes: tuple[Brokerage, Brokerage]) -> None:
    """Sessions go on; at most what the dead node was about to answer is lost, and new logins work at once."""
    first, second = nodes
    person, newcomer = first.people[1:3]
    with proxy.visitor(person, first) as visitor, proxy.visitor(newcomer, first) as late:
        token = visitor.log_in()
        second.kill("all")
        try:
            answers = Counter(visitor.check(token).status for _ in range(20))
            assert answers[200] >= 19 and set(answers) <= {200, 502, 503, CUT}, answers
            until(lambda: {visitor.check(token).status for _ in range(10)} == {200}, 30)  # the proxy has found out
            assert late.check(late.log_in()).status == 200
        finally:
            second.start()
        until(lambda: _both_serve(proxy, person.source, nodes), 40)


def _both_serve(proxy: RunningProxy, source: str, nodes: tuple[Brokerage, Brokerage]) -> bool:
    """Each node has answered a request that came through the proxy."""
    before = [len(node.events("request")) for node in nodes]
    for _ in range(8):
        seen_at(ask(proxy.trust, proxy.https, source, []))
    return all(len(node.events("request")) > count for node, count in zip(nodes, before, strict=True))


def test_the_nodes_settings_of_the_paper_hold(nodes: tuple[Brokerage, Brokerage], tmp_path: Path) -> None:
    """As they are printed, beside what a house needs anyway."""
    printed = recipe("toml")
    own = [line for line in nodes[0].config.read_text().splitlines() if line]
    kept, section = [], ""
    for line in own:
        section = line if line.startswith("[") else section
        if section not in ("[server]", "[database]"):
            kept.append(line)
    config = tmp_path / "sekisho.toml"
    config.write_text("\n".join(kept) + "\n" + printed)
    found = load_settings(config).settings.server
    assert (found.hostnames, found.client_address_header) == ((HOSTNAME,), "x-real-ip")
    assert [str(network) for network in found.trusted_proxies] == ["10.20.0.2/32"]
