"""The thief who was found out once, and comes again when his first visit would have become the customer's habit (R14)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from sekisho.domain.instructions import Instruction, InstructionKind, InstructionState
from sekisho.domain.instructions.instruction import hash_of
from sekisho.domain.monitoring.shipped import shipped_rules
from sekisho.domain.monitoring.verdict import Verdict
from sekisho.flows.complete_login import Complete
from sekisho.flows.dispute_instruction import dispute_instruction
from sekisho.flows.ports.geodata import Origin
from sekisho.flows.ports.memory import LiveSession
from sekisho.flows.ports.monitoring import Accepted, LoggedEvent
from sekisho.flows.screen_instruction import NewInstruction, screen_instruction
from sekisho.kernel.decision import Refused
from sekisho.kernel.secrets import Secret
from tests.flows.asked import MONEY
from tests.flows.fittings import Atlas
from tests.flows.house import NEW_PASSWORD, PASSWORD, House, Person, caller
from tests.flows.monitored import KEY, Log, open_log

HOME, DEN, DEN_ABROAD = "203.0.113.7", "198.51.100.9", "192.0.2.9"
NETWORKS = {
    "203.0.113": Origin("JP", "AS64500 Home Line"),
    "198.51.100": Origin("JP", "AS64501 Host"),
    "192.0.2": Origin("RU", "AS64501 Host"),
}
NOBODY_FROM_RU = """
rule nobody_from_ru
    on      login.completed
    when    present(country) and country == "RU"
    then    refuse
    reason  nobody_from_ru
    queue   takeover
    en      "A login from {country}."
    ja      "{country}からのログインです。"
"""


class Operators(Atlas):
    """Two operators; the thief's has lines in two countries."""

    def look(self, address: IPv4Address | IPv6Address | None) -> Origin:
        return NETWORKS[str(address).rpartition(".")[0]]


@dataclass
class Visits:
    """aiko's browser is known of old; the thief's is known from his first complete login on."""

    log: Log
    aiko: Person
    owners: Complete
    thiefs: Complete | None = None

    @property
    def house(self) -> House:
        return self.log.house

    def owner(self, password: str = PASSWORD) -> LiveSession:
        self.owners = self.house.log_in(replace(self.aiko, password=password), caller(HOME, self.owners.client_token))
        return self.present(self.owners, HOME)

    def thief(self, address: str, password: str = PASSWORD) -> LiveSession | Refused:
        """By a relay; with the browser that he was known by, if he was."""
        who = caller(address, self.thiefs.client_token if self.thiefs else None)
        started = self.house.start(replace(self.aiko, password=password), who)
        outcome = self.house.give_code(started.token, self.house.ask_code(started.token, who), who)
        if isinstance(outcome, Refused):
            return outcome
        self.thiefs = outcome
        return self.present(outcome, address)

    def present(self, complete: Complete, address: str) -> LiveSession:
        live = self.house.live(complete, who=caller(address))
        assert isinstance(live, LiveSession), live
        return live

    def withdrawal(self, reference: str, live: LiveSession | None) -> Instruction:
        details = {**MONEY, "payee": f"bank:{reference}"}
        hashed = hash_of(InstructionKind.WITHDRAWAL, "SK-4AIKO", "aiko", details)
        session, address = (live.session.id, str(live.address)) if live else (None, None)
        new = NewInstruction(
            reference, InstructionKind.WITHDRAWAL, "SK-4AIKO", "aiko", session, details, hashed, self.house.clock(), address
        )
        (outcome,) = screen_instruction(new, KEY, self.house.deps.monitor, self.house.deps).result(20)
        assert isinstance(outcome, Accepted) and outcome.instruction is not None
        return outcome.instruction

    def no(self, found: Instruction, live: LiveSession) -> None:
        outcome = asyncio.run(dispute_instruction(found.id, Secret(PASSWORD), live, caller(HOME), self.house.deps))
        assert isinstance(outcome, Instruction), outcome

    def wait(self, **long: int) -> None:
        """What comes late builds no habit: the log has to have taken everything before the clock moves."""
        self.log.settled()
        self.house.clock.advance(**long)

    def logins(self) -> list[LoggedEvent]:
        return [row for row in self.log.settled() if row.event.kind == "login.completed"]

    def disputed(self) -> set[str]:
        return {str(row.event.value("disputed")) for row in self.log.settled() if row.event.kind == "event.disputed"}

    def spoken(self, found: Instruction) -> Verdict:
        """What the rules alone said of it."""
        return next(row.verdict for row in self.log.settled() if row.event.id == found.event)


