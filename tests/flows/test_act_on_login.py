"""P7, J16, N51: what rules say of a login is acted on in the commit that judged it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from sekisho.domain.sessions import EndReason, Session
from sekisho.flows.complete_login import Complete
from tests.flows.house import House, caller
from tests.flows.monitored import Log, open_log

RULES = """
rule strange_login
    on      {kind}
    when    present(country) and country == "JP"
    then    {verdict}
    reason  strange_login
    queue   logins
    en      "A login from {{country}}."
    ja      "{{country}}からのログインです。"
"""


def session_of(house: House, complete: Complete) -> Session:
    with house.storage.reading() as tx:
        found = tx.sessions.get(complete.session.id)
    assert found is not None
    return found


def judged(log: Log, house: House) -> None:
    until = time.monotonic() + 15
    while not house.audited("login.judged") and time.monotonic() < until:
        time.sleep(0.02)


@pytest.fixture
def known(house: House) -> Complete:
    """A login of a device that is no longer new, from a network without a country."""
    aiko = house.enrol("aiko")
    first = house.log_in(aiko, caller("192.0.2.5"))
    house.clock.advance(hours=48)
    return house.log_in(aiko, caller("192.0.2.5", first.client_token))


def test_a_login_that_rules_refuse_ends_its_session(house: House) -> None:
    aiko = house.enrol("aiko")
    with open_log(house, RULES.format(kind="login.completed", verdict="refuse")) as log:
        complete = house.log_in(aiko)
        judged(log, house)
    ended = session_of(house, complete)
    assert ended.end_reason is EndReason.SUSPICIOUS and house.live(complete).refused  # type: ignore[union-attr]
    assert house.kinds()["login_suspicious"] == 1
    assert house.audited("login.judged", verdict="refuse", session=complete.session.id) == 1


@pytest.mark.parametrize("verdict", ["challenge", "hold"])
def test_a_known_device_that_looks_stolen_is_quarantined(house: House, known: Complete, verdict: str) -> None:
    """Session theft: the same session in another network (`session.seen`)."""
    assert session_of(house, known).quarantined_until is None
    with open_log(house, RULES.format(kind="session.seen", verdict=verdict)) as log:
        house.live(known, who=caller("203.0.113.9"))
        judged(log, house)
    touched = session_of(house, known)
    assert touched.ended is None and touched.quarantined_until == house.clock() + timedelta(hours=24)
    assert house.kinds()["login_suspicious"] == 1


def test_what_rules_allow_is_left_alone(house: House, known: Complete) -> None:
    with open_log(house, RULES.format(kind="session.seen", verdict="refuse")) as log:
        house.live(known, who=caller("198.51.100.1"))  # seen, and of no country
        kinds = [row.event.kind for row in log.settled()]
    assert "session.seen" in kinds and session_of(house, known).quarantined_until is None
    assert house.audited("login.judged") == 0
