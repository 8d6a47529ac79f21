"""Log injection: names, programs and codes that carry line breaks, escapes and control characters (R7, R8, R10)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sekisho.domain.audit.entry import intact
from sekisho.flows.activate_trader import begin_activation
from sekisho.flows.add_account import NewTrader, add_account, add_trader
from sekisho.flows.complete_login import Complete
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from tests.flows.house import House, Person, caller

EVIL = [
    "aiko\nlogin.completed trader=admin",
    "a\r\nSet-Cookie: x=1",
    "\x1b[2J\x1b[31maiko",
    "aiko\u202egnp.exe",
    'a","kind":"login.completed',
]


@pytest.mark.parametrize("typed", EVIL)
def test_a_typed_name_makes_no_line_of_its_own(house: House, aiko: Person, typed: str) -> None:
    """It is kept as a keyed hash alone."""
    house.give_password(typed, "guess")
    begin_activation(typed, Secret(typed), caller(), house.deps)
    text = house.audit_text()
    assert typed not in text and "gnp.exe" not in text and "Set-Cookie" not in text and "trader=admin" not in text


@pytest.mark.parametrize("program", EVIL)
def test_a_programs_name_stays_inside_its_field(house: House, aiko: Person, program: str) -> None:
    """Entries are canonical JSON; messages are cut to what is harmless, and still leave (J09)."""
    who = replace(caller(), program=program)
    assert isinstance(house.log_in(aiko, who), Complete)
    for entry in house.audit():
        assert intact(entry) and isinstance(json.loads(entry.facts), dict)
        assert "\n" not in entry.facts and "\x1b" not in entry.facts
    for message in house.messages():
        text = message.body.reveal() + message.subject.reveal()
        assert not any(evil in text for evil in ("\x1b", "\r", "\u202e"))
    assert house.kinds()["login_unknown_client"] == 1


@pytest.mark.parametrize("name", EVIL)
def test_staff_cannot_add_names_with_control_characters(house: House, name: str) -> None:
    if not any(ord(letter) < 32 or letter == "\u202e" for letter in name):
        name = f"{name}\x00"
    with pytest.raises(SekishoError):
        add_account("SK-1", name, "os:desk", house.deps)
    with pytest.raises(SekishoError):
        add_trader(NewTrader("aiko", name, "+819012345678", "en", {}), "os:desk", house.deps)
    with pytest.raises(SekishoError):
        add_trader(NewTrader(name, "Aiko", "+819012345678", "en", {}), "os:desk", house.deps)
    assert house.audit() == []