@contextmanager
def visited(house: House, rules: str) -> Iterator[Visits]:
    """Three weeks of the owner's logins."""
    house.deps = replace(house.deps, geodata=Operators())
    aiko = house.enrol("aiko")
    with open_log(house, rules) as log:
        visits = Visits(log, aiko, house.log_in(aiko, caller(HOME)))
        for _ in range(7):
            visits.wait(days=3)
            visits.owner()
        yield visits


@pytest.fixture
def visits(house: House) -> Iterator[Visits]:
    with visited(house, shipped_rules()) as found:
        yield found


def a_visit(visits: Visits) -> Instruction:
    """The thief logs in, waits for a day, and asks for money: it is held."""
    visits.thief(DEN)
    visits.wait(hours=25)
    live = visits.thief(DEN)
    assert isinstance(live, LiveSession)
    held = visits.withdrawal("w1", live)
    assert held.state is InstructionState.HELD
    return held


def test_a_no_makes_the_thiefs_login_no_habit(visits: Visits) -> None:
    """Ten days after the No he comes by another relay, over the operator of his first visit: he is as much a stranger as then."""
    held = a_visit(visits)
    live = visits.owner()
    visits.no(held, live)
    visits.house.change_password(visits.aiko, live)
    visits.thiefs = None
    visits.wait(days=10)
    visits.owner(NEW_PASSWORD)
    again = visits.thief(DEN, NEW_PASSWORD)
    assert isinstance(again, LiveSession)
    assert visits.logins()[-1].verdict is Verdict.CHALLENGE
    assert visits.spoken(visits.withdrawal("w2", again)) is Verdict.HOLD


def test_a_login_that_was_refused_makes_no_habit(house: House) -> None:
    """Refused from abroad by a rule of the firm's, he comes from a line of the same operator at home."""
    with visited(house, shipped_rules() + NOBODY_FROM_RU) as visits:
        visits.thief(DEN_ABROAD)
        visits.thiefs = None  # a refused login makes no known client
        refused = visits.logins()[-1]
        assert refused.verdict is Verdict.REFUSE and visits.disputed() == {refused.event.id}
        visits.wait(days=10)
        visits.owner()
        again = visits.thief(DEN)
        assert isinstance(again, LiveSession)
        assert visits.logins()[-1].verdict is Verdict.CHALLENGE
        assert visits.spoken(visits.withdrawal("w2", again)) is Verdict.HOLD


def test_a_no_reaches_the_logins_of_its_session_device_and_network_and_leaves_the_owners(visits: Visits) -> None:
    """The owner's habit stays: without it nobody would be a stranger any more."""
    before = {row.event.id for row in visits.logins()}
    held = a_visit(visits)
    visits.thiefs = None
    visits.thief(DEN)  # another browser, the same network
    thiefs = {row.event.id for row in visits.logins()} - before
    visits.no(held, visits.owner())
    assert visits.disputed() == {held.event, *thiefs} and len(thiefs) == 3


def test_a_no_to_what_the_stolen_session_asked_leaves_the_owners_older_habit(visits: Visits) -> None:
    """The session was the owner's own: her device is a stranger's for a month, not for ever."""
    visits.wait(days=15)
    found = visits.withdrawal("w1", visits.owner())
    logins = visits.logins()
    visits.no(found, visits.owner())
    reached = [row.event.id for row in logins if row.event.id in visits.disputed()]
    assert reached == [row.event.id for row in logins if logins[-1].event.at - row.event.at <= 30 * 86_400_000]
    assert 0 < len(reached) < len(logins)


def test_a_no_to_what_came_from_nobody_knows_where_reaches_new_clients(visits: Visits) -> None:
    """Brokers who name neither session nor address."""
    before = {row.event.id for row in visits.logins()}
    visits.thief(DEN)
    found = visits.withdrawal("w1", None)
    first, *_ = visits.logins()  # hers, of three weeks ago, was from a new client too
    (thiefs,) = {row.event.id for row in visits.logins()} - before
    visits.no(found, visits.owner())
    assert visits.disputed() == {found.event, thiefs, first.event.id}
