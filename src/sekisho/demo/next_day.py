"""What a new device may not do for 24 h (R4) can be tried at once: the demo lets the browsers used so far be known since yesterday."""

from __future__ import annotations

from dataclasses import replace

from sekisho.bootstrap.house import House
from sekisho.demo.people import PEOPLE
from sekisho.flows.complete_login import QUARANTINE
from sekisho.flows.ports.storage import ChangeKind

__all__ = ["let_a_day_pass"]


def let_a_day_pass(house: House) -> None:
    """For the browsers and sessions of the demo's people alone; waiting changes go on waiting, to be looked at and cancelled."""
    now = house.clock()
    with house.storage.transaction() as tx:
        for person in PEOPLE:
            found = tx.traders.by_username(person.username)
            record = found and tx.traders.lock(found.trader.id)
            if record is None:
                continue
            for client in tx.known_clients.of(record.trader.id, now):
                tx.known_clients.drop(client.trader, client.id)
                tx.known_clients.add(replace(client, added=client.added - QUARANTINE))
            for session in tx.sessions.live_of(record.trader.id):
                tx.sessions.save(replace(session, quarantined_until=None))
                tx.changes.append(ChangeKind.SESSION, session.id, now)
