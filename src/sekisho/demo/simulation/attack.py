"""An attack: its kind, victims, weaknesses and days; every event that it makes is labelled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from sekisho.demo.simulation.carriers import Place, Use, carriers_of, draw_place
from sekisho.demo.simulation.desk import Desk, Label, event_id
from sekisho.demo.simulation.securities import Security
from sekisho.demo.simulation.traders import Trader

__all__ = ["Attack", "AttackKind", "Weakening"]


class AttackKind(StrEnum):
    """By the numbers of MONITORING.md's library: 1, 2, 3, 4, 5, 6, 7, 8."""

    TAKEOVER_MARKET = "takeover_market"
    MARKET_CAMPAIGN = "market_campaign"
    TAKEOVER_CASH = "takeover_cash"
    STUFFING = "stuffing"
    SESSION_THEFT = "session_theft"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    CODE_BOMBING = "code_bombing"
    MULE_PAYEE = "mule_payee"


class Weakening(StrEnum):
    SLOWER = "slower"  # over days instead of minutes
    SMALLER = "smaller"  # less money, fewer accounts, fewer tries
    SAME_COUNTRY = "same_country"  # from a Japanese home or mobile network
    QUIET = "quiet"  # five days of login, or of tries, before anything is done


@dataclass(slots=True)
class Attack:
    """stages: day → stage; below 0: quiet days before, 0: the main day, above: later days. symbol: the thin stock that is bought.

    devices, places: the attacker's, by victim. logins: ids of its completed logins, by victim, which the victim may dispute.
    """

    id: str
    kind: AttackKind
    weakened: tuple[Weakening, ...]
    victims: list[Trader]
    stages: dict[int, int]
    symbol: Security
    payee: str
    rng: Random
    devices: dict[int, str] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    logins: dict[int, list[str]] = field(default_factory=dict)

    @property
    def slower(self) -> bool:
        return Weakening.SLOWER in self.weakened

    @property
    def smaller(self) -> bool:
        return Weakening.SMALLER in self.weakened

    @property
    def same_country(self) -> bool:
        return Weakening.SAME_COUNTRY in self.weakened

    @property
    def quiet(self) -> bool:
        return Weakening.QUIET in self.weakened

    @property
    def last_stage(self) -> int:
        return max(self.stages.values())

    @contextmanager
    def step(self, desk: Desk, name: str) -> Iterator[None]:
        """Labels every event that is drafted inside."""
        first = desk.drafted + 1
        yield
        weakened = "+".join(self.weakened)
        for number in range(first, desk.drafted + 1):
            desk.labels[number] = Label(event_id(number), self.id, self.kind.value, weakened, name)

    def place(self, victim: Trader) -> Place:
        """Where the attacker of that victim comes from, the same on every day."""
        if victim.number not in self.places:
            self.places[victim.number] = self.new_place()
        return self.places[victim.number]

    def new_place(self) -> Place:
        """Plain attackers come from abroad or a host in three of four cases, else from a host in Japan; weakened ones from homes there."""
        rng = self.rng
        if self.same_country:
            return draw_place(rng.choice(carriers_of(rng.choice((Use.HOME, Use.MOBILE)))), rng)
        if rng.random() < 0.25:
            return draw_place(rng.choice(carriers_of(Use.HOSTING, "JP") + carriers_of(Use.VPN, "JP")), rng)
        abroad = carriers_of(Use.ABROAD) + carriers_of(Use.HOSTING, "DE", "FR", "US", "HK")
        return draw_place(rng.choice(abroad), rng)

    def client(self, victim: Trader) -> tuple[str, bool]:
        """The attacker's device; from its second login on it is a known client, as any other."""
        known = victim.number in self.known
        self.known.add(victim.number)
        return self.devices.setdefault(victim.number, f"dev_{self.id}_{victim.number:06d}"), known
