"""How the demo's people stand now, told truly: what visitors do changes it."""

from __future__ import annotations

from dataclasses import dataclass

from sekisho.bootstrap.house import House
from sekisho.demo.folder import Kept
from sekisho.demo.people import ACCOUNTS, PEOPLE, Person
from sekisho.domain.accounts import Role
from sekisho.flows.unlock_login import strangers_restricted
from sekisho.texts.catalogue import N_

__all__ = ["ROLES", "Standing", "standings"]

ROLES = {
    Role.HOLDER: N_("Holder"),
    Role.VIEWER: N_("Viewer"),
    Role.TRADER: N_("Trader"),
    Role.TREASURER: N_("Treasurer"),
    Role.SECURITY: N_("Security delegate"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """accounts: number, title, role. password: the demo's own for him, "" if he chose or will choose his own."""

    person: Person
    password: str
    activation_code: str
    activated: bool
    restricted: bool

    @property
    def accounts(self) -> list[tuple[str, str, str]]:
        return [(number, ACCOUNTS[number], ROLES[role]) for number, role in self.person.accounts.items()]


def standings(house: House, kept: Kept) -> list[Standing]:
    now = house.clock()
    found = []
    with house.storage.reading() as tx:
        for person in PEOPLE:
            record = tx.traders.by_username(person.username)
            found.append(
                Standing(
                    person,
                    kept.passwords.get(person.username, ""),
                    kept.activation_codes.get(person.username, ""),
                    activated=record is not None and record.trader.activated is not None,
                    restricted=record is not None and strangers_restricted(record, now, tx),
                )
            )
    return found
