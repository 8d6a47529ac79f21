"""Who comes from a network that the tables of operators do not know must not pass as one who always came from there (P7, R14)."""

from __future__ import annotations

from sekisho.domain.monitoring.shipped import shipped_rules
from sekisho.kernel.secrets import Secret
from tests.flows.house import House, Person, caller
from tests.flows.monitored import open_log, until

HOME, ABROAD = "203.0.113.7", "192.0.2.66"  # the tables know the first one alone


def habit(house: House, person: Person, address: str) -> Secret | None:
    """Three weeks of logins with one device, whose token it is."""
    token = None
    for _ in range(8):
        token = house.log_in(person, caller(address, token)).client_token
        house.clock.advance(hours=72)
    return token


def verdict_of_stranger(house: House, home: str, elsewhere: str) -> str:
    """Of a login with a new device from elsewhere, by the shipped rules."""
    aiko = house.enrol("aiko")
    with open_log(house, shipped_rules()):
        habit(house, aiko, home)
        session = house.log_in(aiko, caller(elsewhere)).session.id
        until(lambda: session in verdicts(house))
    return verdicts(house)[session]


def verdict_of_moved_session(house: House, home: str, elsewhere: str) -> str:
    """Of her session that goes on elsewhere, with the device it has, by the shipped rules."""
    aiko = house.enrol("aiko")
    with open_log(house, shipped_rules()) as log:
        complete = house.log_in(aiko, caller(home, habit(house, aiko, home)))
        house.live(complete, who=caller(elsewhere))
        return next(row.verdict.value for row in log.settled() if row.event.kind == "session.seen")


def verdicts(house: House) -> dict[str | None, str]:
    with house.storage.reading() as tx:
        return {one.event.session: one.verdict.value for one in tx.events.read(0, 1000) if one.event.kind == "login.completed"}


def test_a_new_device_from_an_unlisted_network_is_a_stranger(house: House) -> None:
    assert verdict_of_stranger(house, HOME, ABROAD) == "challenge"


def test_a_network_without_an_operator_becomes_habit_like_any_other(house: House) -> None:
    """A firm's own line: its /24 stands for the operator."""
    assert verdict_of_stranger(house, ABROAD, "192.0.2.67") == "allow"


def test_another_unlisted_network_is_a_stranger_there_too(house: House) -> None:
    assert verdict_of_stranger(house, ABROAD, "198.51.100.4") == "challenge"


def test_a_session_that_moves_within_private_networks_is_nobody_elses(house: House) -> None:
    """A branch office, a VPN of the broker: from one floor's network to the next nobody changes the operator."""
    assert verdict_of_moved_session(house, "10.1.2.7", "10.1.3.7") == "allow"


def test_a_session_that_moves_from_a_private_network_to_a_strangers_is_a_strangers(house: House) -> None:
    assert verdict_of_moved_session(house, "10.1.2.7", ABROAD) == "challenge"


def test_a_session_that_moves_between_unlisted_networks_is_a_strangers(house: House) -> None:
    assert verdict_of_moved_session(house, ABROAD, "198.51.100.4") == "challenge"
