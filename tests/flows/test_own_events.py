"""P7, R14: what the audit is told in a flow's commit, monitoring reads; a session that moves is told once per network."""

from __future__ import annotations

import ipaddress

import msgspec
import pytest

from sekisho.domain.monitoring.event import KINDS, OWN_KINDS, MonitoredEvent
from sekisho.flows.own_events import Own, network_of, own_event, placed
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import EventKind
from tests.flows.house import House, caller


def waiting(house: House) -> list[Own]:
    with house.storage.reading() as tx:
        return [msgspec.json.decode(body, type=Own) for _, body in tx.events.intake(1000)]


def test_every_own_kind_is_one_that_the_audit_knows() -> None:
    assert set(OWN_KINDS) <= {kind.value for kind in EventKind}


def test_a_login_waits_for_monitoring_in_the_commit_that_made_it(house: House) -> None:
    aiko = house.enrol("aiko")
    house.fail_passwords(aiko, 1)
    complete = house.log_in(aiko)
    kinds = [one.kind for one in waiting(house)]
    assert kinds == ["code.sent", "trader.activated", "login.refused", "login.password_accepted", "code.sent", "login.completed"]
    with house.storage.reading() as tx:
        events = [own_event(body, house.deps.geodata)[0] for _, body in tx.events.intake(1000)]
    login = events[-1]
    assert (login.trader, login.session, login.device, login.channel) == (aiko.id, complete.session.id, complete.session.client, "portal")
    assert (login.address, login.network, login.asn, login.country) == ("203.0.113.7", "203.0.113.0/24", "AS64500", "JP")
    assert login.extra == {"known_client": False, "methods": "password+security_code"}
    assert events[2].extra is not None and events[2].extra["reason"] == "wrong_password"
    for event in events:
        shape = KINDS[event.kind]
        present = {name for name in shape.needs if event.value(name) is not None or name in ("hour", "weekday")}
        assert present == shape.needs, event


def test_what_was_rolled_back_was_never_told(house: House) -> None:
    class Stop(Exception): ...

    aiko = house.enrol("aiko")
    before = len(waiting(house))
    try:
        with house.storage.transaction() as tx:
            from sekisho.kernel.events import Event

            tx.audit.append(Event(EventKind.PASSWORD_CHANGED, trader=aiko.id), house.clock())
            raise Stop
    except Stop:
        pass
    assert len(waiting(house)) == before


def test_a_session_that_moves_is_told_once_per_network(house: House) -> None:
    aiko = house.enrol("aiko")
    complete = house.log_in(aiko)
    for address in ("203.0.113.7", "198.51.100.1", "198.51.100.2", "192.0.2.9", "198.51.100.1"):
        house.live(complete, who=caller(address))
    seen = [one for one in waiting(house) if one.kind == "session.seen"]
    assert [one.address for one in seen] == ["198.51.100.1", "192.0.2.9"]
    assert {one.columns["session"] for one in seen} == {complete.session.id}


def test_a_move_that_could_not_be_written_is_told_by_the_next_request(house: House) -> None:
    """R6, P7: a thief's first request is answered 503 while the database is full; the rules see him all the same."""
    complete = house.log_in(house.enrol("aiko"))
    thief = caller("198.51.100.1")
    house.storage.failing = True
    with pytest.raises(SekishoError):
        house.live(complete, who=thief)
    house.storage.failing = False
    for _ in range(2):
        house.live(complete, who=thief)
    assert [one.address for one in waiting(house) if one.kind == "session.seen"] == ["198.51.100.1"]


def test_networks_are_what_one_line_moves_within() -> None:
    assert network_of(ipaddress.ip_address("203.0.113.7")) == "203.0.113.0/24"
    assert network_of(ipaddress.ip_address("2001:db8:1:2::9")) == "2001:db8:1::/48"


@pytest.mark.parametrize(
    ("address", "operator"),
    [
        *((private, "private") for private in (
            "10.1.2.7", "172.16.0.1", "172.31.9.9", "192.168.1.1", "100.64.0.9", "100.127.9.9", "127.0.0.1", "169.254.1.1", "fd00:1::1",
            "fe80::1", "::1", "::ffff:10.1.2.7",
        )),
        ("198.51.100.1", "198.51.100.0/24"), ("172.32.0.1", "172.32.0.0/24"), ("100.128.0.1", "100.128.0.0/24"),
        ("2001:db8::1", "2001:db8::/48"), ("203.0.113.7", "AS64500"),
    ],
)  # fmt: skip
def test_private_networks_are_one_operator_and_other_unlisted_ones_stand_for_theirs(house: House, address: str, operator: str) -> None:
    event = placed(MonitoredEvent(id="e", kind="session.seen", own_time=0, address=address), house.deps.geodata)
    assert event.asn == operator
