"""Who is who in the demo: accounts, traders, mandates. Numbers and addresses belong to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sekisho.domain.accounts import Role
from sekisho.texts.catalogue import N_

__all__ = ["ACCOUNTS", "PEOPLE", "Begins", "Person"]


class Begins(StrEnum):
    """How a person stands when the demo opens."""

    ACTIVE = "active"
    RESTRICTED = "restricted"  # five wrong passwords were tried
    NOT_ACTIVATED = "not_activated"  # holds an activation code, has no password yet


@dataclass(frozen=True, slots=True)
class Person:
    """accounts: number → role. story: a catalogue text that says what to try with this person.

    been_in_from: addresses of his logins before the demo opens, so that a dry run has something to try a list on.
    """

    username: str
    name: str
    phone: str
    email: str
    language: str
    accounts: Mapping[str, Role]
    begins: Begins
    story: str
    been_in_from: tuple[str, ...] = ()


ACCOUNTS: Mapping[str, str] = {
    "U1000007": "Hanako Sato",
    "U1000023": "Mori Family Trading",
    "U1000031": "Yuki Abe",
    "U1000048": "Ren Kato",
}

PEOPLE = (
    Person(
        "hanako.sato",
        "Hanako Sato",
        "+819012345601",
        "hanako.sato@example.com",
        "en",
        {"U1000007": Role.HOLDER},
        Begins.ACTIVE,
        N_("Holds one account. Log in as her first."),
    ),
    Person(
        "kenji.mori",
        "森 健司",
        "+819012345602",
        "kenji.mori@example.com",
        "ja",
        {"U1000023": Role.HOLDER},
        Begins.ACTIVE,
        N_("Holds the account that three people share. His messages are in Japanese."),
    ),
    Person(
        "aiko.tanaka",
        "田中 愛子",
        "+819012345603",
        "aiko.tanaka@example.com",
        "ja",
        {"U1000023": Role.TRADER},
        Begins.ACTIVE,
        N_("May trade on the shared account, and no more."),
        ("127.0.0.1", "198.51.100.20"),
    ),
    Person(
        "john.miller",
        "John Miller",
        "+819012345604",
        "john.miller@example.com",
        "en",
        {"U1000023": Role.VIEWER},
        Begins.ACTIVE,
        N_("May only look at the shared account."),
    ),
    Person(
        "yuki.abe",
        "安部 由紀",
        "+819012345605",
        "yuki.abe@example.com",
        "ja",
        {"U1000031": Role.HOLDER},
        Begins.RESTRICTED,
        N_("Somebody tried five wrong passwords on this login. The right one does not help now either."),
    ),
    Person(
        "ren.kato",
        "Ren Kato",
        "+819012345606",
        "ren.kato@example.com",
        "en",
        {"U1000048": Role.HOLDER},
        Begins.NOT_ACTIVATED,
        N_("Has an activation code from the broker, and chooses a password of his own."),
    ),
)
