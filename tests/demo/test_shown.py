"""The demo's page of events draws whatever stands in the log: also what an earlier version took as it was sent."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sekisho.adapters.geodata import open_geodata
from sekisho.demo.monitoring.shown import Teller
from sekisho.demo.monitoring.watch import Seen
from sekisho.domain.monitoring.event import MonitoredEvent
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.ports.monitoring import KeptReasons, LoggedEvent
from sekisho.texts.catalogue import Language


@pytest.mark.parametrize("address", ["8.8.8.8:51234", "at home", "::ffff:203.0.113.7", "203.0.113.7"])
def test_an_event_of_any_address_is_shown(address: str) -> None:
    firm = SimpleNamespace(time_zone=ZoneInfo("Asia/Tokyo"))
    house: Any = SimpleNamespace(settings=SimpleNamespace(firm=firm), geodata=open_geodata(None, None))
    event = MonitoredEvent("a:1", "order.placed", 1_764_000_000_000, sequence=1, address=address, country="JP")
    row = LoggedEvent(event, "", 1, Verdict.ALLOW, 0, None, "{}")
    shown = Teller(Language.EN, house, {}).shown(Seen(row, Verdict.ALLOW, KeptReasons()))
    assert address in shown.place and "Japan" in shown.place
