"""What a detection report says. Shares are of 1; times are minutes; money is whole yen."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Detection", "Found", "HonestFigures", "KindFigures", "RuleFigures"]


@dataclass(frozen=True, slots=True)
class Found:
    """One attack, and what became of it.

    caught: one of its events was challenged, held or refused before the last of its money had gone; by: the rules that said so first.
    delay: from its first event to that one. stopped: one was held or refused in time.
    moved, lost: what it tried to move, and what went before its victim's own first challenge.
    relayed: what went before the first hold, as if every challenge were answered by a relay.
    victims, victims_caught: accounts, or traders where no account is touched.
    """

    attack: str
    kind: str
    weakened: str
    caught: bool
    stopped: bool
    by: tuple[str, ...]
    delay: float | None
    moved: int
    lost: int
    relayed: int
    victims: int
    victims_caught: int


@dataclass(frozen=True, slots=True)
class KindFigures:
    """Attacks of a kind, plain or weakened. median_delay: of those caught.

    kept, kept_if_relayed: share of the money that did not go; None without money.
    """

    kind: str
    plain: bool
    attacks: int
    caught: int
    stopped: int
    recall: float
    median_delay: float | None
    moved: int
    lost: int
    kept: float | None
    kept_if_relayed: float | None


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """fired: on how many events. on_attacks: of these, on labelled ones; precision: their share. attacks: how many it fired in.

    alone: attacks that no other rule fired in. honest_logins, honest_instructions: honest ones that it fired on, and as shares.
    """

    rule: str
    fired: int
    on_attacks: int
    precision: float
    attacks: int
    alone: int
    honest_logins: int
    honest_instructions: int
    share_of_logins: float
    share_of_instructions: float


@dataclass(frozen=True, slots=True)
class HonestFigures:
    """Of honest people after the warm-up.

    challenged_, held_logins: logins, and what belongs to them: codes, sessions, changes.
    false_challenges: everything challenged or worse, of logins and instructions together, as a share of the logins: the strictest reading.
    aside: what was said of victims' own events between the attack and seven days after, which is neither true nor false.
    """

    logins: int
    instructions: int
    challenged_logins: int
    held_logins: int
    challenged_instructions: int
    held_instructions: int
    false_challenges: float
    false_holds: float
    aside: int


@dataclass(frozen=True, slots=True)
class Detection:
    """events: replayed; counted: after the warm-up. rules: the fingerprint of those that were used.

    precision: share of events challenged or worse (alarms) that are an attacker's (true_alarms); case_precision: the same for cases, one
    per account (else trader, else network) and day.
    """

    events: int
    counted: int
    seconds: float
    rules: str
    recall: float
    recall_weakened: float
    alarms: int
    true_alarms: int
    precision: float
    cases: int
    true_cases: int
    case_precision: float
    honest: HonestFigures
    kinds: tuple[KindFigures, ...]
    by_rule: tuple[RuleFigures, ...]
    attacks: tuple[Found, ...]

    @property
    def missed(self) -> tuple[Found, ...]:
        return tuple(one for one in self.attacks if not one.caught)
