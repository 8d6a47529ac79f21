"""A calm market, sent to the demo's own door by the broker's client as a trading system would: what happens now, a few events a second."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from sekisho.clients.broker import BrokerClient, BrokerFault, Event
from sekisho.demo.folder import DemoFolder
from sekisho.demo.market import names_of, trading_days
from sekisho.demo.simulation.desk import EventLine
from sekisho.domain.monitoring.event import BROKER_KINDS
from sekisho.kernel.times import utc_now

__all__ = ["live_events"]

_PAUSE = 0.6  # seconds between two events
_LATER = 4.0  # the same once nobody is likely to look on
_LOOKED_AT = 15 * 60.0
_LOOK = 0.2
_SAME = ("device", "channel", "address", "amount", "currency", "amount_jpy", "symbol", "liquidity", "side", "quantity", "payee")


def _send(folder: DemoFolder) -> None:
    """Waits until the demo serves, and ends with it, however that ends."""
    parent, begun = os.getppid(), time.monotonic()
    while not folder.running.exists():
        time.sleep(_LOOK)
        if os.getppid() != parent:
            return
    told = json.loads(folder.running.read_text("utf-8"))
    with BrokerClient(told["base_url"], told["broker_api_key"], told["ca_file"]) as client:
        for event in live_events(date.fromisoformat(folder.kept().market_begins)):
            if os.getppid() != parent:
                return
            with suppress(BrokerFault):  # a server that is starting again answers soon
                client.events.send_event(event)
            time.sleep(_PAUSE if time.monotonic() - begun < _LOOKED_AT else _LATER)


def live_events(first: date) -> Iterator[Event]:
    """Trading days of the market from its past's end on, one after another, each event with the time at which it is asked for."""
    run = uuid4().hex[:8]
    for events in trading_days(first):
        for event in events:
            if event.kind in BROKER_KINDS:
                yield _now(event, run)


def _now(event: EventLine, run: str) -> Event:
    names = names_of(event)
    assert names is not None  # the market gives no others
    known: Mapping[str, Any] = {name: getattr(event, name) for name in _SAME}
    return Event(
        id=f"{run}-{event.id}",
        kind=event.kind,
        time=utc_now(),
        account=names.number if event.account else None,
        trader=names.username if event.trader else None,
        session=event.session,
        attributes=event.extra or {},
        **known,
    )


if __name__ == "__main__":
    os.nice(10)
    _send(DemoFolder(Path(sys.argv[1])))
