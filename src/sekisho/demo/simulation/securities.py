"""The securities of the simulated market: what is liquid, normal and thin, and what a share costs. Codes belong to no company."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

__all__ = ["Security", "Securities", "list_securities"]


@dataclass(frozen=True, slots=True)
class Security:
    """price: whole yen a share; kept still, for monitoring reads amounts and not gains."""

    symbol: str
    liquidity: str
    price: int


@dataclass(frozen=True, slots=True)
class Securities:
    liquid: tuple[Security, ...]
    normal: tuple[Security, ...]
    thin: tuple[Security, ...]

    def draw(self, taste: float, rng: Random) -> Security:
        """taste: share of thin ones in what this trader buys; a fifth of the rest is normal."""
        chance = rng.random()
        if chance < taste:
            return rng.choice(self.thin)
        return rng.choice(self.normal if chance < taste + 0.2 else self.liquid)


def list_securities(rng: Random) -> Securities:
    """60 liquid, 240 normal and 200 thin ones; prices by tick classes that are common on the Tokyo market."""
    codes = rng.sample(range(1300, 9999), 500)

    def some(first: int, last: int, liquidity: str, low: int, high: int) -> tuple[Security, ...]:
        return tuple(Security(f"X{code}", liquidity, rng.randint(low, high)) for code in codes[first:last])

    return Securities(some(0, 60, "liquid", 800, 6000), some(60, 300, "normal", 300, 4000), some(300, 500, "thin", 60, 900))
