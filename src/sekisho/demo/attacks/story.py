"""What happens in an attack, step by step, as it is told to people and to programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sekisho.kernel.times import utc_now
from sekisho.texts.catalogue import N_, Language, Translator, translator

__all__ = ["VERDICT_WORDS", "WHO_WORDS", "AttackName", "Step", "Story", "Who", "Why"]


class AttackName(StrEnum):
    TAKEOVER = "takeover"
    CASH = "cash"
    STUFFING = "stuffing"
    SESSION = "session"


class Who(StrEnum):
    THIEF = "thief"
    CUSTOMER = "customer"
    BROKER = "broker"


WHO_WORDS = {Who.THIEF: N_("thief"), Who.CUSTOMER: N_("customer"), Who.BROKER: N_("broker")}
VERDICT_WORDS = {"allow": N_("let pass"), "challenge": N_("challenged"), "hold": N_("held"), "refuse": N_("refused")}


@dataclass(frozen=True, slots=True)
class Why:
    """code: stable. text: in the language of the story."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """at: RFC 3339, UTC. what: in the language of the story. verdict: allow, challenge, hold, refuse, or empty where nothing was judged."""

    at: str
    who: Who
    what: str
    verdict: str = ""
    reasons: tuple[Why, ...] = ()


@dataclass(slots=True)
class Story:
    """victim: a username. page: where the demo shows it. stopped: what the thief was after was challenged, held or refused in time.

    tell: called with each step as it happens.
    """

    attack: AttackName
    victim: str
    page: str
    language: Language
    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    stopped: bool = False
    outcome: str = ""

    @property
    def words(self) -> Translator:
        return translator(self.language)

    def add(self, who: Who, what: str, verdict: str = "", reasons: tuple[Why, ...] = (), **named: object) -> None:
        """what: a catalogue text. named: its placeholders."""
        at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.steps.append(Step(at, who, self.words.text(what, **named), verdict, reasons))
        self.tell(self.steps[-1])

    def end(self, stopped: bool, outcome: str) -> None:
        """outcome: a catalogue text."""
        self.stopped, self.outcome = stopped, self.words.text(outcome)
