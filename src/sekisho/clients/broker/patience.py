"""How long an answer is waited for, and when a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass(frozen=True, slots=True)
class Patience:
    """total: seconds for all tries together. one: for one try. first, longest: the pause behind the first failure, and the longest one;
    each doubles the one before, and a random part of it is left out, so that many clients do not come back together."""

    total: float = 10.0
    one: float = 5.0
    first: float = 0.2
    longest: float = 5.0

    def pause(self, failures: int, asked: float | None) -> float:
        """asked: what the server's Retry-After says; never less than that."""
        grown = min(self.longest, self.first * 2.0 ** max(0, failures - 1))
        return max(asked or 0.0, grown * random.uniform(0.5, 1.0))
