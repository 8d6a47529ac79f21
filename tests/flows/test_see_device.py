"""P7: a session that goes on in another browser is told once, as two devices, and the shipped rule of session theft ends it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sekisho.domain.monitoring.shipped import shipped_rules
from sekisho.domain.sessions import EndReason
from sekisho.flows.complete_login import Complete
from sekisho.flows.see_device import see_device
from sekisho.kernel.errors import SekishoError
from tests.flows.house import House, caller
from tests.flows.monitored import open_log
from tests.flows.test_act_on_login import judged, session_of
from tests.flows.test_own_events import waiting


@pytest.fixture
def opened(house: House) -> Complete:
    return house.log_in(house.enrol("aiko"), replace(caller(), program="Chrome Windows"))


def seen(house: House, opened: Complete, *programs: str) -> None:
    live = house.present(opened)
    for program in programs:
        asyncio.run(see_device(live, program, house.deps))


def test_both_devices_are_told_once(house: House, opened: Complete) -> None:
    seen(house, opened, "Chrome Windows")
    assert [one for one in waiting(house) if one.kind == "session.seen"] == []
    seen(house, opened, "Firefox Windows", "Chrome Windows", "Firefox Windows")
    told = [one for one in waiting(house) if one.kind == "session.seen"]
    assert [one.columns["device"] for one in told] == [opened.session.client, "Firefox Windows"]
    assert {one.columns["session"] for one in told} == {opened.session.id}


def test_a_device_that_could_not_be_written_is_told_by_the_next_request(house: House, opened: Complete) -> None:
    house.storage.failing = True
    with pytest.raises(SekishoError):
        seen(house, opened, "Firefox Windows")
    house.storage.failing = False
    seen(house, opened, "Firefox Windows", "Firefox Windows")
    assert [one.columns["device"] for one in waiting(house) if one.kind == "session.seen"] == [opened.session.client, "Firefox Windows"]


@pytest.mark.parametrize("program, ended", [("Firefox Linux", EndReason.SUSPICIOUS), ("Chrome Windows", None)])
def test_the_shipped_rule_ends_a_session_of_two_devices(house: House, opened: Complete, program: str, ended: EndReason | None) -> None:
    with open_log(house, shipped_rules()) as log:
        seen(house, opened, program)
        log.settled()
        if ended:
            judged(log, house)
    assert session_of(house, opened).end_reason is ended
    assert house.audited("login.judged", verdict="refuse") == int(ended is not None)
