"""Rules: what an analyst writes of events, features and lists, and what follows when it holds (MONITORING.md §Rules).

rule thin_buy_after_sale
    on      order.placed
    when    side == "buy" and liquidity == "thin" and present(sold_share_1d) and sold_share_1d >= 0.5
    then    hold
    reason  takeover_market
    queue   takeover
    en      "{sold_share_1d:percent} of all holdings were sold within a day, and now a thin stock is bought."
    ja      "1日のうちに保有資産の{sold_share_1d:percent}が売却され、続いて流動性の低い銘柄が買い付けられています。"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from sekisho.domain.monitoring.expression import Expression, Name, walk
from sekisho.domain.monitoring.feature import FeatureSet
from sekisho.domain.monitoring.verdict import Verdict

__all__ = ["Condition", "DeclaredList", "Format", "Placeholder", "Rule", "RuleBook", "Wording"]

_SEMANTICS: Final = "rules 1"  # another meaning of the same text needs another number


class Format(StrEnum):
    """How a value is written in a text; PLAIN is what stands in the event, whole numbers with separators."""

    PLAIN = "plain"
    PERCENT = "percent"
    YEN = "yen"
    DURATION = "duration"
    TIME = "time"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Placeholder:
    name: str
    format: Format


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with the places of values."""

    parts: tuple[str | Placeholder, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Placeholder))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else f"{{{part.name}:{part.format}}}" for part in self.parts)


@dataclass(frozen=True, slots=True)
class DeclaredList:
    """`list bad_networks of network`: its members are kept with reason and expiry elsewhere."""

    name: str
    field: str

    def __str__(self) -> str:
        return f"list {self.name} of {self.field}"


@dataclass(frozen=True, slots=True)
class Condition:
    """`condition NAME = …`: a name for what several rules ask; a rule has its meaning in place of the name."""

    name: str
    meaning: Expression

    def __str__(self) -> str:
        return f"condition {self.name} = {self.meaning.span.text}"


@dataclass(frozen=True, slots=True)
class Rule:
    """verdict: what follows, or None where the rule gives points. rollout: of 10,000 traders, how many it counts for.

    shadow: it is computed and stored, and changes nothing. about_en, about_ja: what it watches for; en, ja: what it says of an event.
    """

    name: str
    kinds: tuple[str, ...]
    when: Expression
    verdict: Verdict | None
    points: int
    reason: str
    queue: str
    en: Wording
    ja: Wording
    about_en: str = ""
    about_ja: str = ""
    shadow: bool = False
    rollout: int = 10_000

    @property
    def names(self) -> tuple[str, ...]:
        """Names whose values a reason keeps: those of the condition, then those of the texts; lists among them."""
        return tuple(dict.fromkeys([*_named(self.when), *self.en.names, *self.ja.names]))

    def __str__(self) -> str:
        lines = [
            f"rule {self.name}",
            f"on {', '.join(self.kinds)}",
            f"when {self.when.span.text}",
            f"then {self.verdict or f'points {self.points}'}",
            f"reason {self.reason}",
            f"queue {self.queue}",
            f"en {self.en}",
            f"ja {self.ja}",
            f"about en {self.about_en}",
            f"about ja {self.about_ja}",
            f"mode {'shadow' if self.shadow else 'live'}",
            f"rollout {self.rollout}",
        ]
        return "\n    ".join(lines)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All that one text declares, in its order."""

    features: FeatureSet = field(default_factory=FeatureSet)
    rules: tuple[Rule, ...] = ()
    lists: tuple[DeclaredList, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is declared, in hex: the same for the same meaning and texts, whatever the blanks and comments."""
        parts = [_SEMANTICS, self.features.fingerprint, *map(str, (*self.lists, *self.conditions, *self.rules))]
        return sha256("\0".join(parts).encode()).hexdigest()


def _named(when: Expression) -> Iterator[str]:
    return (part.name for part, _ in walk(when) if isinstance(part, Name))
