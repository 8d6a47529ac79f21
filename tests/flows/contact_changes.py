"""A trader who changes his contact data, as the pages do it; with the house of these tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from sekisho.domain.accounts import Contact, ContactKind
from sekisho.domain.notifications import Channel
from sekisho.flows.begin_ceremony import Begun
from sekisho.flows.change_contact import confirm_contact, name_contact, wanted_contact
from sekisho.flows.checkpoint import Action
from sekisho.flows.destinations import notice_destinations
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.settle_contact import apply_due_contacts, cancel_contact
from sekisho.flows.step_up import begin_step_up
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from tests.flows.house import PASSWORD, House, Person, caller

__all__ = ["DAY", "MAIL", "NEW_PHONE", "OLD_PHONE", "Change", "change"]

OLD_PHONE, NEW_PHONE, MAIL = "+819012345678", "+818099998888", "aiko@example.net"
DAY = timedelta(hours=24)


@dataclass
class Change:
    """Aiko, logged in from a device that has been known for two days."""

    house: House
    aiko: Person
    live: LiveSession
    client: Secret

    def again(self) -> None:
        """The session has ended by itself; another one from the same device."""
        complete = self.house.log_in(self.aiko, caller(client_token=self.client))
        self.live, self.client = self.house.present(complete), complete.client_token

    def begin(self, kind: ContactKind, address: str, live: LiveSession | None = None, password: str = PASSWORD) -> Begun | Refused:
        live = live or self.live
        wanted = wanted_contact(kind, address, live, self.house.deps)
        step = begin_step_up(Action.CHANGE_CONTACT, wanted.text, Secret(password), live, caller(), self.house.deps, wanted.packed())
        return asyncio.run(step)

    def name(self, kind: ContactKind, address: str) -> Begun:
        begun = self.begin(kind, address)
        assert isinstance(begun, Begun), begun
        named = name_contact(begun.token, Secret(self.house.ask_code(begun.token)), self.live, caller(), self.house.deps)
        assert isinstance(named, Begun), named
        return named

    def confirm(self, named: Begun, digits: str) -> Contact | Refused:
        return confirm_contact(named.token, Secret(digits), self.live, caller(), self.house.deps)

    def make(self, kind: ContactKind, address: str) -> Contact:
        """The whole change, until it waits."""
        named = self.name(kind, address)
        contact = self.confirm(named, self.house.ask_code(named.token))
        assert isinstance(contact, Contact), contact
        return contact

    def wait(self, span: timedelta = DAY) -> int:
        self.house.clock.advance(hours=span.total_seconds() / 3600)
        return apply_due_contacts(self.house.deps)

    def cancel(self, contact: str, live: LiveSession | None = None, password: str = PASSWORD) -> Contact | Refused:
        return asyncio.run(cancel_contact(contact, Secret(password), live or self.live, caller(), self.house.deps))

    def contacts(self) -> list[Contact]:
        """Those on their way, and those that hold."""
        with self.house.storage.reading() as tx:
            return tx.contacts.of(self.aiko.id)

    def addresses(self) -> list[str]:
        found = notice_destinations(self.house.record(self.aiko), True, self.house.keyring)
        return [one.address.reveal() for one in found]

    def told(self, kind: str) -> list[tuple[Channel, str]]:
        """Of all messages of that kind, each way once: text messages first."""
        ways = {(one.channel, one.address.reveal()) for one in self.house.messages() if one.kind == kind}
        return sorted(ways, key=lambda way: (way[0] is Channel.EMAIL, way[1] != OLD_PHONE, way[1]))


@pytest.fixture
def change(house: House) -> Change:
    aiko = house.enrol("aiko")
    first = house.log_in(aiko)
    house.clock.advance(hours=48)
    second = house.log_in(aiko, caller(client_token=first.client_token))
    return Change(house, aiko, house.present(second), second.client_token)
